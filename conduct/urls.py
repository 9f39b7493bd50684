"""Pages that a client reaches without signing in."""

from django.urls import path

from . import views

app_name = "conduct"
urlpatterns = [path("m/<str:token>/", views.appeal, name="appeal")]
