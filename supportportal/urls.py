from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("supportportal.watch.urls")),
    path("", include("supportportal.pages.urls")),
    path("", include("bookings.urls")),
    path("", include("complaints.urls")),
    path("", include("conduct.urls")),
    path("", include("supportportal.people.urls")),
    # Addresses identify people: staff change them, nobody does so alone.
    path("accounts/email/", RedirectView.as_view(pattern_name="people:profile")),
    path("webhooks/", include("supportportal.outbox.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
    path("demo/", include("supportportal.demo.urls")),
]
handler500 = "supportportal.pages.views.server_error"
