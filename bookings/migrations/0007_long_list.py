from django.db import migrations

from supportportal.concurrently import index
from supportportal.longlists import words_of


class Migration(migrations.Migration):
    """What the staff's long lists need on PostgreSQL: see supportportal.longlists."""

    atomic = False

    dependencies = [('bookings', '0006_calendar_address_locked')]

    operations = [
        index("bookings_booking_words", f"bookings_booking USING gin ({words_of(['reference', 'topic'])})"),
    ]
