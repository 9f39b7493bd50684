"""The demo's way to complain: nobody has to sign in."""

from django.utils.translation import gettext_lazy as _

from supportportal.demo.doors import Door

DOORS = [
    Door(
        _("Make a complaint"),
        _("You were let down: write what happened, and see what happens next and by when. No sign-in needed."),
        "",
        "complaints:complain",
        icon="message",
        position=16,
    )
]
