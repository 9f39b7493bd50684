from django.urls import path

from . import call_views, feedback_views, firm_views, ladder_views, link_views, session_views, views, waiting_views

app_name = "bookings"
urlpatterns = [
    path("sessions/", views.sessions, name="sessions"),
    path("book/", views.choose_type, name="book"),
    path("book/<slug:slug>/", views.choose_time, name="time"),
    path("book/<slug:slug>/wait/", waiting_views.wait_for_days, name="wait_for_days"),
    path("book/<slug:slug>/details/", views.details, name="details"),
    path("terms/", views.terms, name="terms"),
    path("terms/accept/", firm_views.accept, name="accept_terms"),
    path("callback/", call_views.callback, name="callback"),
    path("callback/details/", call_views.details, name="callback_details"),
    path("callback/edit/", call_views.edit, name="callback_edit"),
    path("callback/cancel/", call_views.cancel, name="callback_cancel"),
    path("feedback/<str:token>/", feedback_views.feedback, name="feedback"),
    path("survey/<str:token>/", feedback_views.survey, name="survey"),
    path("waiting/<int:pk>/leave/", waiting_views.leave, name="leave_waiting"),
    path("o/<str:token>/", waiting_views.offer, name="offer"),
    path("sessions/<str:reference>/wait/", waiting_views.wait_for_earlier, name="wait_for_earlier"),
    path("sessions/<str:reference>/", views.booking, name="booking"),
    path("sessions/<str:reference>/attendee/", firm_views.attendee, name="attendee"),
    path("sessions/<str:reference>/fee/", ladder_views.fee, name="fee"),
    path("no-shows/<int:pk>/", ladder_views.strike, name="strike"),
    path("sessions/<str:reference>/session.ics", views.calendar_entry, name="calendar_entry"),
    path("sessions/<str:reference>/files/<int:pk>/", views.download, name="file"),
    path("s/<str:token>/", link_views.link, name="link"),
    path("s/<str:token>/agree/", firm_views.agree, name="link_agree"),
    path("s/<str:token>/change/", link_views.change, name="link_change"),
    path("s/<str:token>/cancel/", link_views.cancel, name="link_cancel"),
    path("s/<str:token>/now/", session_views.now, name="link_now"),
    path("s/<str:token>/undo/", waiting_views.undo, name="link_undo"),
    path("s/<str:token>/session.ics", link_views.calendar_entry, name="link_calendar_entry"),
]
