"""What is counted of complaints, for those who watch the portal: totals alone, whoever they are about (C-8)."""

from datetime import datetime

from django.db.models import Count, Q

from supportportal.watch.metrics import Gauge, Samples

from .models import Deadline


def _deadlines(at: datetime) -> Samples:
    counted = Deadline.objects.running().aggregate(late=Count("pk", filter=Q(due_at__lte=at)), running=Count("pk"))
    return [({"state": "open"}, counted["running"] - counted["late"]), ({"state": "late"}, counted["late"])]


GAUGES = [Gauge("portal_complaint_deadlines", "Deadlines of complaints that run: in time, and missed.", _deadlines)]
