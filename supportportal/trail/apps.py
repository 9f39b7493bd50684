from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "supportportal.trail"
    label = "trail"
