from django.urls import path

from . import status_views, views

app_name = "complaints"
urlpatterns = [
    path("complaint/", views.complain, name="complain"),
    path("complaint/files/", views.files, name="files"),
    path("c/<str:token>/", status_views.status, name="status"),
    path("c/<str:token>/add/", status_views.add, name="add"),
    path("c/<str:token>/withdraw/", status_views.withdraw, name="withdraw"),
    path("c/<str:token>/appeal/", status_views.appeal, name="appeal"),
]
