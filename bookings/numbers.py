"""What is counted of sessions, for those who watch the portal."""

from supportportal.watch.metrics import Counter

CONFLICTS = Counter("portal_booking_conflicts_total", "Times that had just been taken by somebody else.")
