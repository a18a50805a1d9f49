"""Programme files with one fault each: every one is refused with its line and a sentence that names the thing."""

import pathlib
import re
import time

import pytest

from models.errors import BadProgramme
from programmes.reading import parse_programme, read_programme
from programmes.sessions import own_half_days

SOUND = """\
programme: small-steps
version: 1
title: Small steps
summary: A made-up programme.
commissioned_by: [local_authority]
lasts: {school_years: 1}
take_part:
  invited: {status: [maintained]}
diagnose:
  focus_areas: {food: Food}
  instruments:
    - id: own-view
      kind: self_evaluation
      title: The school's own view
      questions:
        - {id: sure, asks: "How sure are you?"}
  indicators:
    - {indicator: fsm_share, weight: 1}
  needs:
    - {need: costs, title: Costs, skill: disadvantage}
  categories:
    - {id: universal, title: Universal, days: 1}
    - {id: targeted, title: Targeted, days: 2, at_or_above: 60}
broker: {mode: adviser}
schedule:
  sessions:
    - {id: opening, title: First visit, window: {school_year: 1}}
    - {id: closing, title: Second visit, after: opening}
plan:
  objectives:
    - {for_need: costs, objective: Costs fall, success_criterion: They are counted}
evaluate:
  measures:
    - {id: view, title: View, kind: pre_post, instrument: own-view}
  kpis:
    - {id: visited-twice, title: Visited twice, counts: visited, at_least: 2}
messages:
  reminders: {before: [3], after: [2, 7]}
"""

