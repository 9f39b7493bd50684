"""What the set-up list asks about the firm."""

from supportportal.outbox import trials
from supportportal.people.models import Firm, Role, User


def firm_has_a_name() -> bool:
    return Firm.objects.exclude(name=Firm._meta.get_field("name").default).exists()


def firm_has_a_logo() -> bool:
    return Firm.objects.filter(logo__isnull=False).exists()


def somebody_is_agent() -> bool:
    """Each role includes that of an agent."""
    return User.objects.staff().filter(groups__name__in=Role.values).exists()


def there_are_clients() -> bool:
    return User.objects.clients().filter(is_active=True).exists()


def emails_leave() -> bool:
    return trials.has_worked("email")


def text_messages_leave() -> bool:
    return trials.has_worked("sms")
