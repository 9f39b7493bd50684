from django.db import migrations

from supportportal.concurrently import index


class Migration(migrations.Migration):
    """What the staff's long lists need on PostgreSQL: see supportportal.longlists."""

    atomic = False

    dependencies = [('outbox', '0006_screening')]

    operations = [
        # As Message.worst_first orders them.
        index(
            "outbox_message_worst_first",
            "outbox_message ((CASE WHEN state IN ('failed', 'unknown', 'retrying') THEN 0"
            " WHEN state IN ('planned', 'sending') THEN 1 ELSE 2 END),"
            " (CASE WHEN state IN ('planned', 'sending') THEN due_at ELSE NULL END), due_at DESC, id DESC)",
        ),
        index("outbox_message_by_address", "outbox_message (upper(address::text) text_pattern_ops) WHERE address <> ''"),
        index("outbox_message_by_sent_to", "outbox_message (upper(sent_to::text) text_pattern_ops) WHERE sent_to <> ''"),
    ]
