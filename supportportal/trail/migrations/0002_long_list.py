from django.db import migrations

from supportportal.concurrently import index


class Migration(migrations.Migration):
    """What the staff's long lists need on PostgreSQL: see supportportal.longlists."""

    atomic = False

    dependencies = [('trail', '0001_initial')]

    operations = [
        index("trail_entry_by_verb", "trail_entry (verb, id)"),
        index("trail_entry_by_subject_alone", "trail_entry (subject_id)"),
        index("trail_entry_by_time", "trail_entry USING brin (at)"),
    ]
