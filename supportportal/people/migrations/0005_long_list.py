from django.db import migrations

from supportportal.concurrently import index
from supportportal.longlists import words_of


class Migration(migrations.Migration):
    """What the staff's long lists need on PostgreSQL: see supportportal.longlists."""

    atomic = False

    dependencies = [('people', '0004_sign_ins')]

    operations = [
        index("people_user_by_name", "people_user (name, id)"),
        index("people_user_words", f"people_user USING gin ({words_of(['name', 'email', 'phone'])})"),
        index("people_account_words", f"people_account USING gin ({words_of(['name'])})"),
        index("people_user_invited", "people_user (name, id) WHERE last_login IS NULL AND invited_at IS NOT NULL"),
    ]
