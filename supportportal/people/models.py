"""Accounts, plans, people and restrictions: who someone is to the firm."""

import zoneinfo
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from supportportal import reader

from . import policy, rules, zones


class Gate(models.TextChoices):
    """What a restriction can close (R-4). Complaints, appeals and own data have no gate (R-6)."""

    BOOKING = "booking", _("Booking sessions")
    WAITLIST = "waitlist", _("Waiting list")
    CALLBACK = "callback", _("Phone callbacks")
    MAIL = "mail", _("Incoming mail")


class Firm(models.Model):
    """The firm that runs this portal: one row, edited in the admin."""

    name = models.CharField(_("name"), max_length=120, default="Support portal")
    logo = models.ForeignKey("files.StoredFile", models.SET_NULL, null=True, blank=True, verbose_name=_("logo"))
    accent = models.CharField(
        _("accent colour"), max_length=7, default="#0f766e", help_text=_("As #rrggbb. Used for buttons and links.")
    )
    contact_email = models.EmailField(_("contact address"), default="support@example.com")
    contact_phone = models.CharField(_("contact phone"), max_length=32, blank=True)
    postal_address = models.TextField(_("postal address"), blank=True)
    country = models.CharField(_("country"), max_length=2, default="IT", help_text=_("Decides the public holidays."))
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Rome", validators=[zones.validate])
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")

    class Meta:
        verbose_name = _("firm")
        verbose_name_plural = _("firm")

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @classmethod
    def current(cls) -> "Firm":
        """The one row, or its defaults where none has been saved yet."""
        return cls.objects.first() or cls()


