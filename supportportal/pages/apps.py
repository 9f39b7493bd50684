from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "supportportal.pages"
    label = "pages"
