"""A link that comes to light where support is under way: the adviser hears of it at once and is reminded of it until it is dealt with."""

import datetime
import pathlib
from collections.abc import Callable

import pytest
from sqlmodel import col, select

from models.database import Database
from models.errors import NotPossible
from models.message import Message
from models.school import School
from models.supporter import Conflict, Supporter
from models.visit import DateOffer
from models.words import CommissionStatus, ConflictKind, ConflictOutcome, Role, Status, VisitStatus
from notifications.rendering import render
from stages.brief import load_brief
from stages.broker.conflicts import Tie, decide_conflict, derived, watch_links
from stages.broker.declarations import declare
from stages.broker.under_way import Touched, links_under_way
from stages.commission.decide import set_status
from stages.loading import NewConflict, add_conflicts
from stages.record import Actor
from stages.reminders.worklists import worklists
from tests.stages.builders import Journey, everything, journey, small_programme

LEAD = Actor(Role.LEAD, "partnership lead")
GOVERNOR, FAMILY = ConflictKind.GOVERNOR, ConflictKind.FAMILY
DAY = datetime.timedelta(days=1)


def until(database: Database, folder: pathlib.Path, status: Status) -> Journey:
    return journey(database, folder, small_programme(places=1)).until(status)


def name(one: Journey) -> str:
    with one.database.reading() as session:
        return session.get_one(Supporter, one.case.supporter_id).name


def declares(one: Journey, kind: ConflictKind = GOVERNOR, last: datetime.date | None = None) -> None:
    with one.database.writing() as session:
        declare(session, session.get_one(Supporter, one.case.supporter_id), [(one.case.urn, kind, last)], LEAD, one.at)


def loads(one: Journey) -> None:
    with one.database.writing() as session:
        add_conflicts(session, [NewConflict(supporter=name(one), urn=one.case.urn, kind=GOVERNOR)], LEAD, one.at)


def joins_trust(one: Journey) -> None:
    """The supporter and the school come to be of one trust, as a new edition of the register would say, and the engine has its turn."""
    with one.database.writing() as session:
        session.get_one(Supporter, one.case.supporter_id).trust = "Oak Trust"
        session.get_one(School, one.case.urn).trust = "Oak Trust"
    one.engine()


def colleague_declares(one: Journey) -> None:
    """Somebody of the same employer declares a tie of their own, and the engine has its turn."""
    with one.database.writing() as session:
        colleague = session.exec(select(Supporter).where(Supporter.id != one.case.supporter_id)).first()
        assert colleague is not None
        colleague.employer_urn = session.get_one(Supporter, one.case.supporter_id).employer_urn = 990_099
        declare(session, colleague, [(one.case.urn, FAMILY, None)], LEAD, one.at)
    one.engine()


def decides(one: Journey, outcome: ConflictOutcome, kind: ConflictKind | None = None) -> list[Touched]:
    with one.database.writing() as session:
        return decide_conflict(session, name(one), one.case.urn, outcome, LEAD, one.at, None, kind, "It was looked at.")


def told(one: Journey) -> list[Message]:
    with one.database.reading() as session:
        return list(session.exec(select(Message).where(Message.kind == "link_to_decide").order_by(col(Message.id))).all())


def lines(one: Journey) -> list[tuple[str, list[str]]]:
    """Return what the adviser's worklist says of links today, with what it names."""
    with one.database.reading() as session:
        drafts = worklists(session, load_brief(session, one.commission_id), [], one.at.date())
    return [(line["says"].partition(" (")[0], [school["name"] for school in line["schools"]]) for draft in drafts for line in draft.context["lines"]]


