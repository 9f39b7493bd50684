"""The client's pages: the first is reached by a link, without signing in."""

from django.urls import path

from . import views

app_name = "conduct"
urlpatterns = [
    path("m/<str:token>/", views.appeal, name="appeal"),
    path("decisions/", views.decisions, name="decisions"),
]
