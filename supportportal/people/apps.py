from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "supportportal.people"
    label = "people"
