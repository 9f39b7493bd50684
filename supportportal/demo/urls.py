from django.urls import path

from . import mailbox_views, views

app_name = "demo"
urlpatterns = [
    path("", views.start, name="start"),
    path("components/", views.components, name="components"),
    path("sign-in-as/", views.sign_in_as, name="sign_in_as"),
    path("refresh/", views.refresh, name="refresh"),
    path("mailbox/", mailbox_views.mailbox_page, name="mailbox"),
    path("mailbox/read/", mailbox_views.mark_all_read, name="mailbox_read"),
    path("mailbox/<int:pk>/", mailbox_views.mail_page, name="mail"),
    path("mailbox/<int:pk>/html/", mailbox_views.mail_html, name="mail_html"),
    path("mailbox/<int:pk>/files/<int:number>/", mailbox_views.mail_file, name="mail_file"),
]
