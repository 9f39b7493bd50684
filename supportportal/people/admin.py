"""People, accounts and plans for staff. Invitations and imports go through the same operations as everywhere."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from supportportal.choosing import ChoosingAdmin, KeysField
from supportportal.edits import FollowedAdmin
from supportportal.files import intake, sniffing
from supportportal.files.forms import PrivateFileField
from supportportal.longlists import LongListAdmin
from supportportal.trail import operations as trail

from . import about, admin_own_data, admin_second_factor, countries, import_views, notices, operations, searching
from .forms import LikeTheFirm, LineField, PhoneField, ZoneField
from .models import Account, Channel, Firm, Plan, Restriction, Role, User


class RolesField(KeysField):
    """Roles by the names that staff read; a group of another kind keeps its own."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, group: Group) -> str:
        return role_label(group)


class PersonForm(LikeTheFirm):
    name = LineField(label=_("Name"), max_length=120)
    groups = RolesField(label=_("Roles"), queryset=Group.objects.order_by("pk"), required=False)
    phone = PhoneField(label=_("Phone number"), required=False)
    time_zone = ZoneField()

    class Meta:
        model = User
        fields = [
            "name",
            "email",
            "account",
            "is_coordinator",
            "phone",
            "language",
            "time_zone",
            "adjustments",
            "is_active",
            "is_staff",
            "groups",
            "is_superuser",
        ]

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if not email.isprintable():
            raise forms.ValidationError(_("The address holds characters that cannot be shown."))
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a person with this address already."))
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_staff = cleaned.get("is_staff", self.instance.is_staff)
        if not is_staff and not cleaned.get("account") and "account" in self.fields and "account" not in self.errors:
            self.add_error("account", _("A client belongs to an account."))
        return cleaned


