"""The register of conflicts: what people declare, what the data show, and nobody matched while one is open or barred."""

import datetime
import pathlib

import pytest
from sqlmodel import col, select

from models.database import Database
from models.school import GroupMember, School, SchoolGroup
from models.supporter import Conflict, Supporter
from models.trail import Event
from models.words import ConflictKind, ConflictOutcome, Role, Status
from stages.broker.conflicts import Tie, decide_conflict, derived, stopped_urns
from stages.record import Actor
from tests.stages.builders import Journey, journey, small_programme

LEAD = Actor(Role.LEAD, "partnership lead")
MILL, OAK, ELM = 101, 102, 103
SCHOOLS = {MILL: Tie(MILL, "Oak Trust"), OAK: Tie(OAK, "Oak Trust"), ELM: Tie(ELM, None, frozenset({"The Elm Federation"}))}


def links(
    *supporters: Tie, known: set[tuple[int, int, ConflictKind]] | None = None, helping: set[tuple[int, int]] | None = None
) -> set[tuple[int, int, str]]:
    """Return what is derived for supporters 1, 2, 3..., as supporter, school and kind."""
    found = derived(dict(enumerate(supporters, start=1)), SCHOOLS, known or set(), helping or set())
    return {(number, urn, kind.value) for number, urn, kind in found}


def test_whoever_works_for_a_school_its_trust_or_its_federation_is_too_close() -> None:
    assert links(Tie(MILL, "Oak Trust")) == {(1, MILL, "employer"), (1, OAK, "trust")}
    assert links(Tie(None, "Oak Trust")) == {(1, MILL, "trust"), (1, OAK, "trust")}
    assert links(Tie(999, None, frozenset({"The Elm Federation"}))) == {(1, ELM, "trust")}
    assert links(Tie(999, None)) == links(Tie(None, None)) == set()


def test_two_schools_that_support_each_other_are_told() -> None:
    assert links(Tie(999, None), helping={(ELM, 999)}) == {(1, ELM, "reciprocal")}
    assert links(Tie(999, None), helping={(999, ELM), (ELM, 888)}) == set()


@pytest.mark.parametrize("kind", [ConflictKind.GOVERNOR, ConflictKind.FAMILY, ConflictKind.FORMER_POST, ConflictKind.RIVAL_BID])
def test_a_colleague_of_somebody_with_a_tie_of_their_own_is_too_close_too(kind: ConflictKind) -> None:
    assert links(Tie(999, None), Tie(999, None), Tie(888, None), known={(1, ELM, kind)}) == {(2, ELM, "colleague")}
    assert links(Tie(None, None), Tie(None, None), known={(1, ELM, kind)}) == set()


def test_a_second_degree_does_not_make_a_third() -> None:
    assert links(Tie(999, None), Tie(999, None), known={(1, ELM, ConflictKind.COLLEAGUE)}) == set()


@pytest.fixture
def to_match(database: Database, tmp_path: pathlib.Path) -> Journey:
    """A case to be matched, with no conflict known."""
    one = journey(database, tmp_path, small_programme(places=1)).until(Status.TO_MATCH)
    with database.writing() as session:
        for row in session.exec(select(Conflict)).all():
            session.delete(row)
    return one


def tie_all(one: Journey, trust: str | None) -> None:
    """Make every supporter, and the school, of one trust."""
    with one.database.writing() as session:
        for supporter in session.exec(select(Supporter)).all():
            supporter.trust = trust
        session.get_one(School, one.case.urn).trust = trust


def register(one: Journey) -> list[Conflict]:
    with one.database.reading() as session:
        return list(session.exec(select(Conflict).order_by(col(Conflict.id))).all())


def test_what_the_register_shows_is_entered_as_open_with_its_source_and_stops_a_match(to_match: Journey) -> None:
    one = to_match
    tie_all(one, "Oak Trust")
    one.engine()
    rows = register(one)
    assert {(row.urn, row.kind, row.outcome, row.source) for row in rows} == {
        (one.case.urn, ConflictKind.TRUST, ConflictOutcome.OPEN, "the register: both in Oak Trust")
    }  # fmt: skip
    assert one.case.status is Status.UNMET and f"conflict of interest stops {len(rows)}" in (one.case.why or "")
    with one.database.reading() as session:
        assert len(session.exec(select(Event).where(Event.kind == "conflict.found")).all()) == len(rows)
    one.engine()
    assert len(register(one)) == len(rows)


def test_one_that_was_looked_at_and_cleared_stops_nobody_and_is_not_entered_again(to_match: Journey) -> None:
    one = to_match
    tie_all(one, "Oak Trust")
    one.engine()
    with one.database.writing() as session:
        name = session.get_one(Supporter, register(one)[0].supporter_id).name
        decide_conflict(session, name, one.case.urn, ConflictOutcome.CLEAR, LEAD, one.at, reason="It is over.")
    one.engine()
    assert one.case.status is Status.AWAITING_APPROVAL and one.case.supporter_id == register(one)[0].supporter_id


