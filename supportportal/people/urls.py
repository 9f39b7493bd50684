from django.urls import path

from . import own_data_views, sign_in_views, sign_on_views, views

app_name = "people"
urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("profile/sign-ins/", sign_in_views.sign_ins_page, name="sign_ins"),
    path("profile/sign-on/remove/", sign_on_views.remove, name="sign_on_remove"),
    path("sign-on/", sign_on_views.start, name="sign_on"),
    path("sign-on/callback/", sign_on_views.callback, name="sign_on_callback"),
    path("profile/data/", own_data_views.own, name="own_data"),
    path("data/<str:token>/", own_data_views.by_link, name="own_data_link"),
    path("plan/", views.plan, name="plan"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
]
