"""A small firm in an empty database: run by the rehearsal in a process with production's settings."""

import os
import sys

import django


def furnish(clients: int, agents: int) -> None:
    from django.core.management import call_command

    from supportportal.people import operations
    from tests.factories import (
        PASSWORD,
        AccountFactory,
        AgentFactory,
        ClientFactory,
        FirmFactory,
        PlanFactory,
        SessionTypeFactory,
        StaffFactory,
        TermsVersionFactory,
    )

    FirmFactory(country="IT")
    plan = PlanFactory()
    session_type = SessionTypeFactory(slug="quick", plans=[plan])
    AgentFactory.create_batch(agents, session_types=[session_type], office_hours=True)
    TermsVersionFactory()
    account = AccountFactory(plan=plan)
    for number in range(clients):
        person = ClientFactory(account=account, email=f"client{number}@client.example", password=PASSWORD)
        operations.keep_address(person)
    owner = StaffFactory(roles=["owner", "senior_manager"], email="owner@firm.example", password=PASSWORD)
    operations.keep_address(owner)
    call_command("seed_holidays", verbosity=0)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "supportportal.settings"
    django.setup()
    furnish(*map(int, sys.argv[1:]))
