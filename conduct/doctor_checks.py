"""What the doctor says of the people whom decisions on incidents need."""

from collections.abc import Iterator

from supportportal.watch.doctor import Visit
from supportportal.watch.troubles import Trouble

from .thin_roles import thin_roles


def roles(visit: Visit) -> Iterator[Trouble]:
    for thin in thin_roles():
        yield Trouble(f"conduct.{thin.code}", str(thin.text), grave=False)
