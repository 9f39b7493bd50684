from django.urls import path

from . import views, withheld_views

urlpatterns = [
    path("", views.home, name="home"),
    path("styles/<slug:name>.<slug:digest>.css", views.stylesheet, name="stylesheet"),
    path("firm.css", views.firm_css, name="firm_css"),
    path("firm/logo", views.firm_logo, name="firm_logo"),
    path("help/", views.help_page, name="help"),
    path("language/", views.set_language, name="set_language"),
    path("zone/", views.set_zone, name="set_zone"),
    path("files/decide/", withheld_views.decide, name="file_decide"),
    path("legal/<slug:code>/", views.legal, name="legal"),
]
