"""Why something could not be done, in words fit to show; each app has its own kinds."""

from typing import Any

from django.forms import BaseForm
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """Nothing was changed. ``str()`` is the reason; ``field`` is the form's field it stands beside."""

    code = "refused"
    field: str | None = None
    reason: Any = _("This is not possible.")

    def __init__(self, reason: Any = None) -> None:
        super().__init__(self.reason if reason is None else reason)

    def __str__(self) -> str:
        return str(self.args[0])

    def show_in(self, form: BaseForm) -> None:
        """Say it in the form that was refused, beside its field where the form has that."""
        form.add_error(self.field if self.field in form.fields else None, str(self))
