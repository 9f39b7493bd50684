from django.urls import include, path

from . import webhooks

urlpatterns = [
    path("twilio/status/<int:pk>/", webhooks.twilio_status, name="twilio_status"),
    path("twilio/inbound/", webhooks.twilio_inbound, name="twilio_inbound"),
    path("mail/", include("anymail.urls")),
]