def test_schools_of_one_federation_are_of_one_organisation(to_match: Journey) -> None:
    one = to_match
    with one.database.writing() as session:
        group = SchoolGroup(code="F1", name="The Elm Federation", kind="Federation")
        session.add(group)
        session.flush()
        session.add_all([GroupMember(group_id=group.id, urn=urn) for urn in (one.case.urn, 990_050)])
        for supporter in session.exec(select(Supporter)).all():
            supporter.employer_urn = 990_050
    one.engine()
    assert {row.source for row in register(one)} == {"the register: both in The Elm Federation"}


def test_a_conflict_that_has_run_out_stops_nobody(to_match: Journey) -> None:
    one, today = to_match, to_match.at.date()
    with one.database.writing() as session:
        ids = session.exec(select(Supporter.id)).all()
        kept = {"urn": one.case.urn, "kind": ConflictKind.FORMER_POST, "declared_on": today - datetime.timedelta(days=400)}
        session.add_all([Conflict(supporter_id=number, until=today - datetime.timedelta(days=1), **kept) for number in ids])
    with one.database.reading() as session:
        assert stopped_urns(session, today) == {}
        assert len(stopped_urns(session, today - datetime.timedelta(days=1))) == len(ids)
    one.engine()
    assert one.case.status is Status.AWAITING_APPROVAL


def file(one: Journey, kind: ConflictKind, outcome: ConflictOutcome, source: str, until: datetime.date | None = None) -> None:
    """Put a link of every supporter with the school on file."""
    kept = {"urn": one.case.urn, "kind": kind, "declared_on": one.at.date(), "outcome": outcome, "source": source, "until": until}
    with one.database.writing() as session:
        session.add_all([Conflict(supporter_id=number, approved_by="the lead", **kept) for number in session.exec(select(Supporter.id)).all()])


@pytest.mark.parametrize("outcome", list(ConflictOutcome))
def test_a_link_that_had_run_out_is_entered_again_where_the_data_show_it_anew(to_match: Journey, outcome: ConflictOutcome) -> None:
    one, source = to_match, "the register: both in Oak Trust"
    tie_all(one, "Oak Trust")
    file(one, ConflictKind.TRUST, outcome, "declared by the supporter", one.at.date() - datetime.timedelta(days=1))
    one.engine()
    assert {(row.outcome, row.until, row.source, row.approved_by) for row in register(one)} == {(ConflictOutcome.OPEN, None, source, None)}
    assert one.case.status is Status.UNMET
    one.engine()
    with one.database.reading() as session:
        found = session.exec(select(Event).where(Event.kind == "conflict.found")).all()
    assert len(found) == len(register(one)) and {event.before for event in found} == {outcome.value}


@pytest.mark.parametrize("outcome", [ConflictOutcome.CLEAR, ConflictOutcome.MANAGED])
def test_what_was_cleared_for_one_trust_is_not_cleared_for_another(to_match: Journey, outcome: ConflictOutcome) -> None:
    one = to_match
    file(one, ConflictKind.TRUST, outcome, "the register: both in Elm Trust")
    tie_all(one, "Oak Trust")
    one.engine()
    assert {(row.outcome, row.source) for row in register(one)} == {(ConflictOutcome.OPEN, "the register: both in Oak Trust")}


def test_what_was_cleared_on_a_persons_word_is_not_asked_again_for_the_same_trust(to_match: Journey) -> None:
    one = to_match
    file(one, ConflictKind.TRUST, ConflictOutcome.CLEAR, "declared by the supporter")
    tie_all(one, "Oak Trust")
    one.engine()
    assert {row.outcome for row in register(one)} == {ConflictOutcome.CLEAR}
    assert one.case.status is Status.AWAITING_APPROVAL


@pytest.mark.parametrize(("ties", "again"), [(["family"], False), (["family", "governor"], True), ([], False)])
def test_a_colleagues_further_tie_is_something_new_and_one_that_is_over_is_not(to_match: Journey, ties: list[str], again: bool) -> None:
    one, cleared = to_match, "a colleague in the same organisation has a link (family)"
    with one.database.writing() as session:
        (who, colleague) = session.exec(select(Supporter).order_by(col(Supporter.id)).limit(2)).all()
        who.employer_urn = colleague.employer_urn = 990_099
        kept = {"urn": one.case.urn, "declared_on": one.at.date()}
        session.add(Conflict(supporter_id=who.id, kind=ConflictKind.COLLEAGUE, outcome=ConflictOutcome.CLEAR, source=cleared, **kept))
        session.add_all([Conflict(supporter_id=colleague.id, kind=ConflictKind(kind), **kept) for kind in ties])
        number = who.id
    one.engine()
    (mine,) = [row for row in register(one) if row.kind is ConflictKind.COLLEAGUE and row.supporter_id == number]
    assert (mine.outcome is ConflictOutcome.OPEN) is again
