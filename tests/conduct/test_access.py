"""Who reaches what about incidents beside the pages, which tests/access has in its table (R-10)."""

import pytest
from django.utils import timezone

from conduct import messages
from conduct.operations import reporting
from supportportal import links
from tests.factories import ClientFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db


def test_only_the_link_that_was_sent_leads_to_the_clients_page(client):
    at = timezone.now()
    measure = make_measure(limited(at, days=9), incident=make_incident(at=at), at=at)
    good = links.token(messages.LINK_KIND, measure.pk, measure.link_epoch)
    revoked = links.token(messages.LINK_KIND, measure.pk, measure.link_epoch + 1)
    foreign = links.token("complaint", measure.pk, measure.link_epoch)
    assert client.get(f"/m/{good}/").status_code == 200
    for token in (revoked, foreign, good[:-1], f"{measure.pk}"):
        assert client.get(f"/m/{token}/").status_code == 404


def test_reporting_is_for_staff():
    person = ClientFactory()
    with pytest.raises(Exception, match="cannot work on this case"):
        reporting.report(
            reporting.Report(person, timezone.now(), "email", ["language"], "Words.", "no"),
            by=person,
            at=timezone.now(),
        )
