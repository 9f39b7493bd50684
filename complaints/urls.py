from django.urls import path

from . import views

app_name = "complaints"
urlpatterns = [
    path("complaint/", views.complain, name="complain"),
    path("c/<str:token>/", views.status, name="status"),
]