# What is changed, into what, a word on the line that is to be named, and what the complaint must say.
BROKEN = {
    "unknown key": ("title: Small steps", "title: Small steps\ncolour: green", "colour", 'unknown key "colour" in the file'),
    "unknown key inside": ("{mode: adviser}", "{mode: adviser, mood: good}", "mood", 'unknown key "mood" in broker'),
    "key written twice": ("version: 1", "version: 1\nversion: 2", "version: 2", 'the key "version" is written twice'),
    "missing key": ("summary: A made-up programme.\n", "", "programme: small", '"summary" is missing'),
    "version below 1": ("version: 1", "version: 0", "version", '"version": Input should be greater than or equal to 1'),
    "version not a number": ("version: 1", "version: one", "version", '"version": Input should be a valid integer'),
    "name with capitals": ("small-steps", "Small-Steps", "Small-Steps", '"programme": String should match'),
    "nobody may commission": ("[local_authority]", "[]", "commissioned_by", '"commissioned_by": List should have at least 1 item'),
    "unknown commissioner": ("[local_authority]", "[parish]", "parish", "'local_authority'"),
    "two lengths": ("{school_years: 1}", "{school_years: 1, weeks: 30}", "weeks: 30", "give exactly one of school_years, weeks or open_ended"),
    "no length": ("{school_years: 1}", "{}", "lasts", "give exactly one of school_years, weeks or open_ended"),
    "misspelt indicator": ("fsm_share", "fsm_shair", "fsm_shair", "'fsm_share'"),
    "misspelt indicator in a filter": (
        "{status: [maintained]}", "{indicators: {fsm_shair: {at_or_above: 3}}}", "fsm_shair", "fsm_shair",
    ),
    "bound without a number": ("{status: [maintained]}", "{indicators: {pupils: {}}}", "pupils", "give at_or_above, at_or_below or both"),
    "misspelt status": ("[maintained]", "[maintaned]", "maintaned", "'maintained'"),
    "misspelt ranking": (
        "take_part:", "take_part:\n  places: 5\n  ranked_by: fsm_shair", "ranked_by", "take_part.ranked_by",
    ),
    "weight of nothing": ("weight: 1", "weight: 0", "weight: 0", "greater than 0"),
    "categories not from 0": ("days: 1}", "days: 1, at_or_above: 10}", "universal", "the first category must start at a score of 0"),
    "categories that do not rise": ("at_or_above: 60", "at_or_above: 0", "targeted", "a category must start at a higher score than the one before it"),
    "categories that fall behind one for special cases": (
        "at_or_above: 60}",
        "at_or_above: 60}\n    - {id: special, title: S, days: 3, always_when: {last_grade: [Good]}}\n    - {id: other, title: O, days: 4, at_or_above: 50}",
        "id: other", "a category must start at a higher score",
    ),
    "no category for some scores": (
        "days: 1}", "days: 1, always_when: {last_grade: [Good]}}", "universal", "categor",
    ),
    "no category": (
        "categories:\n    - {id: universal, title: Universal, days: 1}\n    - {id: targeted, title: Targeted, days: 2, at_or_above: 60}",
        "categories: []", "categories", '"diagnose.categories": List should have at least 1 item',
    ),
    "categories without a score": (
        "  indicators:\n    - {indicator: fsm_share, weight: 1}\n", "", "categories:", "several categories need indicators to make up a score",
    ),
    "quarter days": ("days: 2,", "days: 2.25,", "2.25", "multiple of 0.5"),
    "category used twice": ("id: targeted", "id: universal", "title: Targeted", '"universal" is used twice'),
    "question asked twice": (
        '"How sure are you?"}', '"How sure are you?"}\n        - {id: sure, asks: Again}', "Again", 'question "sure" is asked twice',
    ),
    "scale upside down": ('"How sure are you?"}', '"How sure are you?", lowest: 4, highest: 4}', "lowest", "lowest must be below highest"),
    "places without ranked_by": ("take_part:", "take_part:\n  places: 5", "places", "places are limited, so ranked_by must say which schools come first"),
    "ranked_by without places": ("take_part:", "take_part:\n  ranked_by: pupils", "ranked_by", "a ranking has no use without a number of places"),
    "dangling after": ("after: opening", "after: openning", "openning", '"openning" is no earlier session'),
    "after itself": ("after: opening", "after: closing", "after: closing", '"closing" is no earlier session'),
    "session used twice": ("{id: closing", "{id: opening", "Second visit", '"opening" is used twice'),
    "window in a year after the end": ("school_year: 1}", "school_year: 2}", "First visit", "school year 2 is after the end of the programme"),
    "window in weeks after the end of a programme in years": (
        "window: {school_year: 1}", "window: {from_week: 70, to_week: 75}", "First visit", "after the end",
    ),
    "window out of order": ("{school_year: 1}}", "{from_week: 6, to_week: 3}}", "First visit", "from_week must be before to_week"),
    "half a window": ("{school_year: 1}}", "{from_week: 6}}", "First visit", "give from_week and to_week together"),
    "gap out of order": ("after: opening}", "after: opening, gap_weeks: {at_least: 9, at_most: 3}}", "Second visit", "at_least must not be more than at_most"),
    "joined by an unknown match": (
        "after: opening}", "after: opening, joined_by: pair}", "pair", '"pair" is no further match of this programme',
    ),
    "a joint visit of a group": (
        "after: opening}", "after: opening, held: group, joined_by: pair}", "pair", "a joint visit is of two supporters to one school",
    ),
    "unknown further match": ("after: opening}", "after: opening, with_match: pair}", "pair", '"pair" is no further match of this programme'),
    "objective for no need": ("for_need: costs", "for_need: coats", "coats", '"coats" is no need of this programme'),
    "more visits counted than there are": (
        "at_least: 2}", "at_least: 3}", "visited-twice", "it counts 3 visits, but the programme has 2",
    ),
    "since without a limit": ("at_least: 2}", "at_least: 2, since: first_visit}", "since", "since has no use without within_school_days"),
    "since confirmation without a limit": (
        "at_least: 2}", "at_least: 2, since: confirmation}", "since", "since has no use without within_school_days",
    ),
    "twice what happens once": (
        "counts: visited, at_least: 2}", "counts: plan_agreed, at_least: 2}", "plan_agreed", "plan_agreed",
    ),
    "actions all done twice": ("counts: visited, at_least: 2}", "counts: actions_done, at_least: 2}", "actions_done", "actions_done happens once"),
    "unknown fact": ("counts: visited,", "counts: visitted,", "visitted", "'visited'"),
    "target above a hundred": ("at_least: 2}", "at_least: 2, target_percent: 101}", "101", "less than or equal to 100"),
    "measure of no instrument": ("instrument: own-view", "instrument: their-view", "their-view", '"their-view" is no instrument of this programme'),
    "measure of no question": ("instrument: own-view", "instrument: own-view, question: unsure", "unsure", '"unsure" is no question of its instrument'),
    "better than national without such a measure": (
        "counts: visited, at_least: 2}", "counts: better_than_national}", "better_than_national", "no measure is set against the national figure",
    ),
    "against national without an indicator": (
        "kind: pre_post, instrument: own-view", "kind: rate_against_national", "kind: rate_against_national", "give its indicator and no instrument",
    ),
    "against national from answers": (
        "kind: pre_post, instrument", "kind: rate_against_national, indicator: exclusions, instrument", "kind: rate_against_national",
        "give its indicator and no instrument",
    ),
    "reminder after no days": ("before: [3]", "before: [0]", "reminders", "whole school days, 1 or more"),
    "clock that runs backwards": ("version: 1", "version: 1\nclocks: {invited: -5}", "clocks", "clocks"),
    "clock of no status": ("version: 1", "version: 1\nclocks: {inviting: 5}", "clocks", "inviting"),
    "part of itself": ("version: 1", "version: 1\nparts: [small-steps]", "parts", "a programme cannot be a part of itself"),
    "goal of no part": (
        "version: 1", "version: 1\ngoals:\n  - {id: g, title: G, indicator: I, target: T, owner: O, part: triads}", "part: triads",
        '"triads" is no part of this programme',
    ),
    "triad of four": ("{mode: adviser}", "{mode: triad, group_size: 4}", "group_size", "a triad has three schools"),
    "group of one": ("{mode: adviser}", "{mode: group, group_size: 1}", "group_size", "greater than or equal to 2"),
    "a tab": ("  invited:", "\tinvited:", "invited", "cannot start any token"),
    "a number of nothing": ("version: 1", "version: 0x_", "0x_", '"0x_" cannot be read as a value'),
    "a number without end": ("version: 1", f"version: {'9' * 6000}", "9999", "cannot be read as a value"),
    "a word called a number": ("version: 1", "version: !!int one", "one", '"one" cannot be read as a value'),
    "a word called a truth": ("version: 1", "version: !!bool maybe", "maybe", '"maybe" cannot be read as a value'),
    "a word called a date": ("version: 1", "version: !!timestamp maybe", "maybe", '"maybe" cannot be read as a value'),
    "a version beyond any": ("version: 1", f"version: {'9' * 30}", "9999", '"version"'),
    "a weight that is no number": ("weight: 1", "weight: .nan", ".nan", '"diagnose.indicators.0.weight": must be a number'),
    "a weight that is no number by name": ("weight: 1", "weight: nan", "nan", '"diagnose.indicators.0.weight": must be a number'),
    "a weight without end": ("weight: 1", "weight: .inf", ".inf", '"diagnose.indicators.0.weight": must be a number'),
    "a file that contains itself": ("version: 1", "version: &a {b: *a}", "b: *a", "or contains itself"),
    "lists in lists in lists": ("version: 1", f"version: {'[' * 5000}", "[[[", "nested more than 50 levels deep"),
    "a character that is no text": ("Small steps", "Small \0 steps", "\0", "it has a character that is no text (U+0000)"),
    "days that do not cover the visits": ("days: 1}", "days: 0.5}", "universal", "0.5 days do not cover the sessions of a case, which take 1"),
    "days that do not cover longer visits": (
        "after: opening}", "after: opening, length: whole_day, count: 2}", "targeted", "2 days do not cover the sessions of a case, which take 2.5",
    ),
    "a gap longer than the programme": ("after: opening}", "after: opening, gap_weeks: {at_least: 60, at_most: 80}}", "Second visit", "a gap of 60 weeks"),
    "a gap beyond any": ("after: opening}", "after: opening, gap_weeks: {at_most: 99999999}}", "Second visit", "less than or equal to 520"),
    "a gap that leads out of the window": (
        "window: {school_year: 1}}\n", "window: {from_week: 30, to_week: 40}, count: 2, gap_weeks: {at_least: 12}}\n", "First visit",
        "its window and its gaps cannot be met together",
    ),
    "a gap that a later window cannot wait for": (
        "window: {school_year: 1}}\n    - {id: closing, title: Second visit, after: opening}",
        "window: {from_week: 0, to_week: 4}}\n"
        "    - {id: closing, title: Second visit, after: opening, gap_weeks: {at_most: 4}, window: {from_week: 20, to_week: 30}}",
        "Second visit", "its window and its gaps cannot be met together",
    ),
    "a window beyond the end": (
        "window: {school_year: 1}", "window: {from_week: 10, to_week: 80}", "First visit", "until week 80, but the programme has 53 weeks",
    ),
    "an object of Python": ("version: 1", "version: !!python/name:os.system", "python", "could not determine a constructor"),
}  # fmt: skip
SEVERAL = {
    "own view without questions": (
        [("fsm_share", "self_evaluation"), ('      questions:\n        - {id: sure, asks: "How sure are you?"}\n', "")],
        "indicators:", "the indicator self_evaluation needs an instrument with questions on a scale",
    ),
    "window in weeks after the end": (
        [("lasts: {school_years: 1}", "lasts: {weeks: 30}"), ("window: {school_year: 1}", "window: {from_week: 30, to_week: 34}")],
        "First visit", "week 30 is after the end of the programme",
    ),
    "window in a school year after the end of a programme in weeks": (
        [("lasts: {school_years: 1}", "lasts: {weeks: 30}"), ("window: {school_year: 1}", "window: {school_year: 3}")],
        "First visit", "school year 3 is after the end",
    ),
    "sessions that do not fit": (
        [("lasts: {school_years: 1}", "lasts: {weeks: 30}"), ("after: opening}", "after: opening, count: 5, gap_weeks: {at_least: 8}}")],
        "Second visit", "5 sessions with 8 weeks between them do not fit into 30 weeks",
    ),
    "second year before the first": (
        [("{school_years: 1}", "{school_years: 2}"), ("{school_year: 1}", "{school_year: 2}"), ("after: opening}", "after: opening, window: {school_year: 1}}")],
        "Second visit", 'it lies in an earlier school year than "opening"',
    ),
    "objective for a focus that cannot be chosen": (
        [("  focus_areas: {food: Food}\n", ""), ("for_need: costs, ", "")],
        "Costs fall", "an objective for the focus area needs focus_areas in diagnose",
    ),
    "focus that cannot be chosen": (
        [("  focus_areas: {food: Food}\n", ""), ("counts: visited, at_least: 2", "counts: focus_chosen")],
        "focus_chosen", "there are no focus_areas to choose",
    ),
    "draft from a focus that cannot be chosen": (
        [("  focus_areas: {food: Food}\n", ""), ("plan:", "plan:\n  drafted_from: [focus_area]")],
        "drafted_from", "there are no focus_areas to draft from",
    ),
    "draft from notes that nobody writes": (
        [("window: {school_year: 1}", "note: false"), ("after: opening}", "after: opening, note: false}"), ("plan:", "plan:\n  drafted_from: [notes]")],
        "drafted_from", "no session writes a note to draft from",
    ),
    "section of a note written twice": (
        [("plan:", "  note: {sections: [{id: seen, title: A}, {id: seen, title: B}]}\nplan:")], "note:", '"seen" is used twice',
    ),
    "question before a visit asked twice": (
        [("plan:", "  note: {school_part: [{id: new, asks: A}, {id: new, asks: B}]}\nplan:")], "note:", '"new" is used twice',
    ),
    "note without sections": ([("plan:", "  note: {sections: []}\nplan:")], "note:", "at least 1 item"),
    "another category where there is one": (
        [("    - {id: targeted, title: Targeted, days: 2, at_or_above: 60}\n", ""), ("plan:", "  note: {suggests_category: true}\nplan:")],
        "suggests_category", "only one category",
    ),
    "note published before it is sent": (
        [("plan:", "  note: {due_school_days: 9, turnaround_school_days: 8}\nplan:")], "note:", "cannot be published within 8",
    ),
    "note for whoever nobody knows": ([("plan:", "  note: {circulation: [neighbours]}\nplan:")], "note:", "circulation"),
    "better than national twice": (
        [("counts: visited,", "counts: better_than_national,"), ("kind: pre_post, instrument: own-view", "kind: rate_against_national, indicator: exclusions")],
        "counts: better", "better_than_national happens once",
    ),
    "ranking by a score that nobody has": (
        [("take_part:", "take_part:\n  places: 5\n  ranked_by: score"), ("  indicators:\n    - {indicator: fsm_share, weight: 1}\n", "")],
        "ranked_by", "ranking by score needs indicators in diagnose",
    ),
}  # fmt: skip
CASES = {name: ([(old, new)], word, says) for name, (old, new, word, says) in BROKEN.items()} | SEVERAL


