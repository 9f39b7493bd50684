from django.urls import path

from . import own_data_views, sign_in_views, views

app_name = "people"
urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("profile/sign-ins/", sign_in_views.sign_ins_page, name="sign_ins"),
    path("profile/data/", own_data_views.own, name="own_data"),
    path("data/<str:token>/", own_data_views.by_link, name="own_data_link"),
    path("plan/", views.plan, name="plan"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
]