@pytest.mark.parametrize(
    ("route", "kind"),
    [(declares, "governor"), (loads, "governor"), (joins_trust, "trust"), (colleague_declares, "colleague")],
)
def test_the_adviser_hears_at_once_and_once_of_a_link_however_it_comes_to_light(
    route: Callable[[Journey], None], kind: str, database: Database, tmp_path: pathlib.Path
) -> None:
    one = until(database, tmp_path, Status.BOOKED)
    one.engine()
    assert told(one) == []
    route(one)
    (message,) = told(one)
    assert (message.to_role, message.case_id, message.context["link"]) == ("adviser", one.case_id, kind)
    text = render(message.kind, message.context).text
    assert f'`lodestar supporter conflict "{name(one)}" {one.case.urn} OUTCOME --kind {kind}`' in text
    assert f"`lodestar decide replace-supporter {one.case_id}`" in text and message.context["school"] in text
    one.engine()
    assert [row.id for row in told(one)] == [message.id]


@pytest.mark.parametrize("status", [Status.AWAITING_SUPPORTER, Status.AWAITING_CONSENT, Status.TO_SCHEDULE, Status.IN_PROGRESS])
def test_support_is_under_way_from_the_approval_to_the_last_visit(status: Status, sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, status)
    declares(one)
    assert len(told(one)) == 1


@pytest.mark.parametrize("status", [Status.AWAITING_APPROVAL, Status.AWAITING_JUDGEMENT, Status.COMPLETE])
def test_a_proposal_and_support_that_is_over_disturb_nobody(status: Status, sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, status)
    declares(one)
    assert told(one) == [] and lines(one) == [] and decides(one, ConflictOutcome.BARRED) == []


def test_a_link_with_another_school_or_one_that_has_run_out_is_no_news(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.BOOKED)
    with sqlite_database.writing() as session:
        other = session.exec(select(School.urn).where(School.urn != one.case.urn)).first()
        assert other is not None
        declare(session, session.get_one(Supporter, one.case.supporter_id), [(other, GOVERNOR, None)], LEAD, one.at)
    declares(one, FAMILY, one.at.date() - DAY)
    assert told(one) == [] and lines(one) == []


def test_a_link_that_is_declared_again_after_it_ran_out_is_news_again(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.BOOKED)
    declares(one, last=one.at.date())
    decides(one, ConflictOutcome.CLEAR)
    one.at = one.at.add(days=2)
    declares(one)
    assert len(told(one)) == 2


def test_the_worklist_has_a_link_as_long_as_it_is_open_and_a_barred_case_until_somebody_else_has_it(
    database: Database, tmp_path: pathlib.Path
) -> None:
    one = until(database, tmp_path, Status.BOOKED)
    declares(one)
    declares(one, FAMILY)
    (says, named), who, school = lines(one)[0], name(one), told(one)[0].context["school"]
    assert says == "2 links to decide on where support is under way"
    assert named == [f"{who} with {school} (family)", f"{who} with {school} (governor)"]
    assert decides(one, ConflictOutcome.CLEAR, FAMILY) == []
    assert [says for says, _ in lines(one)] == ["1 link to decide on where support is under way"]
    (touched,) = decides(one, ConflictOutcome.BARRED, GOVERNOR)
    assert (touched.case.id, touched.supporter, touched.school) == (one.case_id, who, school)
    barred = [("1 case whose supporter is barred there. Please seek another", [f"{school}, case {one.case_id}: {who}"])]
    assert lines(one) == barred
    # A second barred link makes no second case of it.
    decides(one, ConflictOutcome.BARRED, FAMILY)
    assert lines(one) == barred
    one.decide("replace-supporter", Role.ADVISER, reason="Barred.")
    assert lines(one) == []
    one.engine()
    one.until(Status.BOOKED)
    assert name(one) != who and lines(one) == [] and len(told(one)) == 2


def test_once_every_visit_was_held_nobody_has_to_be_replaced(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.IN_PROGRESS)
    declares(one)
    with sqlite_database.reading() as session:
        assert len(links_under_way(session, one.at.date(), [ConflictOutcome.OPEN])) == 1
        assert links_under_way(session, one.at.date(), [ConflictOutcome.OPEN], one.commission_id + 1) == []
    one.write_up()
    assert one.visits(VisitStatus.CONFIRMED) == [] and lines(one) == []


