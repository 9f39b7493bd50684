from django.urls import path

from . import link_views, views

app_name = "bookings"
urlpatterns = [
    path("sessions/", views.sessions, name="sessions"),
    path("book/", views.choose_type, name="book"),
    path("book/<slug:slug>/", views.choose_time, name="time"),
    path("book/<slug:slug>/details/", views.details, name="details"),
    path("terms/", views.terms, name="terms"),
    path("sessions/<str:reference>/", views.booking, name="booking"),
    path("sessions/<str:reference>/session.ics", views.calendar_entry, name="calendar_entry"),
    path("sessions/<str:reference>/files/<int:pk>/", views.download, name="file"),
    path("s/<str:token>/", link_views.link, name="link"),
    path("s/<str:token>/change/", link_views.change, name="link_change"),
    path("s/<str:token>/cancel/", link_views.cancel, name="link_cancel"),
    path("s/<str:token>/session.ics", link_views.calendar_entry, name="link_calendar_entry"),
]
