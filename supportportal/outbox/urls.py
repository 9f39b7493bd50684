from anymail.urls import urlpatterns as of_providers
from django.urls import URLPattern, include, path

from . import webhooks

mail = [
    URLPattern(one.pattern, webhooks.of_our_provider(one.callback, one.name), one.default_args, one.name)
    for one in of_providers
]

urlpatterns = [
    path("twilio/status/<int:pk>/", webhooks.twilio_status, name="twilio_status"),
    path("twilio/inbound/", webhooks.twilio_inbound, name="twilio_inbound"),
    path("mail/", include((mail, "anymail"))),
]
