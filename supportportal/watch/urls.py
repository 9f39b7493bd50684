from django.urls import path

from . import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("health/jobs", views.jobs, name="health_jobs"),
    path("metrics", views.numbers, name="metrics"),
]
