"""The journey's table holds together: nobody is stuck, everything can be reached, and permission is asked in one place."""

import itertools
import re

import pytest

from models.errors import NotAllowed, NotPossible
from models.words import Role, Stage, Status, Turn
from notifications.rendering import kinds
from stages.decisions import KINDS
from stages.journey import ENDED, GROUPS, MOVES, ONWARD, OPEN, STANDINGS, Move, check_move, diagram

BEGINNINGS = {Status.INVITED, Status.SELECTED}
ANYWHERE = {move.name for move in MOVES.values() if move.starts == OPEN}
EVERYTHING = list(itertools.product(MOVES, Status, Role))


def ends_of(move: Move) -> frozenset[Status]:
    """Return where a move may lead; where it stays as it is, nowhere."""
    return frozenset({move.to}) if move.to else ONWARD.get(move.name, frozenset())


def allowed(name: str, status: Status, role: Role, reason: str | None = "given", *, paused: bool = False) -> bool:
    try:
        check_move(name, 1, status, role, reason, paused=paused)
    except (NotAllowed, NotPossible):
        return False
    return True


def test_every_status_has_a_standing_and_a_meaning_of_its_own() -> None:
    assert set(STANDINGS) == set(Status)
    assert len({row.means for row in STANDINGS.values()}) == len(Status)


def test_ended_and_open_part_the_statuses() -> None:
    assert set(Status) == ENDED | OPEN and not ENDED & OPEN
    assert all(STANDINGS[status].turn is Turn.NOBODY for status in ENDED)


@pytest.mark.parametrize("status", sorted(OPEN))
def test_an_open_case_can_be_led_on_by_somebody_without_ending_it(status: Status) -> None:
    onward = [move for move in MOVES.values() if status in move.starts and ends_of(move) - {status, Status.WITHDRAWN, Status.SCHOOL_CLOSED}]
    assert onward


@pytest.mark.parametrize("status", sorted(ENDED))
def test_nothing_leads_out_of_an_end(status: Status) -> None:
    # A school that said no may come back where its programme takes schools in on request, and an adviser may take up what ended early.
    out = {Status.DECLINED: ["opt-in", "take-up-again"], Status.NO_PLACE: ["take-up-again"], Status.WITHDRAWN: ["take-up-again"]}
    assert [move.name for move in MOVES.values() if status in move.starts] == out.get(status, [])


def test_every_status_can_be_reached_from_a_beginning() -> None:
    reached = set(BEGINNINGS)
    while True:
        further = {end for move in MOVES.values() if move.starts & reached for end in ends_of(move)} - reached
        if not further:
            break
        reached |= further
    assert reached == set(Status)


def test_from_every_open_status_the_evaluation_can_still_be_reached() -> None:
    good = {Status.COMPLETE}
    for _ in Status:
        good |= {start for move in MOVES.values() if ends_of(move) & good for start in move.starts}
    assert good >= OPEN


@pytest.mark.parametrize("status", [status for status in Status if STANDINGS[status].turn is Turn.ENGINE])
def test_where_the_engine_has_the_turn_it_has_a_move(status: Status) -> None:
    assert [name for name in MOVES if name not in ANYWHERE and allowed(name, status, Role.ENGINE)]


@pytest.mark.parametrize("status", [s for s in Status if STANDINGS[s].turn not in (Turn.ENGINE, Turn.NOBODY)])
def test_where_a_person_has_the_turn_that_person_has_a_move(status: Status) -> None:
    assert [name for name in MOVES if allowed(name, status, Role(STANDINGS[status].turn.value))]


@pytest.mark.parametrize("status", [s for s in Status if STANDINGS[s].turn not in (Turn.ENGINE, Turn.NOBODY)])
def test_where_a_person_has_the_turn_there_is_a_time_for_it(status: Status) -> None:
    assert (STANDINGS[status].school_days or 0) > 0


def test_a_move_leads_to_another_status_or_says_which_may_follow() -> None:
    for move in MOVES.values():
        assert move.to not in move.starts or move.name == "replace-supporter", move.name
        assert move.to is None or move.name not in ONWARD, move.name
    assert set(ONWARD) <= set(MOVES)


def test_onward_leads_only_along_the_stages() -> None:
    order = list(Stage)
    for name, ends in ONWARD.items():
        # Whoever comes back after it said no comes back to the beginning.
        for start, end in itertools.product(MOVES[name].starts - ENDED, ends):
            begin, after = STANDINGS[start].stage, STANDINGS[end].stage
            assert begin is not None and after is not None and order.index(after) >= order.index(begin), name