class Localised(models.Model):
    """A name and description that staff write, with a translation per language and English as the fallback."""

    name = models.CharField(_("name"), max_length=120)
    name_it = models.CharField(_("name in Italian"), max_length=120, blank=True)
    name_nl = models.CharField(_("name in Dutch"), max_length=120, blank=True)
    description = models.TextField(_("description"), blank=True)
    description_it = models.TextField(_("description in Italian"), blank=True)
    description_nl = models.TextField(_("description in Dutch"), blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return self._in_language("name")

    @property
    def summary(self) -> str:
        return self._in_language("description")

    def _in_language(self, field: str) -> str:
        language = reader.language()[:2]
        return getattr(self, f"{field}_{language}", "") or getattr(self, field)


class Channel(Localised):
    """One way of getting support, as a plan grants it (P-1): chat, inbox, courses, callback, …"""

    code = models.SlugField(_("code"), unique=True)
    minimum_seats = models.PositiveIntegerField(_("minimum number of users"), default=0)
    url = models.URLField(_("link"), blank=True, help_text=_("Where the channel is, if it lives elsewhere (P-4)."))
    gate = models.CharField(_("closed by"), max_length=16, choices=Gate.choices, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("channel")
        verbose_name_plural = _("channels")


class Plan(Localised):
    code = models.SlugField(_("code"), unique=True)
    rank = models.PositiveSmallIntegerField(_("rank"), default=0, help_text=_("A higher plan has a higher rank."))
    channels = models.ManyToManyField(Channel, related_name="plans", blank=True, verbose_name=_("channels"))

    class Meta:
        ordering = ["rank", "code"]
        verbose_name = _("plan")
        verbose_name_plural = _("plans")


class Account(models.Model):
    """A customer firm."""

    class Subscription(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        ENDED = "ended", _("ended")

    name = models.CharField(_("name"), max_length=120)
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="accounts", verbose_name=_("plan"))
    seats = models.PositiveIntegerField(_("number of users"), default=1)
    subscription = models.CharField(
        _("subscription"), max_length=16, choices=Subscription.choices, default=Subscription.ACTIVE
    )
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Rome", validators=[zones.validate])
    country = models.CharField(_("country"), max_length=2, default="IT")
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.subscription == self.Subscription.ACTIVE


class Role(models.TextChoices):
    """Roles of staff; each is a group of the same name."""

    AGENT = "agent", _("agent")
    MANAGER = "manager", _("manager")
    DUTY_MANAGER = "duty manager", _("duty manager")
    SENIOR_MANAGER = "senior manager", _("senior manager")
    OWNER = "owner", _("owner")
    DEPUTY = "deputy", _("deputy")


ANONYMISED = "anonymised.invalid"  # where addresses of anonymised people are: no mail can ever go there (RFC 2606)


class UserQuerySet(models.QuerySet):
    def clients(self):
        return self.filter(is_staff=False)

    def staff(self):
        return self.filter(is_staff=True, is_active=True)

    def visible_to(self, user):
        """Staff see everyone, a coordinator the own account, a client only the own person."""
        if user.is_staff:
            return self
        if user.is_coordinator and user.account_id:
            return self.filter(account=user.account_id)
        return self.filter(pk=user.pk)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: a client of an account, or staff."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("account")
    )
    is_coordinator = models.BooleanField(
        _("coordinator"), default=False, help_text=_("May book, move and cancel for colleagues of the same account.")
    )
    phone = models.CharField(_("phone"), max_length=20, blank=True, help_text=_("International form: +39 …"))
    sms_consent_at = models.DateTimeField(_("agreed to text messages"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Rome", validators=[zones.validate])
    adjustments = models.TextField(
        _("adjustments"), blank=True, help_text=_("What this person needs from us: captions, more time, …")
    )
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    invited_at = models.DateTimeField(_("invited"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        permissions = [("change_address", _("Can change the address that somebody signs in with"))]
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_address")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(self.groups.values_list("name", flat=True)) if self.is_staff else frozenset()

    @property
    def is_anonymised(self) -> bool:
        return self.email.endswith(f"@{ANONYMISED}")

    @property
    def has_accepted(self) -> bool:
        """Whether the person has got in already: an invitation has then done its work."""
        return self.last_login is not None or self.has_usable_password()

    @property
    def invitation_epoch(self) -> int:
        """Rises with each invitation, so that a new one revokes the links of those before it."""
        return int(self.invited_at.timestamp()) if self.invited_at else 0

    @property
    def invitation_ends_at(self) -> datetime | None:
        return rules.invitation_ends(self.invited_at, policy.current()) if self.invited_at else None

    def get_session_auth_hash(self) -> str:
        """Whoever is signed in with an address is no more once it is another one, or the password is."""
        return salted_hmac("people.User.session", f"{self.password} {self.email}", algorithm="sha256").hexdigest()

    def can_be_invited(self) -> bool:
        return self.is_active and not self.has_accepted

    def has_role(self, *roles: str) -> bool:
        return bool(self.roles.intersection(roles))

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


# A request can be on its way for so long: it waits for locks, and the clocks of two web servers differ a little.
REQUEST_TIME = timedelta(minutes=1)


class RestrictionQuerySet(models.QuerySet):
    def in_force(self, at):
        """What closes gates to a request whose clock was read at ``at``.

        A restriction begins when it is written and meets what is on its way then too: a request that read the clock
        just before, and got its lock just after (R-4). None is written for later, so nothing is closed too early. It
        ends by itself, to the instant.
        """
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at + REQUEST_TIME)

    def on(self, user):
        named = Q(user=user)
        return self.filter(named | Q(account=user.account_id) if user.account_id else named)


class Restriction(models.Model):
    """A denial of some gates to a person or a whole account, for a time or until reviewed (R-4)."""

    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="restrictions")
    account = models.ForeignKey(Account, models.CASCADE, null=True, blank=True, related_name="restrictions")
    gates = models.JSONField(_("closes"), default=list)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    review_on = models.DateField(_("review on"), null=True, blank=True)
    notice = models.TextField(_("what the person is told"))

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, account__isnull=True) | Q(user__isnull=True, account__isnull=False),
                name="restriction_is_on_a_person_or_an_account",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")),
                name="restriction_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=False) | Q(review_on__isnull=False),
                name="endless_restriction_has_a_review_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.account}: {', '.join(self.gates)}"

    def closes(self, gate: str, at: datetime) -> bool:
        return gate in self.gates and self.starts_at <= at and (self.ends_at is None or self.ends_at > at)

    @property
    def closed_names(self) -> list[str]:
        return [str(gate.label) for gate in Gate if gate in self.gates]


class DataAccess(models.Model):
    """The link by which a person gets the own data without signing in, and whether an archive is being made just now.

    One row per person: one link at a time, one archive at a time. Raising ``link_epoch`` revokes what was sent before.
    """

    person = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="data_access")
    link_epoch = models.PositiveIntegerField(default=0)
    link_until = models.DateTimeField(_("link works until"), null=True, blank=True)
    link_address = models.EmailField(_("sent to"), blank=True)
    made_since = models.DateTimeField(_("archive made since"), null=True, blank=True)

    class Meta:
        verbose_name = _("access to the own data")
        verbose_name_plural = _("accesses to the own data")

    def __str__(self) -> str:
        return str(self.person)

    def is_open(self, at) -> bool:
        """Whether a link works: not run out, not revoked, and the person's address still the one that it went to."""
        return self.link_until is not None and at < self.link_until and self.link_address == self.person.email


class SignIn(models.Model):
    """A place where somebody is signed in: one row for one session, on what device and since when."""

    person = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    browser = models.CharField(_("browser"), max_length=20, blank=True)
    system = models.CharField(_("system"), max_length=20, blank=True)
    since = models.DateTimeField(_("since"))
    last_used_at = models.DateTimeField(_("last used"))

    class Meta:
        ordering = ["-last_used_at", "-pk"]
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")

    def __str__(self) -> str:
        return self.device

    @property
    def device(self) -> str:
        """In plain words: "Firefox on Windows"."""
        if self.browser and self.system:
            return _("{browser} on {system}").format(browser=self.browser, system=self.system)
        return self.browser or self.system or str(_("An unknown device"))
