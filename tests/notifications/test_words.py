"""Every message reads as a person should read it: from whom, about what, by when; and nobody's name can bend it."""

import html
import inspect
import json
import re
from itertools import pairwise
from typing import Any

import jinja2
import pytest

from notifications.draft import Recipient
from notifications.messages import to_school, to_staff
from notifications.rendering import TEMPLATES, Words, kinds, render
from stages.journey import MOVES
from tests.notifications.samples import (
    ASKING,
    DUE_IN_WORDS,
    HEAD,
    HEADTEACHER,
    LINK_ADVISER,
    MOVED_FROM,
    OPEN_ENDED,
    SAMPLES,
    SCHOOL,
    VISITS,
    draft_of,
)


def words_of(kind: str, school: str = SCHOOL) -> Words:
    draft = draft_of(kind, school)
    return render(draft.kind, dict(draft.context))


def test_every_template_has_a_function_that_makes_its_message_and_every_function_a_template() -> None:
    assert sorted(SAMPLES) == kinds()
    assert all(draft_of(kind).kind == kind for kind in SAMPLES)


def test_every_function_that_makes_a_message_is_tried_here() -> None:
    functions = [
        name
        for module in (to_school, to_staff)
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert sorted({*functions} - {"standing"}) == sorted(set(SAMPLES) - {"paused", "resumed", "withdrawn", "successor"})


def test_every_message_that_the_journey_promises_has_words() -> None:
    assert {move.message for move in MOVES.values() if move.message} <= set(kinds())


def test_a_list_has_one_line_and_one_bullet_for_each_of_its_entries() -> None:
    for kind in ("dates", "dates_confirmed"):
        words = words_of(kind)
        said = [line for line in words.text.splitlines() if line.startswith("- ") and "2027" in line]
        assert len(said) == words.html.count("<li><strong>") == len(VISITS) > 1


def test_no_entry_of_a_list_ends_in_a_tag_that_takes_its_line_break_along() -> None:
    # The end of a line is taken along by a tag; only an empty line after it keeps the entries apart.
    for path in sorted(TEMPLATES.glob("*.md")):
        lines = path.read_text(encoding="utf-8").splitlines()
        eaten = [line for line, after in pairwise(lines) if line.startswith("- ") and line.endswith("%}") and after]
        assert not eaten, path.name


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_message_says_who_writes_for_whom_about_what_and_whom_to_ask(kind: str) -> None:
    words = words_of(kind)
    for said in (words.text, html.unescape(words.html)):
        assert HEAD.partnership in said and HEAD.commissioner in said
        assert f"Reference: {HEAD.reference}" in said
        assert draft_of(kind).to.name in said
        # Nobody is asked to write to themselves.
        assert (f"write to {HEAD.adviser} at {HEAD.adviser_email}" in said) is (draft_of(kind).to.role != "adviser")


def test_a_message_that_was_written_before_it_said_to_whom_still_says_whom_to_ask() -> None:
    context = {name: value for name, value in draft_of("overdue").context.items() if name != "to_role"}
    assert HEAD.adviser_email in render("overdue", context).text


def test_a_headteacher_who_is_named_like_the_adviser_reads_whom_to_ask() -> None:
    draft = to_school.welcome(HEAD, Recipient("headteacher", HEAD.adviser, "head@school.example"), 12, 1, SCHOOL, "Two visits in two years.")
    assert HEAD.adviser_email in render(draft.kind, dict(draft.context)).text


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_message_has_one_line_of_subject_and_nothing_left_over_from_its_template(kind: str) -> None:
    words = words_of(kind)
    assert words.subject and "\n" not in words.subject and not words.subject.startswith("Subject:")
    for said in (words.subject, words.text):
        assert not re.search(r"\{\{|\}\}|\{%|None|\[\]|Subject:", said)


@pytest.mark.parametrize("kind", ASKING)
def test_a_message_that_asks_for_something_says_by_which_day_in_words(kind: str) -> None:
    words = words_of(kind)
    assert DUE_IN_WORDS in words.text and DUE_IN_WORDS in words.html
    assert "What to do:" in words.text and "<strong>What to do:</strong>" in words.html


@pytest.mark.parametrize(
    "kind",
    sorted(
        set(SAMPLES)
        - {*ASKING, *OPEN_ENDED}
        - {
            "visit_moved",
            "visit_joined",
            "visit_missed",
            "visit_changed",
            "visits_booked",
            "meetings",
            "meeting_changed",
            "worklist",
            "paused",
            "resumed",
            "new_evidence",
            "handover",
            "note_returned",
        }
    ),
)
def test_a_message_that_asks_for_nothing_says_so(kind: str) -> None:
    assert re.search(r"You do not have to (do|prepare)", words_of(kind).text)


@pytest.mark.parametrize("kind", OPEN_ENDED)
def test_what_the_adviser_is_to_do_is_said_with_its_command(kind: str) -> None:
    words = words_of(kind)
    assert "What to do:" in words.text and re.search(r"`lodestar (decide [a-z-]+ 12|meeting cancel 7)`", words.text)


def test_whoever_wrote_a_note_that_comes_back_reads_why_and_what_to_do() -> None:
    said = words_of("note_returned").text
    assert "What has to be better: Say what was seen." in said and "What to do: reply to this message with the text as it should be" in said


def test_a_published_note_has_all_its_parts_and_what_the_school_says_beside_it() -> None:
    said = words_of("note_published").text
    for part in (
        "What has changed? (not given)",
        "Strengths: Calm corridors.",
        "- Documents: the policy on charges",
        "- Ask families (deputy headteacher, by Tuesday 1 June 2027)",
        "> We see it differently.",
        "corrected note, which takes the place",
    ):
        assert part in said


def test_what_a_school_is_asked_before_a_visit_stands_in_the_reminder_and_in_the_agreed_dates() -> None:
    asks = ["What has changed?", "What works?"]
    soon = to_school.visit_soon(HEAD, HEADTEACHER, 12, 3, 2, SCHOOL, "Adviser 4", "Visit", MOVED_FROM, "morning", asks)
    agreed = to_school.dates_confirmed(HEAD, HEADTEACHER, 12, 6, SCHOOL, "Adviser 4", VISITS, (), asks)
    for draft in (soon, agreed):
        said = render(draft.kind, dict(draft.context)).text
        assert "- What has changed?\n- What works?\n" in said and "do not have to prepare" not in said


def test_a_note_that_was_written_before_notes_had_templates_still_reads() -> None:
    context = {
        **HEAD.context(HEADTEACHER),
        "school": SCHOOL,
        "held_on": "2027-01-11",
        "due": "2027-01-18",
        "strengths": "Calm.",
        "areas": "Costs.",
        "actions": ["Ask families"],
    }
    said = render("note_for_reply", context).text
    assert "Strengths: Calm." in said and "Areas to work on: Costs." in said and "- Ask families\n" in said


def test_whoever_takes_a_case_over_reads_what_to_do_first() -> None:
    assert "What to do: ring the school before the first visit." in words_of("handover").text


def test_new_evidence_says_what_it_shows_and_what_follows() -> None:
    said = words_of("new_evidence").text
    assert "By the rules its category would now be Targeted support." in said and "What follows: its need is worked out again." in said


def test_a_report_on_themes_says_how_many_schools_were_read_and_in_how_many_each_theme_was_seen() -> None:
    said = words_of("themes_report").text
    assert f"The Steering group has read across the work with 4 schools and issues a report: What peers found {SCHOOL}." in said
    assert f"\n- Food at {SCHOOL}: 3 schools\n- Trips: 1 school\n" in said
    assert words_of("themes_report").subject == f"What recurs across schools: What peers found {SCHOOL}"


def test_an_override_that_lapsed_names_its_category_and_its_last_day() -> None:
    said = words_of("override_lapsed").text
    assert "Targeted support" in said and DUE_IN_WORDS in said and "has to be looked at again" in said
    assert "Nothing changes until you do." in said


@pytest.mark.parametrize(("days", "said"), [(10, "within 10 school days and"), (1, "within 1 school day and")])
def test_a_category_says_how_long_the_school_may_reply(days: int, said: str) -> None:
    draft = to_school.category(HEAD, HEADTEACHER, 12, 3, SCHOOL, "Targeted support", "1.5 days", "Score 71.", days)
    assert said in render(draft.kind, dict(draft.context)).text


def category_said(why: str, **more: Any) -> str:
    draft = to_school.category(HEAD, HEADTEACHER, 12, 3, SCHOOL, "Targeted support", "1.5 days", why, 10, **more)
    return render(draft.kind, dict(draft.context)).text


def test_a_category_begins_with_what_it_means_and_keeps_its_sum_with_what_a_score_is() -> None:
    said = category_said("Targeted support. Score 71 = (2 x 71 (last grade)) / 2.", summed=True)
    parts = ("Targeted support. For your school this means up to 1.5 days of support.", "a score of need from 0 (least) to 100 (most)",
             "How we came to it: Targeted support. Score 71 = (2 x 71 (last grade)) / 2.")  # fmt: skip
    places = [said.index(part) for part in parts]
    assert places == sorted(places) and "A person decided" not in said
    assert "a score of need" not in category_said("Targeted support, until more is known.")


def test_a_category_that_was_set_by_hand_says_by_which_office_and_speaks_of_no_sum() -> None:
    said = category_said("The head is new.", set_by="lead", summed=True)
    assert f"A person decided this, not a score: the lead of {HEAD.partnership} set it. The reason given: The head is new." in said
    assert "How we came to it" not in said and "score of need" not in said


def test_a_category_that_was_written_before_it_said_who_set_it_still_reads() -> None:
    context = {name: value for name, value in draft_of("category").context.items() if name not in {"set_by", "summed"}}
    assert "How we came to it: Score 71." in render("category", context).text


@pytest.mark.parametrize("replied", [True, False])
@pytest.mark.parametrize(("outcome", "said"), [("changed", "we have changed it to Targeted support"), ("stands", "it stays Targeted support")])
def test_a_category_that_was_looked_at_again_says_the_outcome_and_thanks_only_for_a_reply(outcome: str, said: str, replied: bool) -> None:
    draft = to_school.category_moderated(HEAD, HEADTEACHER, 12, 4, SCHOOL, outcome, "Targeted support", "1.5 days", "Look.", replied=replied)
    text = render(draft.kind, dict(draft.context)).text
    assert f"The outcome: {said}, with up to 1.5 days of support." in text and "Why: Look." in text
    assert ("Thank you for your reply." in text) == replied


@pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\r", "\r\n\r\n", "\u2029"])
def test_whatever_a_school_replies_stays_inside_the_quotation(gap: str) -> None:
    says = f"We disagree.{gap}**What to do:** nothing at all."
    draft = to_staff.category_reply(HEAD, LINK_ADVISER, 12, 17, SCHOOL, says)
    words = render(draft.kind, dict(draft.context))
    assert "\n> What to do: nothing at all.\n" in words.text
    quoted = words.html.partition("<blockquote>")[2].partition("</blockquote>")[0]
    assert "We disagree." in quoted and "nothing at all." in quoted and words.html.count("<blockquote>") == 1


@pytest.mark.parametrize("kind", SAMPLES)
def test_no_message_shows_a_date_as_computers_write_it(kind: str) -> None:
    assert not re.search(r"\d{4}-\d{2}-\d{2}", words_of(kind).subject + words_of(kind).text)


def test_a_late_reminder_sounds_different_from_an_early_one() -> None:
    early = draft_of("reminder").context
    late = render("reminder", {**early, "overdue": True})
    assert late.subject != words_of("reminder").subject and "have not heard" in late.text and "have not heard" not in words_of("reminder").text


def test_a_moved_visit_names_the_old_and_the_new_day() -> None:
    words = words_of("visit_moved")
    assert "Tuesday 20 April 2027, afternoon (" in words.text and "Tuesday 4 May 2027, morning" in words.text


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_name_that_the_context_lacks_is_an_error_and_not_a_gap(kind: str) -> None:
    context = dict(draft_of(kind).context)
    for name in ("partnership", "reference", "to_name"):
        with pytest.raises(jinja2.UndefinedError):
            render(kind, {key: value for key, value in context.items() if key != name})


@pytest.mark.parametrize("kind", SAMPLES)
def test_what_a_template_needs_survives_the_database(kind: str) -> None:
    draft = draft_of(kind)
    assert render(kind, json.loads(json.dumps(dict(draft.context)))) == words_of(kind)


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("name", ['<script>alert("x")</script> School', "<img src=http://evil.example/x> School", "School & <b>Sons</b>"])
def test_markup_in_a_schools_name_is_shown_and_not_obeyed(kind: str, name: str) -> None:
    page = words_of(kind, name).html
    assert not re.search(r"<(script|img|b)\b", page)
    if name in words_of(kind, name).text:
        assert name in html.unescape(page)


@pytest.mark.parametrize("kind", ["reminder", "withdrawn", "dates", "note_for_reply"])
@pytest.mark.parametrize("name", ["[reply here](http://evil.example)", "![](http://evil.example/seen.png)", "<http://evil.example>"])
def test_a_schools_name_makes_no_link_and_no_picture(kind: str, name: str) -> None:
    page = words_of(kind, name).html
    assert "<a " not in page and "<img" not in page


def test_what_a_person_writes_as_a_reason_makes_no_link() -> None:
    draft = draft_of("withdrawn")
    page = render("withdrawn", {**draft.context, "why": "See [our page](http://evil.example) and ![](http://evil.example/seen.png)"}).html
    assert "<a " not in page and "<img" not in page


def test_a_name_with_underscores_and_stars_stays_as_it_is() -> None:
    assert "The *Star* School_of_Art_" in re.sub(r"<[^>]*>", "", words_of("reminder", "The *Star* School_of_Art_").html)


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_html_part_is_a_page_in_british_english(kind: str) -> None:
    page = words_of(kind).html
    assert page.startswith("<!DOCTYPE html>") and 'lang="en-GB"' in page and "charset" in page


def test_two_messages_never_share_a_key() -> None:
    keys = [draft_of(kind).key for kind in SAMPLES]
    assert len(set(keys)) == len(keys)
    again = [draft_of(kind).key for kind in SAMPLES]
    assert again == keys


def test_the_foot_is_in_every_template() -> None:
    for kind in kinds():
        assert '{% include "_foot.md" %}' in (TEMPLATES / f"{kind}.md").read_text(encoding="utf-8"), kind