def refusal(text: str) -> str:
    """Return the complaint about a programme that must be refused."""
    with pytest.raises(BadProgramme) as caught:
        parse_programme(text, "small.yaml")
    return str(caught.value)


def test_the_file_that_the_faults_are_put_into_is_sound() -> None:
    assert parse_programme(SOUND, "small.yaml").programme == "small-steps"


@pytest.mark.parametrize("name", CASES)
def test_a_programme_with_a_fault_is_refused_with_its_line_and_the_thing_named(name: str) -> None:
    changes, word, says = CASES[name]
    text = SOUND
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    line = next(number for number, written in enumerate(text.splitlines(), 1) if word in written)
    said = refusal(text)
    assert said.startswith("small.yaml: ")
    named = {int(number): sentence for number, sentence in re.findall(r"line (\d+): (.*?)(?=; line|$)", said)}
    assert line in named, said
    assert says in named[line], said


@pytest.mark.parametrize("name", ["misspelt indicator", "misspelt indicator in a filter", "misspelt ranking", "clock of no status", "two lengths"])
def test_no_complaint_speaks_of_pydantic(name: str) -> None:
    """What a page shows must not hold the checker's own words for places, such as literal[...] or [key]."""
    text = SOUND
    for old, new in CASES[name][0]:
        text = text.replace(old, new, 1)
    assert not re.search(r"literal\[|\[key\]|Value error|pydantic|for further information", refusal(text))


