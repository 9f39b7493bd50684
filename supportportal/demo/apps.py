from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "supportportal.demo"
    label = "demo"
