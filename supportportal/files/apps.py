from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "supportportal.files"
    label = "files"
