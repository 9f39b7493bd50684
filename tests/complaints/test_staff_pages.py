"""Complaints as staff of each role see and work on them: the board, a case, its letters (C-7, C-8, C-9)."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from redis import RedisError

from complaints import presence
from complaints.models import Complaint, Letter, NamedStaff, Note, Statement
from complaints.operations import letters, naming, remedies, review, statements
from supportportal.files import intake
from supportportal.people import roles
from supportportal.trail.models import Entry

from ..factories import MONDAY_TEN, StaffFactory
from ..factories_complaints import ComplaintFactory, PointFactory, SchemeFactory, decided, letter_that_went
from ..files import samples

NOW = MONDAY_TEN + timedelta(hours=1)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def enter(client, firm):
    roles.sync_after_migrate(apps.get_app_config("complaints"), "default")

    def enter(person):
        client.force_login(person)
        return client

    return enter


def page(name, *args):
    return reverse(f"admin:complaints_{name}", args=args)


def press(client, complaint, action, target=None, **given):
    args = [complaint.pk, action, *([target.pk] if target else [])]
    given.setdefault("seen", Complaint.objects.get(pk=complaint.pk).version)
    return client.post(page("complaint_act", *args), given)


BOARD = "complaint_changelist"


# -- who gets in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "board", "case"),
    [
        pytest.param([], 404, 404, id="staff without a role"),
        pytest.param(["agent"], 404, 404, id="agent"),
        pytest.param(["manager"], 200, 200, id="manager"),
        pytest.param(["owner"], 200, 200, id="owner"),
    ],
)
def test_managers_alone_work_on_cases(enter, complaint, roles, board, case):
    client = enter(StaffFactory(roles=roles))
    assert client.get(page(BOARD)).status_code == board
    assert client.get(page("complaint_change", complaint.pk)).status_code == case


@pytest.mark.parametrize("is_superuser", [False, True], ids=["senior manager", "superuser"])
def test_who_is_complained_about_finds_nothing(enter, staff, is_superuser):
    person = staff("Carla Neri", "senior manager")
    person.is_superuser = is_superuser
    person.save()
    complaint = ComplaintFactory(complained_about="Carla Neri", summary="Carla Neri hung up on me.")
    client = enter(person)
    assert complaint.reference not in client.get(page(BOARD)).content.decode()
    found = client.get(page(BOARD), {"q": complaint.reference, "view": "table"}).content.decode()
    assert page("complaint_change", complaint.pk) not in found
    for name in ("complaint_change", "complaint_print", "complaint_letter"):
        extra = [] if name == "complaint_change" else [complaint.letters.get().pk]
        assert client.get(page(name, complaint.pk, *extra)).status_code == 404
    assert client.post(page("complaint_export", complaint.pk)).status_code == 404
    assert press(client, complaint, "note", text="Mine").status_code == 404
    counts = client.get(page("complaint_reports_csv"), {"table": "subjects"}).content.decode()
    assert counts.splitlines()[1:] == []


def test_a_manager_sees_no_case_about_staff(enter, mark, mario):
    complaint = ComplaintFactory(about="staff")
    assert enter(mark).get(page("complaint_change", complaint.pk)).status_code == 404


def test_djangos_own_history_and_delete_pages_are_not_there(enter, anna, complaint):
    client = enter(anna)
    for name in ("history", "delete"):
        assert client.get(f"{page(BOARD)}{complaint.pk}/{name}/").status_code == 404


# -- the board -----------------------------------------------------------------------------------------------------


def test_the_board_has_a_column_for_each_next_step(enter, anna):
    acknowledging = ComplaintFactory()
    updating = ComplaintFactory()
    letter_that_went(updating.letters.get(), NOW)
    answered = decided(ComplaintFactory(), by=anna, at=NOW)
    columns = {
        one.code: [card.complaint for card in one.cards] for one in enter(anna).get(page(BOARD)).context["columns"]
    }
    assert columns["acknowledge"] == [acknowledging]
    assert columns["update"] == [updating]
    assert columns["answered"] == [answered]


def test_the_time_left_is_said_in_a_shape_and_words(enter, anna, now):
    ComplaintFactory(at=NOW - timedelta(hours=21))
    html = enter(anna).get(page(BOARD)).content.decode()
    assert "▲</span>3 h left" in html
    now.move_to(NOW + timedelta(hours=8))
    html = enter(anna).get(page(BOARD)).content.decode()
    assert "■</span>5 h late" in html
    assert 'title="Tuesday 24 November, 11:00, Rome time"' not in html


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({}, {"mine", "theirs", "free", "late"}, id="all"),
        pytest.param({"who": "mine"}, {"mine"}, id="mine"),
        pytest.param({"who": "nobody"}, {"free", "late"}, id="unassigned"),
        pytest.param({"who": "reviewer"}, {"theirs"}, id="one reviewer"),
        pytest.param({"due": "late"}, {"late"}, id="late"),
        pytest.param({"due": "today"}, {"mine"}, id="due today"),
        pytest.param({"about": "data"}, {"free"}, id="about"),
        pytest.param({"q": "Zanzibar"}, {"mine"}, id="name"),
        pytest.param({"step": "update"}, set(), id="another step"),
        pytest.param({"who": "²", "due": "soon", "about": "x"}, {"mine", "theirs", "free", "late"}, id="odd"),
    ],
)
def test_filters_stand_in_the_address(enter, anna, bert, asked, found):
    cases = {
        "mine": ComplaintFactory(at=NOW - timedelta(hours=20), name="Zanzibar Smith"),
        "theirs": ComplaintFactory(),
        "free": ComplaintFactory(about="data"),
        "late": ComplaintFactory(at=NOW - timedelta(hours=30)),
    }
    review.assign(cases["mine"], anna, by=anna, at=NOW, seen=None)
    review.assign(cases["theirs"], bert, by=anna, at=NOW, seen=None)
    if asked.get("who") == "reviewer":
        asked = {"who": str(bert.pk)}
    client = enter(anna)
    on_board = client.get(page(BOARD), asked).context["columns"]
    in_table = client.get(page(BOARD), {**asked, "view": "table"}).context["cards"]
    wanted = {cases[name] for name in found}
    assert {card.complaint for column in on_board for card in column.cards} == wanted
    assert {card.complaint for card in in_table} == wanted


def test_counts_link_to_what_they_count(enter, anna):
    ComplaintFactory(at=NOW - timedelta(hours=30))
    ComplaintFactory()
    quick = {
        str(words): (number, address) for words, number, address, _here in enter(anna).get(page(BOARD)).context["quick"]
    }
    assert quick["Late"] == (1, "?due=late")
    assert quick["All of them"][0] == quick["Unassigned"][0] == 2


@pytest.mark.parametrize("view", ["board", "table"])
def test_the_list_asks_as_much_for_thirty_as_for_one(enter, anna, view):
    client = enter(anna)
    review.assign(ComplaintFactory(), anna, by=anna, at=NOW, seen=None)
    asked = _queries(client, view)
    for _n in range(29):
        complaint = ComplaintFactory(complained_about="Somebody")
        review.assign(complaint, anna, by=anna, at=NOW, seen=None)
    assert _queries(client, view) == asked


def _queries(client, view):
    return queries_of(lambda: client.get(page(BOARD), {"view": view}))


def queries_of(ask):
    """How many queries the second time takes: the first one warms what is kept."""
    ask()
    with CaptureQueriesContext(connection) as found:
        ask()
    return len(found)


def test_cases_of_somebody_who_is_away_are_handed_over(enter, anna, bert, mark):
    moved = ComplaintFactory()
    about_staff = ComplaintFactory(about="staff")
    hidden = ComplaintFactory(complained_about=anna.name)
    client = enter(anna)
    given = {"case": [moved.pk, about_staff.pk, hidden.pk], "reviewer": mark.pk}
    told = client.post(page("complaint_hand_over"), given, follow=True).content.decode()
    assert Complaint.objects.get(pk=moved.pk).reviewer == mark
    assert Complaint.objects.get(pk=about_staff.pk).reviewer is None
    assert "senior manager" in told
    assert hidden.reference not in told


def test_a_deadline_without_a_date_is_shown_to_managers(enter, anna, complaint):
    complaint.deadlines.filter(step="update").update(due_at=None, day=None, fault="No working day.")
    complaint.deadlines.filter(step="acknowledge").update(outcome="met", met_at=NOW)
    html = enter(anna).get(page(BOARD)).content.decode()
    assert "no date: look at the calendar" in html
    assert "Some deadlines have no date" in html


# -- a case --------------------------------------------------------------------------------------------------------


def test_the_case_page_tells_everything_in_order(enter, anna, complaint):
    letter_that_went(complaint.letters.get(), NOW)
    review.note(complaint, "Looks like the queue was down.", by=anna, at=NOW + timedelta(minutes=5))
    context = enter(anna).get(page("complaint_change", complaint.pk)).context
    told = [one.what for one in context["case"].timeline]
    assert told[0] == "Complaint arrived: online form"
    assert told[-1] == "Internal note"
    assert any(one.letter and one.state == "sent" for one in context["case"].timeline)


def test_the_case_page_asks_as_much_for_many_rows_as_for_few(enter, anna, complaint):
    client = enter(anna)
    address = page("complaint_change", complaint.pk)
    PointFactory(complaint=complaint)
    review.note(complaint, "One", by=anna, at=NOW)
    NamedStaff.objects.create(complaint=complaint, part="spoken_with", typed="Somebody")
    letters.draft(complaint, "letter", by=anna, at=NOW)
    before = queries_of(lambda: client.get(address))
    for n in range(10):
        PointFactory(complaint=complaint)
        review.note(complaint, f"{n}", by=anna, at=NOW)
        NamedStaff.objects.create(complaint=complaint, part="spoken_with", typed=f"Somebody {n}")
        letters.draft(complaint, "letter", by=anna, at=NOW)
    assert queries_of(lambda: client.get(address)) == before


def test_who_may_review_takes_the_case(enter, anna, complaint):
    client = enter(anna)
    assert press(client, complaint, "take").status_code == 302
    assert Complaint.objects.get().reviewer == anna


def test_two_on_one_case_the_second_keeps_what_was_typed(enter, anna, bert, complaint):
    client = enter(anna)
    seen = complaint.version
    review.assign(complaint, bert, by=bert, at=NOW, seen=None)
    answer = press(client, complaint, "points", texts="They never called.\n\nThe link was dead.", seen=seen)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Somebody else was quicker" in html
    assert "The link was dead." in html
    assert not complaint.points.exists()
    assert press(client, complaint, "points", texts="They never called.").status_code == 302
    assert complaint.points.count() == 1


def test_a_press_without_the_version_changes_nothing(enter, anna, complaint):
    assert press(enter(anna), complaint, "take", seen="").status_code == 409
    assert Complaint.objects.get().reviewer is None


def test_it_says_who_else_has_the_case_open(enter, anna, bert, complaint):
    enter(bert).get(page("complaint_change", complaint.pk))
    assert (
        "Bert Vink has this case open too" in enter(anna).get(page("complaint_change", complaint.pk)).content.decode()
    )


def test_a_case_can_be_worked_on_while_the_cache_does_not_answer(enter, anna, complaint, monkeypatch):
    def fail(*args, **given):
        raise RedisError("gone")

    monkeypatch.setattr(presence.cache, "get", fail)
    client = enter(anna)
    assert client.get(page("complaint_change", complaint.pk)).status_code == 200


def test_matching_a_name_shuts_the_case_to_that_person(enter, anna, mark):
    complaint = ComplaintFactory(summary="Olsen was rude.")
    assert enter(mark).get(page("complaint_change", complaint.pk)).status_code == 404
    named = complaint.named.get()
    assert press(enter(anna), complaint, "match", named, person=mark.pk).status_code == 302
    assert NamedStaff.objects.get().part == "about"


def test_a_row_of_another_case_is_no_such_page(enter, anna, complaint):
    other = PointFactory()
    assert press(enter(anna), complaint, "find", other, finding="upheld", reasons="So.").status_code == 404


@pytest.mark.parametrize("action", ["nonsense", "find", "posted"])
def test_an_action_that_is_none_is_no_such_page(enter, anna, complaint, action):
    assert press(enter(anna), complaint, action).status_code == 404


def test_from_points_to_the_answer(enter, anna, complaint):
    client = enter(anna)
    press(client, complaint, "take")
    press(client, complaint, "points", texts="They never called.")
    point = complaint.points.get()
    press(client, complaint, "find", point, finding="upheld", reasons="The list of calls shows none.")
    press(client, complaint, "promise", text="A call tomorrow", point=point.pk, owner=anna.pk, due_on="2026-11-25")
    client.post(page("complaint_write", complaint.pk), {"kind": "response"})
    draft = complaint.letters.get(kind="response")
    given = {
        "subject": draft.subject,
        "body": draft.body,
        "press": "send",
        "outcome": "upheld",
        "root_cause": "Staffing",
    }
    given["seen"] = Complaint.objects.get().version
    address = page("complaint_letter", complaint.pk, draft.pk)
    assert client.post(address, given).status_code == 302
    complaint.refresh_from_db()
    assert (complaint.state, complaint.outcome, complaint.root_cause) == ("answered", "upheld", "Staffing")
    remedy = complaint.remedies.get()
    press(client, complaint, "done", remedy, note="Called")
    remedy.refresh_from_db()
    assert remedy.done_note == "Called"


def test_an_answer_with_open_points_stays_a_draft(enter, anna, complaint):
    client = enter(anna)
    PointFactory(complaint=complaint, finding="", reasons="")
    draft = letters.draft(complaint, "response", by=anna, at=NOW)
    given = {"subject": "Our answer", "body": "All my words", "press": "send", "outcome": "upheld"}
    given["seen"] = Complaint.objects.get().version
    html = client.post(page("complaint_letter", complaint.pk, draft.pk), given).content.decode()
    assert "Each point needs a finding" in html
    assert "All my words" in html
    assert Letter.objects.get(pk=draft.pk).state == "draft"


def test_a_letter_is_printed_posted_and_stops_its_clock(enter, anna):
    complaint = ComplaintFactory(email="", postal_address="Via Roma 1\n00100 Roma")
    client = enter(anna)
    letter = complaint.letters.get()
    assert complaint.reference in client.get(page("complaint_post")).content.decode()
    printed = client.get(page("complaint_print", complaint.pk, letter.pk))
    assert "Via Roma 1" in printed.content.decode()
    assert "default-src 'none'" in printed["Content-Security-Policy"]
    press(client, complaint, "posted", letter, posted_on="2026-11-23", posted_clock="12:00")
    assert complaint.deadlines.get(step="acknowledge").met_at == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert complaint.reference not in client.get(page("complaint_post")).content.decode()


def test_closing_as_a_duplicate_names_the_other_one(enter, anna, complaint):
    first = ComplaintFactory()
    hidden = ComplaintFactory(complained_about=anna.name)
    client = enter(anna)
    refused = press(client, complaint, "close", state="duplicate", reason="Twice", duplicate_of=hidden.reference)
    assert refused.status_code == 200
    press(client, complaint, "close", state="duplicate", reason="Twice", duplicate_of=first.reference.lower())
    complaint.refresh_from_db()
    assert complaint.duplicate_of == first


# -- asked of others -----------------------------------------------------------------------------------------------


@pytest.fixture
def asked(anna, mario):
    complaint = ComplaintFactory(complained_about="Mario Bianchi", summary="He shouted. My mother is Zelda.")
    named = complaint.named.filter(part="about").first()
    naming.match(named, mario, by=anna, at=NOW, seen=None)
    review.assign(complaint, anna, by=anna, at=NOW, seen=None)
    return statements.ask_statement(named, "You are said to have shouted.", "What happened?", by=anna, at=NOW)


def test_the_person_complained_about_answers_on_the_extract_alone(enter, mario, asked):
    complaint = asked.named.complaint
    client = enter(mario)
    html = client.get(page("statement", asked.pk)).content.decode()
    assert "You are said to have shouted." in html
    for secret in (complaint.reference, complaint.name, complaint.email, "Zelda"):
        assert secret not in html
    assert page("statement", asked.pk) in client.get(reverse("admin:index")).content.decode()
    assert client.post(page("statement", asked.pk), {"text": "I did not."}).status_code == 302
    assert Statement.objects.get().text == "I did not."
    assert client.get(page("statement", asked.pk)).status_code == 404


def test_the_mail_that_asks_for_it_stands_in_the_case(enter, anna, asked):
    html = enter(anna).get(page("complaint_change", asked.named.complaint.pk)).content.decode()
    asked_for = html[html.index("Statement asked of") :]
    assert "planned" in asked_for[: asked_for.index("</li>")]


def test_a_statement_is_asked_of_one_person_alone(enter, anna, bert, asked):
    for person in (anna, bert):
        assert enter(person).get(page("statement", asked.pk)).status_code == 404


def test_whoever_carries_out_a_remedy_says_so_without_the_case(enter, anna, mario, complaint):
    remedy = remedies.promise(complaint, "Send the refund", owner=mario, by=anna, at=NOW, seen=None)
    client = enter(mario)
    first = client.get(reverse("admin:index")).content.decode()
    assert "Send the refund" in first
    assert complaint.reference not in first
    client.post(page("remedy_done", remedy.pk), {"note": "Sent"})
    remedy.refresh_from_db()
    assert remedy.done_note == "Sent"


def content_of(answer):
    return b"".join(answer.streaming_content)


# -- files ---------------------------------------------------------------------------------------------------------


def test_each_file_that_is_taken_out_is_noted(enter, anna):
    stored = intake.keep("notes.txt", "text/plain", b"what I wrote down", NOW)
    complaint = ComplaintFactory(files=[stored])
    evidence = complaint.evidence.get()
    answer = enter(anna).get(page("complaint_evidence", complaint.pk, evidence.pk))
    assert content_of(answer) == b"what I wrote down"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    entry = Entry.objects.get(verb="complaint.evidence_opened")
    assert (entry.by_id, entry.facts["evidence"]) == (anna.pk, evidence.pk)


def test_the_original_needs_a_press_of_its_own(enter, anna):
    stored, copy = (intake.keep("a.png", "image/png", content, NOW) for content in (b"with place", b"without"))
    complaint = ComplaintFactory(files=[stored])
    evidence = complaint.evidence.get()
    evidence.shown = copy
    evidence.save()
    client = enter(anna)
    address = page("complaint_original", complaint.pk, evidence.pk)
    assert client.get(address).status_code == 405
    assert content_of(client.get(page("complaint_evidence", complaint.pk, evidence.pk))) == b"without"
    assert content_of(client.post(address)) == b"with place"
    assert [one.facts["original"] for one in Entry.objects.filter(verb="complaint.evidence_opened")] == [False, True]


def test_the_case_file_holds_letters_and_evidence_but_no_notes(enter, anna, complaint):
    review.note(complaint, "Between us", by=anna, at=NOW)
    answer = enter(anna).post(page("complaint_export", complaint.pk))
    archive = zipfile.ZipFile(io.BytesIO(content_of(answer)))
    text = archive.read(f"{complaint.reference}/case.html").decode()
    assert complaint.reference in text
    assert "Between us" not in text
    assert Note.objects.exists()


# -- after the answer ----------------------------------------------------------------------------------------------


def test_another_senior_manager_decides_the_appeal(enter, anna, bert):
    complaint = decided(ComplaintFactory(at=NOW - timedelta(days=9)), by=anna, at=NOW - timedelta(days=4))
    client = enter(anna)
    assert press(client, complaint, "lodge-appeal", reasons="Look again", arrived_on="2026-11-20").status_code == 302
    assert press(client, complaint, "assign-appeal", reviewer=anna.pk).status_code == 200  # the first reviewer
    press(client, complaint, "assign-appeal", reviewer=bert.pk)
    client = enter(bert)
    client.post(page("complaint_write", complaint.pk), {"kind": "final"})
    draft = complaint.letters.get(kind="final")
    given = {"subject": draft.subject, "body": "It stands, because.", "press": "send", "outcome": "upheld"}
    given["seen"] = Complaint.objects.get().version
    assert client.post(page("complaint_letter", complaint.pk, draft.pk), given).status_code == 302
    complaint.refresh_from_db()
    assert (complaint.state, complaint.appeal.decided_by) == ("final", bert)


def test_a_referral_stays_on_the_board_until_it_is_followed(enter, anna):
    SchemeFactory()
    complaint = decided(ComplaintFactory(at=NOW - timedelta(days=9)), by=anna, at=NOW - timedelta(days=4))
    client = enter(anna)

    def on_board():
        return {one.code: one.number for one in client.get(page(BOARD)).context["columns"]}["ombudsman"]

    press(client, complaint, "refer", their_reference="CO-1", referred_on="2026-11-20")
    assert on_board() == 1
    press(client, complaint, "decision", decision="Pay 20 euro.", decided_on="2026-11-21")
    press(client, complaint, "follow-up", followed_up="Paid.", on="2026-11-22")
    assert complaint.referral.followed_up == "Paid."
    assert on_board() == 0


def test_a_draft_is_written_anew_with_what_the_case_holds_now(enter, anna, complaint):
    client = enter(anna)
    point = PointFactory(complaint=complaint, finding="", reasons="")
    draft = letters.draft(complaint, "response", by=anna, at=NOW)
    review.find(point, "upheld", "No call is on the list.", by=anna, at=NOW, seen=None)
    address = page("complaint_letter", complaint.pk, draft.pk)
    client.post(address, {"subject": "x", "body": "y", "press": "again"})
    draft.refresh_from_db()
    assert "No call is on the list." in draft.body


def test_the_first_page_shows_what_is_due_and_what_is_missing(enter, anna, complaint):
    review.assign(complaint, anna, by=anna, at=NOW, seen=None)
    html = enter(anna).get(reverse("admin:index")).content.decode()
    assert complaint.reference in html
    assert "Nobody has the role of owner" in html


def test_an_agents_first_page_offers_to_enter_a_complaint_and_shows_none(enter, mario, complaint):
    html = enter(mario).get(reverse("admin:index")).content.decode()
    assert page("complaint_add") in html
    assert complaint.reference not in html


def test_what_came_by_post_joins_the_case_with_its_files(enter, anna, complaint):
    given = {"arrived_on": "2026-11-23", "text": "Here is the bill.", "files": SimpleUploadedFile("a.pdf", samples.PDF)}
    assert press(enter(anna), complaint, "reply", **given).status_code == 302
    reply = complaint.replies.get()
    assert (reply.source, reply.text, reply.arrived_at) == ("post", "Here is the bill.", NOW)
    assert complaint.evidence.get().added_by == anna
    assert press(enter(anna), complaint, "reply", arrived_on="2026-11-25", text="x").status_code == 200
