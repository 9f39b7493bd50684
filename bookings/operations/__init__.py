"""Every change of a session's state, one atomic verb each."""

from .booking import book, cancel, move, new_reference, place_of

__all__ = ["book", "cancel", "move", "new_reference", "place_of"]
