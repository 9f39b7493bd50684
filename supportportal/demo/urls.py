from django.urls import path

from . import views

app_name = "demo"
urlpatterns = [
    path("", views.start, name="start"),
    path("components/", views.components, name="components"),
    path("sign-in-as/", views.sign_in_as, name="sign_in_as"),
    path("refresh/", views.refresh, name="refresh"),
]
