from django.urls import path

from . import views

app_name = "people"
urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("plan/", views.plan, name="plan"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
]