def test_the_auditor_only_looks_on() -> None:
    assert not [move.name for move in MOVES.values() if Role.AUDITOR in move.roles]


def test_every_move_of_a_person_is_a_kind_of_decision() -> None:
    # The last answers are an answer like any other to those who give them.
    assert {move.name for move in MOVES.values() if move.roles - {Role.ENGINE}} - {"answer-endline"} <= set(KINDS)


def test_every_message_that_a_move_names_has_words() -> None:
    assert {move.message for move in MOVES.values()} - {None} <= set(kinds())


@pytest.mark.parametrize("name", MOVES)
def test_a_move_is_allowed_exactly_to_its_roles_from_its_statuses(name: str) -> None:
    for status, role in itertools.product(Status, Role):
        assert allowed(name, status, role) == (status in MOVES[name].starts and role in MOVES[name].roles), (status, role)


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("reason", [None, "", "   ", "\n\t"])
def test_a_move_that_needs_a_reason_is_refused_without_words(name: str, reason: str | None) -> None:
    move = MOVES[name]
    start, role = sorted(move.starts)[0], sorted(move.roles)[0]
    assert allowed(name, start, role, reason) == (not move.needs_reason)


def test_a_paused_case_can_only_be_resumed_ended_or_moved_to_a_successor() -> None:
    left = {name for name, status, role in EVERYTHING if allowed(name, status, role, paused=True)}
    assert left == {"resume", "withdraw", "close-school", "succeed"}


def test_every_refusal_is_one_sentence_that_a_page_can_show() -> None:
    for name, status, role in EVERYTHING:
        for reason, paused in ((None, False), ("given", True)):
            try:
                check_move(name, 12, status, role, reason, paused=paused)
            except (NotAllowed, NotPossible) as error:
                said = str(error)
                assert re.fullmatch(r'["A-Z][^\n]*\.', said) and "Status." not in said and "Role." not in said, said
                assert name in said or "12" in said


def test_a_wrong_role_is_told_whose_it_is() -> None:
    with pytest.raises(NotAllowed, match=r'"confirm" is not for the role school: it is for adviser, lead\.'):
        check_move("confirm", 3, Status.AWAITING_CONFIRMATION, Role.SCHOOL)


@pytest.mark.parametrize("status", [Status.AWAITING_SELF_EVALUATION, Status.COMPLETE])
def test_what_is_not_possible_is_said_alike_of_what_is_not_yet_and_what_is_no_longer(status: Status) -> None:
    with pytest.raises(NotPossible) as refused:
        check_move("revise-answers", 3, status, Role.SCHOOL)
    assert str(refused.value) == f'Case 3 stands at "{STANDINGS[status].means}", where "revise-answers" is not possible.'


def test_a_case_that_moved_on_is_told_where_it_stands() -> None:
    with pytest.raises(NotPossible, match=r'Case 3 stands at "dates agreed, first visit to come"'):
        check_move("confirm-dates", 3, Status.BOOKED, Role.SCHOOL)


def test_the_diagram_has_every_status_of_a_stage_once_and_an_edge_for_every_move_between_them() -> None:
    drawn = diagram()
    lines = [line.strip() for line in drawn.splitlines()]
    for status in Status:
        assert sum(line.startswith(f"{status.value}: ") for line in lines) == (STANDINGS[status].stage is not None)
    for move in MOVES.values():
        if move.name in ANYWHERE:
            continue
        for start, end in itertools.product(move.starts, ends_of(move)):
            assert lines.count(f"{start.value} --> {end.value}: {move.name}") == 1
    assert drawn.startswith("stateDiagram-v2\n") and drawn.count("{") == drawn.count("}") == len(Stage)


def test_the_diagram_mentions_every_move() -> None:
    drawn = {line.rpartition(": ")[2] for line in diagram().splitlines() if " --> " in line}
    assert drawn == set(MOVES)


@pytest.mark.parametrize("name", [move.name for move in MOVES.values() if not ends_of(move)])
def test_a_move_that_leaves_the_status_is_drawn_once_from_all_it_starts_from(name: str) -> None:
    group = GROUPS[MOVES[name].starts]
    assert [line.strip() for line in diagram().splitlines() if line.endswith(f": {name}")] == [f"{group} --> {group}: {name}"]
