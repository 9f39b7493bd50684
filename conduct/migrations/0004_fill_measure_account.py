"""The account of the measures taken so far: the one that is closed, or else the client's."""

from django.db import migrations
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    measures = apps.get_model("conduct", "Measure").objects.using(schema_editor.connection.alias)
    restrictions = apps.get_model("people", "Restriction").objects.filter(pk=OuterRef("restriction"))
    incidents = apps.get_model("conduct", "Incident").objects.filter(pk=OuterRef("incident"))
    of_restriction = Subquery(restrictions.values("account"))
    of_client = Subquery(incidents.values("client__account"))
    measures.filter(account=None).update(account=Coalesce(of_restriction, of_client))


class Migration(migrations.Migration):
    dependencies = [("conduct", "0003_measure_account")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