def test_everything_wrong_is_told_at_once() -> None:
    said = refusal(SOUND.replace("version: 1", "version: 0").replace("mode: adviser", "mode: boss").replace("at_least: 2", "at_least: 0"))
    assert said.count("line ") == 3


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "just a sentence", "- a list\n- of things\n", "42"])
def test_what_is_no_mapping_is_refused_as_no_programme(text: str) -> None:
    assert refusal(text) == "small.yaml is not a programme file: it should start with `programme: <name>`."


@pytest.mark.parametrize(("text", "line"), [("programme: [a", 1), ("programme: a\nversion: 1\n b: 2\n", 3), ("a: 1\n---\nb: 2\n", 2)])
def test_what_is_not_yaml_is_refused_with_its_line(text: str, line: int) -> None:
    assert refusal(text).startswith(f"small.yaml: line {line}: ")


def test_a_value_that_looks_like_a_date_stays_text() -> None:
    assert parse_programme(SOUND.replace("title: Small steps", "title: 2026-13-45"), "small.yaml").title == "2026-13-45"


def test_a_key_that_is_a_list_is_refused() -> None:
    assert "line 3: " in refusal(SOUND.replace("title: Small steps", "[title]: Small steps"))


def test_a_file_that_refers_to_itself_without_end_is_refused() -> None:
    assert refusal("programme: &again\n  - *again\n").startswith("small.yaml: ")


