"""What a note of visit holds, who reads which part of it, and which notes the lead reads: decided on values alone."""

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.errors import BadInput
from models.note import Given, NoteContent
from models.programme import NoteTemplate, Programme
from programmes.catalogue import find_programme
from stages.schedule.note_rules import Setting, as_read_by, check_whole, compose, in_message, is_looked_at, readers, usual_due

DAY, ENDS, USUAL = datetime.date(2026, 11, 10), datetime.date(2028, 8, 31), datetime.date(2027, 2, 26)
ECONOMIC, AT_RISK = find_programme("economic-exclusion"), find_programme("most-at-risk")


def setting(programme: Programme = ECONOMIC, **more: Any) -> Setting:
    return Setting(**{"programme": programme, "day": DAY, "ends": ENDS, "usual_due": USUAL, **more})


def given_of(**more: Any) -> Given:
    return Given.model_validate(more)


def note(
    programme: Programme = ECONOMIC, earlier: NoteContent | None = None, told: dict[str, str] | None = None, *versions: NoteContent, **more: Any
) -> NoteContent:
    return compose(setting(programme), given_of(**more), earlier, told or {}, versions)


def test_what_is_given_goes_over_what_was_there_and_all_else_stays() -> None:
    first = note(sections={"strengths": "Calm.", "areas": "Costs."}, evidence=["leaders: the head", "data"], actions=["Ask families"])
    second = note(earlier=first, sections={"areas": "Costs in autumn."})
    assert {one.id: one.text for one in second.sections} == {"strengths": "Calm.", "areas": "Costs in autumn."}
    assert (second.evidence, second.actions) == (first.evidence, first.actions)
    assert [(one.kind, one.what) for one in first.evidence] == [("leaders", "the head"), ("data", "")]


def test_what_the_school_told_is_in_the_note_and_what_it_left_out_stays_missing() -> None:
    assert [(one.id, one.answer) for one in note(told={"changed": "A new head."}).told] == [("changed", "A new head."), ("proud_of", None)]


@pytest.mark.parametrize(
    ("line", "owner", "due", "area"),
    [
        ("Ask families", "headteacher", USUAL, None),
        ("Ask families | chair of governors", "chair of governors", USUAL, None),
        (" Ask families |deputy headteacher| 2027-01-15 | food ", "deputy headteacher", datetime.date(2027, 1, 15), "Food and breakfast"),
        ("Ask families || 2027-01-15", "headteacher", datetime.date(2027, 1, 15), None),
    ],
)
def test_an_agreed_action_has_its_owner_its_day_and_its_area(line: str, owner: str, due: datetime.date, area: str | None) -> None:
    (one,) = note(actions=[line]).actions
    assert (one.number, one.action, one.owner, one.due, one.area) == (1, "Ask families", owner, due, area)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"actions": ["Ask | headteacher | 2026-11-10"]}, "but the visit was on 10 November 2026"),
        ({"actions": ["Ask | headteacher | 2028-09-01"]}, "after the commission ends on 31 August 2028"),
        ({"actions": ["Ask | Jane Smith"]}, "looks like a person's name"),
        ({"actions": ["Ask | Mrs Smith"]}, "looks like a person's name"),
        ({"actions": ["Ask | headteacher | | the moon"]}, "no need or focus area"),
        ({"actions": ["Ask", "ask."]}, "is agreed twice"),
        ({"sections": {"moon": "x"}}, "has no section"),
        ({"evidence": ["rumour"]}, "is no evidence that a note of this programme names"),
        ({"category": "targeted", "why": "Graver."}, "no category is suggested"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(more: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        note(**more)


@pytest.mark.parametrize(
    "owner", ["headteacher", "Deputy Headteacher", "Chair of Governors", "SENCO", "Designated Safeguarding Lead", "business manager"]
)
def test_a_role_or_post_may_own_an_action(owner: str) -> None:
    assert note(actions=[f"Ask | {owner}"]).actions[0].owner == owner


@pytest.mark.parametrize("line", ["", "| headteacher", "a | b | soon", "a | b | 2027-01-01 | c | d"])
def test_a_line_that_is_no_action_is_refused(line: str) -> None:
    with pytest.raises(ValidationError):
        given_of(actions=[line])


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=5), min_size=1, max_size=6))
def test_an_action_keeps_its_number_through_all_versions_and_no_number_is_given_twice(editions: list[list[str]]) -> None:
    versions, known = list[NoteContent](), dict[str, int]()
    for actions in editions:
        made = note(ECONOMIC, versions[-1] if versions else None, {}, *versions, actions=actions)
        for one in made.actions:
            assert known.setdefault(one.action, one.number) == one.number
        versions.append(made)
    assert len(set(known.values())) == len(known)


