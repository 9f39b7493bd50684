"""What has to be true after every step: the portal's rows say what the model's lists say."""

from datetime import datetime

from bookings.models import Booking, Fee, Hold, OccupiedCell, Offer, Strike, WaitlistEntry
from bookings.operations import strikes

from .model import Model
from .slots import overlaps
from .things import Person


def check(model: Model, people: dict[int, Person], at: datetime) -> None:
    same_sessions(model)
    nothing_overlaps(model)
    same_slots_kept(model)
    every_cell_has_its_owner(model)
    same_strikes(model, people, at)
    same_fees(model, at)


def same_sessions(model: Model) -> None:
    columns = ("pk", "client", "agent", "first_cell", "state", "version", "fixed_at", "imposed_at", "agreed_at")
    rows = {(*row[:7], _imposed(*row[7:])) for row in Booking.objects.values_list(*columns)}
    assert rows == {
        (one.pk, one.client.pk, one.slot.agent, one.slot.cell, one.state, one.version, one.fixed_at, one.imposed)
        for one in model.sessions
    }


def _imposed(imposed_at: datetime | None, agreed_at: datetime | None) -> str:
    return "agreed" if agreed_at else "imposed" if imposed_at else ""


def nothing_overlaps(model: Model) -> None:
    """B-2, by comparing any two."""
    assert not overlaps(model.slots.taking())


def same_slots_kept(model: Model) -> None:
    rows = Hold.objects.values_list("agent", "first_cell", "cells", "booking", "offer__entry", "until")
    assert set(rows) == {
        (
            one.slot.agent,
            min(one.cells),
            len(one.cells),
            one.undo_of and one.undo_of.pk,
            one.offer and one.offer.entry.pk,
            one.until,
        )
        for one in model.slots.kept
    }
    waiting = WaitlistEntry.objects.waiting().values_list("pk", flat=True)
    assert set(waiting) == {one.pk for one in model.slots.entries if one.waits}
    offers = Offer.objects.open().values_list("entry", "agent", "first_cell", "offered_at")
    assert set(offers) == {one.offer.key for one in model.slots.kept if one.offer}


def every_cell_has_its_owner(model: Model) -> None:
    """One row per person and five minutes of a session that was not called off, or of what is kept; nothing else."""
    expected = [(one.slot.agent, cell, one.pk, None) for one in model.slots.taking() for cell in one.slot.of_agent]
    expected += [(one.client.pk, cell, one.pk, None) for one in model.slots.taking() for cell in one.slot.of_client]
    expected += [(one.slot.agent, cell, None, min(one.cells)) for one in model.slots.kept for cell in one.cells]
    rows = OccupiedCell.objects.values_list("person", "cell", "booking", "hold__first_cell")
    assert sorted(rows, key=repr) == sorted(expected, key=repr)


def same_strikes(model: Model, people: dict[int, Person], at: datetime) -> None:
    rows = Strike.objects.counting().values_list("booking", "client", "first_cell", "day", "cause", "final_at")
    assert set(rows) == {
        (one.session.pk, one.client.pk, one.slot.cell, one.day, one.cause, one.final_at)
        for one in model.ladder.missed
        if one.counts
    }
    found = strikes.standings(people)
    for pk, client in people.items():
        today = at.astimezone(client.zone).date()
        level, free_from, costs = model.ladder.standing(client, today)
        if pk in found:
            assert (found[pk].level, found[pk].free_from, found[pk].is_chargeable(today)) == (level, free_from, costs)
        else:
            assert (level, free_from, costs) == (0, None, False)


def same_fees(model: Model, at: datetime) -> None:
    rows = list(Fee.objects.values_list("booking", "asked_at", "state", "accepted_at"))
    assert {(*row[:3], row[3] is not None) for row in rows} == {
        (*one.key, one.state, one.is_accepted) for one in model.ladder.charges
    }
    for charge in model.ladder.charges:  # what the policy says of them, whatever led there
        session = charge.session
        if charge.is_open:
            assert session.is_live and model.ladder.costs(session.client, session.day())
        if charge.state == "owed":
            assert charge.is_accepted and (session.state == "attended" or model.ladder.is_counted(session))
    # A session that began unanswered, as the tick came too late, waits for its outcome; it can't be accepted any more.
    asked = [one.session.client for one in model.ladder.charges if one.state == "asked" and one.session.start > at]
    assert len(asked) == len(set(asked))