def test_a_file_in_another_encoding_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_bytes(SOUND.replace("Small steps", "Sm\u00e5 steps").encode("cp1252"))
    with pytest.raises(BadProgramme, match="is not a text file in UTF-8"):
        read_programme(path)


def test_a_folder_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadProgramme, match="cannot be read as a file"):
        read_programme(tmp_path)


def test_a_file_far_too_large_is_refused_without_reading_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text(SOUND + "# more\n" * 100_000, encoding="utf-8")
    with pytest.raises(BadProgramme, match="too large for a programme file"):
        read_programme(path)


def test_spaces_around_values_are_dropped_and_a_mark_at_the_start_does_no_harm(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "marked.yaml"
    path.write_text("\ufeff" + SOUND.replace("title: Small steps", 'title: "  Small steps "'), encoding="utf-8")
    assert read_programme(path).title == "Small steps"


def test_gaps_that_only_together_are_longer_than_the_programme_are_refused() -> None:
    later = "after: opening, gap_weeks: {at_least: 30}}\n    - {id: third, title: Third visit, after: closing, gap_weeks: {at_least: 30}}"
    said = refusal(SOUND.replace("after: opening}", later).replace("days: 1}", "days: 1.5}"))
    line = next(number for number, text in enumerate(SOUND.replace("after: opening}", later).splitlines(), 1) if "Third visit" in text)
    assert said == f"small.yaml: line {line}: its window and its gaps cannot be met together: widen the window or shorten the gaps."


def test_days_of_each_year_count_for_all_years() -> None:
    yearly = SOUND.replace("days: 1}", "days: 0.5, days_per: year}").replace("{school_years: 1}", "{school_years: 2}")
    assert parse_programme(yearly, "small.yaml").diagnose.categories[0].days == 0.5


def test_group_sessions_take_nothing_of_a_cases_days() -> None:
    assert own_half_days(parse_programme(SOUND, "small.yaml")) == 2
    grouped = SOUND.replace("after: opening}", "after: opening, held: group, length: whole_day}")
    assert own_half_days(parse_programme(grouped, "small.yaml")) == 1


def test_aliases_that_multiply_are_refused_at_once() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    begun = time.monotonic()
    said = refusal(SOUND + "\n".join(levels) + "\n")
    assert time.monotonic() - begun < 5
    assert re.search(r"line \d+: with its aliases written out the file has more than 20,000 values", said)


def test_a_chain_of_aliases_is_refused_with_its_line() -> None:
    links = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 2000))]
    assert re.search(r"line \d+: it is nested more than 50 levels deep", refusal(SOUND + "\n".join(links) + "\n"))


def test_an_alias_used_as_meant_is_as_good_as_the_words_twice() -> None:
    text = SOUND.replace("{mode: adviser}", "{mode: adviser, skills: &skills [disadvantage]}")
    assert parse_programme(text, "small.yaml").broker.skills == ["disadvantage"]
