"""What the doctor says of the people whom complaints need."""

from collections.abc import Iterator

from supportportal.watch.doctor import Visit
from supportportal.watch.troubles import Trouble

from .thin_roles import thin_roles


def roles(visit: Visit) -> Iterator[Trouble]:
    for thin in thin_roles():
        yield Trouble(f"complaints.{thin.code}", str(thin.text), grave=False)