def test_looking_twice_at_what_the_data_show_does_nothing_the_second_time(database: Database, tmp_path: pathlib.Path) -> None:
    one = until(database, tmp_path, Status.BOOKED)
    with database.writing() as session:
        session.get_one(Supporter, one.case.supporter_id).employer_urn = one.case.urn
    assert watch_links(database, one.commission_id, one.at) == 1
    before = everything(database)
    assert watch_links(database, one.commission_id, one.at) == 0 and everything(database) == before
    with database.reading() as session:
        row = session.exec(select(Conflict).where(Conflict.urn == one.case.urn, Conflict.kind == ConflictKind.EMPLOYER)).one()
    assert (row.supporter_id, row.outcome) == (one.case.supporter_id, ConflictOutcome.OPEN)


def test_a_paused_commission_enters_nothing(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = until(sqlite_database, tmp_path, Status.BOOKED)
    with sqlite_database.writing() as session:
        session.get_one(Supporter, one.case.supporter_id).employer_urn = one.case.urn
        commission = load_brief(session, one.commission_id, []).commission
        set_status(session, commission, CommissionStatus.PAUSED, LEAD, "An election.", one.at)
    assert watch_links(sqlite_database, one.commission_id, one.at) == 0


def test_of_pairs_only_those_are_told_and_a_colleague_whom_the_school_employs_counts() -> None:
    supporters = {1: Tie(999, "Oak Trust"), 2: Tie(101, "Oak Trust"), 3: Tie(102, None)}
    schools = {101: Tie(101, None), 102: Tie(102, "Oak Trust")}
    everything_found = derived(supporters, schools, (), ())
    assert derived(supporters, schools, (), (), {(1, 101)}) == {(1, 101, ConflictKind.COLLEAGUE): everything_found[1, 101, ConflictKind.COLLEAGUE]}
    pairs = {(number, urn) for number in supporters for urn in schools}
    assert derived(supporters, schools, (), (), pairs) == everything_found


def test_no_date_is_agreed_with_somebody_who_is_barred(database: Database, tmp_path: pathlib.Path) -> None:
    one = until(database, tmp_path, Status.AWAITING_DATES)
    declares(one)
    decides(one, ConflictOutcome.BARRED)
    before = everything(database)
    with pytest.raises(NotPossible, match=r"may not support .* any more: .*replace-supporter"):
        one.decide("confirm-dates", Role.SCHOOL)
    assert everything(database) == before
    one.decide("replace-supporter", Role.ADVISER, reason="barred")
    assert one.until(Status.BOOKED).visits(VisitStatus.CONFIRMED)


@pytest.mark.parametrize("outcome", [ConflictOutcome.OPEN, ConflictOutcome.CLEAR, ConflictOutcome.MANAGED])
def test_dates_are_agreed_until_a_link_is_barred(database: Database, tmp_path: pathlib.Path, outcome: ConflictOutcome) -> None:
    one = until(database, tmp_path, Status.AWAITING_DATES)
    declares(one)
    if outcome is not ConflictOutcome.OPEN:
        with one.database.writing() as session:
            decide_conflict(session, name(one), one.case.urn, outcome, LEAD, one.at, "Another signs.", reason="It is slight.")
    one.decide("confirm-dates", Role.SCHOOL)
    assert one.case.status is Status.BOOKED


def test_no_other_day_is_chosen_with_somebody_who_is_barred(database: Database, tmp_path: pathlib.Path) -> None:
    one = until(database, tmp_path, Status.BOOKED)
    one.decide("move-visit", Role.SCHOOL, reason="An inspection.")
    one.engine()
    with database.reading() as session:
        day = session.exec(select(DateOffer.day)).first()
    assert day is not None
    declares(one)
    decides(one, ConflictOutcome.BARRED)
    with pytest.raises(NotPossible, match="may not support"):
        one.decide("choose-date", Role.SCHOOL, day=day)