class InvitedFilter(admin.SimpleListFilter):
    title = _("access")
    parameter_name = "access"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("in", _("has signed in")), ("invited", _("invited, not in yet")), ("off", _("switched off"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        narrowed = {
            "in": queryset.filter(last_login__isnull=False),
            "invited": queryset.filter(last_login__isnull=True, invited_at__isnull=False),
            "off": queryset.filter(is_active=False),
        }
        return narrowed.get(self.value() or "", queryset)


@admin.register(User)
class UserAdmin(ChoosingAdmin, LongListAdmin):
    """Clients for every agent; staff, and what makes someone staff, for owners and superusers alone."""

    form = PersonForm
    list_display = ["name", "email", "account", "roles_held", "last_login", "is_active"]
    list_select_related = ["account"]
    list_filter = [InvitedFilter, "is_staff", "is_active", "account__plan"]
    search_fields = ["name", "email", "account__name", "phone"]
    search_help_text = _("Beginnings of words: name, e-mail address, account, phone number")
    autocomplete_fields = ["account"]
    readonly_fields = ["last_login", "invited_at", "created_at", "sms_consent_at"]
    ordering = ["name", "pk"]
    actions = ["invite"]
    list_per_page = 50
    change_list_template = "admin/people/user/change_list.html"
    fieldsets = [
        (None, {"fields": ["name", "email", "account", "is_coordinator"]}),
        (_("Reaching this person"), {"fields": ["phone", "sms_consent_at", "language", "time_zone", "adjustments"]}),
        (_("Access"), {"fields": ["is_active", "invited_at", "last_login", "created_at"]}),
    ]
    staff_fieldset = (_("Staff"), {"fields": ["is_staff", "groups", "is_superuser"]})

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).prefetch_related("groups")

    def found_by_words(self, search_term: str) -> models.Q:
        return searching.people(search_term)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        return [*self.fieldsets, self.staff_fieldset] if _manages_staff(request) else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Whoever has the address can sign in as the person: once somebody has, it takes a manager to change it."""
        kept = [] if request.user.is_superuser else ["is_superuser"]
        if obj is not None and obj.has_accepted and not request.user.has_perm("people.change_address"):
            kept.append("email")
        return [*self.readonly_fields, *kept]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody writes into who was anonymised, whose page may still be open with what it was before."""
        if not super().has_change_permission(request, obj) or (obj is not None and obj.is_anonymised):
            return False
        if obj is None or not (obj.is_staff or obj.is_superuser):
            return True
        return request.user.is_superuser or (_manages_staff(request) and not obj.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are switched off; what they did stays theirs."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        at = timezone.now()
        if not change:
            obj.set_unusable_password()
        if "phone" in form.changed_data:
            obj.sms_consent_at = None  # the consent was for another number
        with transaction.atomic():
            if change and User.objects.select_for_update(no_key=True).get(pk=obj.pk).is_anonymised:
                raise PermissionDenied  # at this instant
            if change:
                obj.save(update_fields=[*form.cleaned_data.keys() - {"groups"}, "sms_consent_at"])
            else:
                obj.save()
            if not change:
                operations.keep_address(obj)
            elif "email" in form.changed_data:
                operations.change_address(obj, before=form.initial["email"], at=at)
            changed = sorted(form.changed_data)
            trail.record("person.changed" if change else "person.added", obj, by=request.user, at=at, fields=changed)
            if not change:
                operations.invite(obj, by=request.user, at=at)
                if notices.can_leave():
                    messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": obj.email})
                else:
                    messages.warning(request, notices.WAITS)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        person = self.get_object(request, unquote(object_id))
        if person is not None and self.has_view_permission(request, person):
            extra_context = {
                **(extra_context or {}),
                "about": about.shown_about(person, request, timezone.now()),
                "can_reset_factor": admin_second_factor.is_offered(request, person),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    @admin.display(description=_("roles"))
    def roles_held(self, person: User) -> str:
        held = [role_label(group) for group in person.groups.all()]
        if person.is_superuser:
            held.append(str(_("superuser")))
        return ", ".join(held)

    @admin.action(permissions=["change"], description=_("Send the invitation (again)"))
    def invite(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        sent = 0
        for person in queryset:
            if person.is_anonymised:
                messages.warning(request, operations.ANONYMISED)
                continue
            if not self.has_change_permission(request, person):
                messages.warning(request, _("%(person)s is staff: only owners invite staff.") % {"person": person})
                continue
            try:
                operations.invite(person, by=request.user, at=timezone.now())
            except operations.PeopleRefused as refusal:
                messages.warning(request, str(refusal))
            else:
                sent += 1
        if sent and not notices.can_leave():
            messages.warning(request, notices.WAITS)
        elif sent:
            told = ngettext("%(count)d invitation is on its way.", "%(count)d invitations are on their way.", sent)
            messages.success(request, told % {"count": sent})

    def get_urls(self) -> list[Any]:
        own = [
            path("import/", self.admin_site.admin_view(self.import_clients), name="people_user_import"),
            path("<int:pk>/invite/", self.admin_site.admin_view(self.invite_one), name="people_user_invite"),
            path("<int:pk>/data/", self.admin_site.admin_view(self.own_data), name="people_user_own_data"),
        ]
        reset = self.admin_site.admin_view(self.second_factor)
        own.append(path("<int:pk>/second-factor/", reset, name="people_user_second_factor"))
        return [*own, *super().get_urls()]

    def import_clients(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return import_views.import_clients(request, self.admin_site.each_context(request))

    def own_data(self, request: HttpRequest, pk: int) -> HttpResponse:
        return admin_own_data.own_data_page(request, pk, self.admin_site.each_context(request))

    def second_factor(self, request: HttpRequest, pk: int) -> HttpResponse:
        return admin_second_factor.reset_page(request, pk, self.admin_site.each_context(request))

    def invite_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button on a person's page. A GET changes nothing: it leads back to the page."""
        person = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, None if person.is_anonymised else person):
            raise PermissionDenied
        if request.method == "POST":
            self.invite(request, self.get_queryset(request).filter(pk=person.pk))
        return redirect(reverse("admin:people_user_change", args=[person.pk]))


class ZonedForm(LikeTheFirm):
    name = LineField(label=_("Name"), max_length=120)
    time_zone = ZoneField()
    country = forms.ChoiceField(label=_("Country"), choices=countries.choices)


@admin.register(Account)
class AccountAdmin(LongListAdmin):
    form = ZonedForm
    list_display = ["name", "plan", "seats", "subscription", "people"]
    list_select_related = ["plan"]
    list_filter = ["subscription", "plan"]
    search_fields = word_fields = ["name"]
    readonly_fields = ["created_at"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).annotate(people_count=models.Count("users"))

    @admin.display(description=_("people"), ordering="people_count")
    def people(self, account: Account) -> int:
        return account.people_count  # type: ignore[attr-defined]

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        """An account ends; it does not vanish with its history."""
        return False

    def save_model(self, request: HttpRequest, obj: Account, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        verb = "account.changed" if change else "account.created"
        trail.record(verb, obj, by=request.user, at=timezone.now(), fields=sorted(form.changed_data))


@admin.register(Plan)
class PlanAdmin(ChoosingAdmin):
    list_display = ["name", "code", "rank"]
    ordering = ["rank", "code"]
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}  # few, all seen at once
    prepopulated_fields = {"code": ["name"]}


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):
    list_display = ["name", "code", "minimum_seats", "url", "position"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    ordering = ["position", "code"]
    prepopulated_fields = {"code": ["name"]}


@admin.register(Restriction)
class RestrictionAdmin(admin.ModelAdmin):
    """To read alone: a restriction is the outcome of a decision, never of a form (R-3).

    Whoever works with the client needs to know what is closed and until when; the notice is for the client, and for
    those who decide, who find it with the case (R-10).
    """

    list_display = ["whom", "closes", "starts_at", "ends_at", "review_on"]
    fields = ["user", "account", "closes", "starts_at", "ends_at", "review_on"]
    readonly_fields = ["closes"]
    list_select_related = ["user", "account"]
    date_hierarchy = "starts_at"
    ordering = ["-starts_at"]

    @admin.display(description=_("who"))
    def whom(self, restriction: Restriction) -> str:
        return str(restriction.user or restriction.account)

    @admin.display(description=_("closes"))
    def closes(self, restriction: Restriction) -> str:
        return ", ".join(restriction.closed_names)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Restriction | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Restriction | None = None) -> bool:
        return False


class FirmForm(ZonedForm):
    new_logo = PrivateFileField(
        label=_("New logo"), help_text=_("PNG, JPEG, GIF or WebP."), kinds=sniffing.IMAGES, required=False
    )
    without_logo = forms.BooleanField(label=_("Remove the logo"), required=False)
    accent = forms.RegexField(
        r"^#[0-9a-fA-F]{6}$",
        label=_("Accent colour"),
        help_text=_("As #rrggbb. Used for buttons and links."),
        error_messages={"invalid": _("Give the colour as #rrggbb, such as #0f766e.")},
    )

    class Meta:
        model = Firm
        fields = [
            "name",
            "accent",
            "contact_email",
            "contact_phone",
            "postal_address",
            "country",
            "time_zone",
            "language",
        ]


@admin.register(Firm)
class FirmAdmin(FollowedAdmin):
    """One row: the list leads straight to it, or to making it."""

    form = FirmForm

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        firm = Firm.objects.first()
        if firm is None:
            return redirect("admin:people_firm_add")
        return redirect("admin:people_firm_change", firm.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Firm.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Firm | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Firm, form: forms.ModelForm, change: bool) -> None:
        at = timezone.now()
        if form.cleaned_data["without_logo"]:
            obj.logo = None
        elif upload := form.cleaned_data["new_logo"]:
            obj.logo = intake.accept(upload, at)
        super().save_model(request, obj, form, change)
        trail.record("firm.changed", obj, by=request.user, at=at, fields=sorted(form.changed_data))


def role_label(group: Group) -> str:
    return str(dict(Role.choices).get(group.name, group.name)).capitalize()


def _manages_staff(request: HttpRequest) -> bool:
    person = cast(User, request.user)
    return person.is_superuser or person.has_role(Role.OWNER)
