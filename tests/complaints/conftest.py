"""The people at the complaints desk, and a case in review."""

import pytest


@pytest.fixture
def firm(db):
    from ..factories import FirmFactory

    return FirmFactory(country="IT", time_zone="Europe/Rome")


@pytest.fixture
def italy(firm):
    """The firm with Italy's public holidays."""
    from bookings import holidays

    holidays.seed("IT", [2026, 2027])


@pytest.fixture
def staff(firm):
    """Makes staff: ``staff("Anna Rossi", "senior manager")``."""
    from ..factories import StaffFactory

    return lambda name, *roles: StaffFactory(name=name, roles=roles)


@pytest.fixture
def anna(staff):
    return staff("Anna Rossi", "senior manager")


@pytest.fixture
def bert(staff):
    return staff("Bert Vink", "senior manager")


@pytest.fixture
def mark(staff):
    """A manager, not a senior one."""
    return staff("Mark Olsen", "manager")


@pytest.fixture
def mario(staff):
    return staff("Mario Bianchi", "agent")


@pytest.fixture
def complaint(firm):
    from ..factories_complaints import ComplaintFactory

    return ComplaintFactory()