def test_the_only_action_and_all_evidence_can_be_taken_out_while_what_is_not_given_stays() -> None:
    first = note(evidence=["leaders: the head"], actions=["Ask families"])
    assert note(earlier=first, sections={"areas": "Costs."}).actions == first.actions
    second = note(ECONOMIC, first, None, first, evidence=[], actions=[])
    assert (second.evidence, second.actions) == ([], [])
    # What comes back has its own number, and a new action another.
    third = note(ECONOMIC, second, None, first, second, actions=["Brief staff", "Ask families."])
    assert [(one.number, one.action) for one in third.actions] == [(2, "Brief staff"), (1, "Ask families.")]
    assert given_of().is_empty and not given_of(actions=[]).is_empty and not given_of(evidence=[]).is_empty


def test_an_action_that_comes_back_without_a_day_keeps_the_day_that_it_had_last() -> None:
    day, later = datetime.date(2027, 1, 15), datetime.date(2027, 3, 1)
    first = note(actions=[f"Ask families || {day}", "Brief staff"])
    second = note(ECONOMIC, first, None, first, actions=["Brief staff"])
    third = note(ECONOMIC, second, None, first, second, actions=["Ask families", f"Brief staff || {later}", "Write to parents"])
    assert [(one.number, one.due) for one in third.actions] == [(1, day), (2, later), (3, USUAL)]
    fourth = note(ECONOMIC, third, None, first, second, third, actions=["Brief staff"])
    assert [one.due for one in fourth.actions] == [later]
    # Unless the visit turns out to have been later than that.
    held = compose(setting(day=day), given_of(actions=["Ask families"]), first, {})
    assert [one.due for one in held.actions] == [USUAL]


def test_a_note_without_a_section_that_has_to_be_there_is_not_whole() -> None:
    with pytest.raises(BadInput, match=r"needs its strengths and areas to work on: give --strengths and --areas\.$"):
        check_whole(ECONOMIC.schedule.note, note(sections={"areas": "Costs."}))
    with pytest.raises(BadInput, match="--section readiness="):
        check_whole(AT_RISK.schedule.note, note(AT_RISK, sections={"strengths": "x", "areas": "y"}))
    check_whole(ECONOMIC.schedule.note, note(sections={"strengths": "Calm.", "areas": "Costs."}))


def test_a_suggested_category_is_of_the_programme_and_has_its_reason() -> None:
    suggested = note(AT_RISK, category="support-and-challenge", why="The board is new.").suggestion
    assert suggested is not None and suggested.title == "Support and challenge"
    with pytest.raises(BadInput, match="There is no category"):
        note(AT_RISK, category="moon", why="x")
    with pytest.raises(ValidationError):
        given_of(category="support-and-challenge", why=" ")


@pytest.mark.parametrize(
    ("reader", "told", "suggested"),
    [("adviser", 1, True), ("supporter", 1, True), ("headteacher", 1, False), ("chair", 1, False), ("commissioner", 0, False)],
)
def test_the_suggestion_stays_inside_and_what_the_school_told_does_not_go_to_the_commissioner(reader: Any, told: int, suggested: bool) -> None:
    whole = note(AT_RISK, told={"since": "We hired a SENCO."}, sections={"strengths": "A", "areas": "B", "readiness": "C"},
                 category="support-and-challenge", why="A secret thought.")  # fmt: skip
    seen = as_read_by(whole, reader)
    assert (len(seen.told), seen.suggestion is not None) == (told, suggested)
    assert seen.sections == whole.sections
    assert "secret" not in repr(in_message(whole, reader)) and ("SENCO" in repr(in_message(whole, reader))) == bool(told)


def test_the_headteacher_always_gets_the_note_and_nobody_gets_it_twice() -> None:
    assert readers(NoteTemplate(circulation=[])) == ["headteacher"]
    assert readers(NoteTemplate(circulation=["chair", "headteacher", "chair"])) == ["headteacher", "chair"]


def test_a_sample_of_notes_is_about_as_large_as_asked_and_the_same_whenever_it_is_drawn() -> None:
    template = NoteTemplate(quality_assurance="sample", sample_percent=25)
    drawn = [number for number in range(1, 4001) if is_looked_at(template, 7, number)]
    assert 900 < len(drawn) < 1100
    assert drawn == [number for number in range(1, 4001) if is_looked_at(template, 7, number)]
    assert drawn != [number for number in range(1, 4001) if is_looked_at(template, 8, number)]
    assert all(is_looked_at(NoteTemplate(quality_assurance="all"), 7, number) for number in range(1, 50))
    assert not any(is_looked_at(NoteTemplate(), 7, number) for number in range(1, 50))


@given(st.integers(0, 60), st.integers(1, 8))
def test_what_has_no_day_is_due_so_many_school_weeks_on_or_at_the_end(count: int, weeks: int) -> None:
    days = [DAY + datetime.timedelta(days=number) for number in range(1, count + 1)]
    ends = days[-1] if days else DAY
    found = usual_due(DAY, weeks, days, ends)
    assert found == (days[5 * weeks - 1] if count >= 5 * weeks else ends if count else None)
