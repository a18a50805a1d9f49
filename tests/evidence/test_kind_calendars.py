"""Reading term dates and bank holidays: ends that are exclusive, days to merge, half-terms that part a term, days by proclamation."""

import datetime
import json
import pathlib
from collections.abc import Callable

import pendulum
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from calendars.bank_holidays import bank_holidays
from calendars.school_days import school_calendar
from evidence.kind import Context
from evidence.kinds import holidays, term_lists
from evidence.kinds.calendars import ICS, read_ics
from evidence.kinds.holidays import read_bank_holidays
from evidence.kinds.term_lists import read_yaml
from evidence.loading import load_file
from evidence.opening import Table, open_file
from evidence.recognising import recognise
from evidence.understood import Understood
from models.database import Database
from models.errors import BadFile
from models.term import Closure, Term

AT = pendulum.datetime(2026, 8, 3, 9)
ONE = datetime.timedelta(days=1)
YEAR = [("2029-09-03", "2029-10-19"), ("2029-10-29", "2029-12-21"), ("2030-01-07", "2030-02-15"), ("2030-02-25", "2030-04-05"),
        ("2030-04-23", "2030-05-24"), ("2030-06-03", "2030-07-24")]  # fmt: skip
NAMES = ["Autumn 1 2029", "Autumn 2 2029", "Spring 1 2030", "Spring 2 2030", "Summer 1 2030", "Summer 2 2030"]
DAY = datetime.date.fromisoformat


def event(first: str, end: str | None, summary: str = "Kent: Term day", more: str = "") -> str:
    ends = f"DTEND;VALUE=DATE:{end.replace('-', '')}\r\n" if end else ""
    return f"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{first.replace('-', '')}\r\n{ends}SUMMARY:{summary}\r\n{more}END:VEVENT\r\n"


def day_by_day(spans: list[tuple[str, str]], summary: str = "Kent: Term day") -> list[str]:
    """Return one event for each weekday, ending on the day after it."""
    found = []
    for first, last in spans:
        days = (DAY(first) + n * ONE for n in range((DAY(last) - DAY(first)).days + 1))
        found += [event(day.isoformat(), (day + ONE).isoformat(), summary) for day in days if day.isoweekday() <= 5]
    return found


def ics(folder: pathlib.Path, events: list[str]) -> pathlib.Path:
    path = folder / "terms.ics"
    path.write_bytes(("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + "".join(events) + "END:VCALENDAR\r\n").encode())
    return path


def terms_yaml(folder: pathlib.Path, authority: str = "kent", changed: tuple[str, str] = ("", "")) -> pathlib.Path:
    path = folder / "terms.yaml"
    text = f"authority: {authority}\nname: Somewhere\nterms:\n"
    for (first, half_before), (half_after, last) in zip(YEAR[::2], YEAR[1::2], strict=True):
        half = (DAY(half_before) + 3 * ONE, DAY(half_after) - 3 * ONE)
        text += f"  - name: x\n    start: {first}\n    end: {last}\n    half_terms:\n      - start: {half[0]}\n        end: {half[1]}\n"
    assert changed[0] in text
    path.write_text(text.replace(*changed))
    return path


def source(days: dict[str, str], updated: str = "24/11/2028") -> dict[str, object]:
    """Return bank holidays laid out as GOV.UK's source is, with another nation's beside England's."""
    years: dict[str, object] = {"title": "t", "slug": "s"}
    for day, title in days.items():
        years.setdefault(day[:4], []).append({"title": f"bank_holidays.{title}", "date": f"{DAY(day):%d/%m/%Y}", "notes": ""})  # type: ignore[attr-defined]
    scotland = {"2030": [{"title": "bank_holidays.st_andrew", "date": "02/12/2030"}]}
    return {"last_updated": updated, "divisions": {"common.nations.scotland_slug": scotland, "common.nations.england-and-wales_slug": years}}


def holidays_file(folder: pathlib.Path, value: object) -> pathlib.Path:
    path = folder / "bank-holidays.json"
    path.write_text(json.dumps(value))
    return path


def known_holidays(year: int = 2030) -> dict[str, str]:
    return {day.isoformat(): "known" for day in bank_holidays([year]) if day.isoweekday() <= 5}


def understood(path: pathlib.Path, authority: str | None = None) -> Understood:
    with open_file(path) as table:
        read = {".ics": read_ics, ".yaml": read_yaml, ".json": read_bank_holidays}[path.suffix]
        return read(table, Context(AT.date(), authority))


def spans(found: Understood) -> list[tuple[str, str]]:
    return [(term["first"].isoformat(), term["last"].isoformat()) for term in found.terms]


def test_days_that_follow_one_another_are_one_term_over_weekends_but_not_over_a_break(tmp_path: pathlib.Path) -> None:
    found = understood(ics(tmp_path, day_by_day(YEAR)))
    assert spans(found) == YEAR and [term["name"] for term in found.terms] == NAMES
    assert (found.scope, found.edition, found.rows_read) == ("886", "2029/30", found.rows_kept)
    assert {term["authority"] for term in found.terms} == {"886"}


def test_the_end_of_an_event_is_the_day_after_it_also_where_an_event_is_a_whole_term(tmp_path: pathlib.Path) -> None:
    whole = [event(first, (DAY(last) + ONE).isoformat(), "Autumn term") for first, last in YEAR]
    assert spans(understood(ics(tmp_path, whole), "886")) == YEAR


def test_an_event_without_an_end_or_one_that_ends_on_its_own_day_is_one_day(tmp_path: pathlib.Path) -> None:
    days = day_by_day(YEAR)
    days[0], days[1] = event("2029-09-03", None), event("2029-09-04", "2029-09-04")
    assert spans(understood(ics(tmp_path, days))) == YEAR


def test_a_day_on_which_schools_are_closed_between_two_term_days_parts_the_term(tmp_path: pathlib.Path) -> None:
    days = [one for one in day_by_day(YEAR) if "DTSTART;VALUE=DATE:20300506" not in one]
    assert spans(understood(ics(tmp_path, days)))[4:6] == [("2030-04-23", "2030-05-03"), ("2030-05-07", "2030-05-24")]


def test_the_order_of_the_events_and_a_day_that_is_there_twice_make_no_difference(tmp_path: pathlib.Path) -> None:
    days = day_by_day(YEAR)
    assert spans(understood(ics(tmp_path, [*days[::-1], *days[:7]]))) == YEAR


def test_times_are_those_of_london_though_the_file_does_not_say_what_its_time_zone_is(tmp_path: pathlib.Path) -> None:
    days = day_by_day(YEAR)
    days[0] = "BEGIN:VEVENT\r\nDTSTART:20290902T230000Z\r\nDTEND:20290903T230000Z\r\nSUMMARY:Kent: Term day\r\nEND:VEVENT\r\n"
    days[1] = ("BEGIN:VEVENT\r\nDTSTART;TZID=Europe/London:20290904T000000\r\nDTEND;TZID=Europe/London:20290905T000000\r\n"
               "SUMMARY:Kent: Term day\r\nEND:VEVENT\r\n")  # fmt: skip
    assert spans(understood(ics(tmp_path, days))) == YEAR


@pytest.mark.parametrize(
    "summary", ["Half term", "Christmas holiday", "Autumn term begins", "INSET day", "End of term", "Good Friday", "Half-term break"]
)
def test_an_event_that_is_no_term_day_is_counted_and_left_out(tmp_path: pathlib.Path, summary: str) -> None:
    found = understood(ics(tmp_path, [*day_by_day(YEAR), event("2029-12-24", "2030-01-07", summary)]))
    assert spans(found) == YEAR and found.skipped == {"no term day": 1}


def test_a_cancelled_event_is_counted_and_left_out(tmp_path: pathlib.Path) -> None:
    found = understood(ics(tmp_path, [*day_by_day(YEAR), event("2029-12-24", "2029-12-25", more="STATUS:CANCELLED\r\n")]))
    assert spans(found) == YEAR and found.skipped == {"cancelled": 1}


def test_the_authority_that_is_given_wins_over_the_one_in_the_file(tmp_path: pathlib.Path) -> None:
    assert understood(ics(tmp_path, day_by_day(YEAR)), "998").scope == "998"
    assert understood(terms_yaml(tmp_path), "998").scope == "998"


@pytest.mark.parametrize(("summary", "names"), [("Term day", "names no authority"), ("Madeupshire: Term day", "names madeupshire")])
def test_a_calendar_of_no_known_authority_asks_for_one(tmp_path: pathlib.Path, summary: str, names: str) -> None:
    with pytest.raises(BadFile, match=rf"terms\.ics {names}, and its three-digit code is not known here: give --authority"):
        understood(ics(tmp_path, day_by_day(YEAR, summary)))


def test_a_calendar_of_two_authorities_is_refused_even_if_one_is_given(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="has the term dates of essex, kent: give a file for each"):
        understood(ics(tmp_path, [*day_by_day(YEAR), *day_by_day(YEAR, "Essex: Term day")]), "886")


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([event("2029-12-24", "2029-12-25", "Christmas")], "has no term day: its events must have"),
        ([event("2029-99-03", None)], "the event Kent: Term day has no usable dates"),
        ([event("2029-09-03", "2029-08-01")], "3 September 2029 to 31 July 2029 is no term: put the dates right"),
        ([event("2029-09-03", "2039-09-03")], "3 September 2029 to 2 September 2039 is no term"),
        ([event("2029-09-03", "2029-09-04", more="RRULE:FREQ=DAILY\r\n")], "repeats by a rule, Kent: Term day: give one event for each"),
        (["rubbish\r\n"], "is damaged: .*Download it again"),
        ([event("2029-09-03", "2029-09-04")], "has no whole school year: give one with at least 150 term days"),
    ],
)
def test_a_calendar_that_cannot_be_used_is_refused_with_what_to_do(tmp_path: pathlib.Path, events: list[str], says: str) -> None:
    with pytest.raises(BadFile, match=f"^terms.ics.*{says}"):
        understood(ics(tmp_path, events), "886")


def long(first: str, last: str, summary: str = "Kent: Term", more: str = "") -> str:
    return event(first, (DAY(last) + ONE).isoformat(), summary, more)


def test_a_holiday_inside_an_event_of_a_whole_term_parts_it(tmp_path: pathlib.Path) -> None:
    whole = [(first, last) for (first, _), (_, last) in zip(YEAR[::2], YEAR[1::2], strict=True)]
    halves = [
        ((DAY(before) + ONE).isoformat(), (DAY(after) - ONE).isoformat()) for (_, before), (after, _) in zip(YEAR[::2], YEAR[1::2], strict=True)
    ]
    events = [*(long(*span) for span in whole), *(long(*span, "Half term holiday") for span in halves)]
    assert spans(understood(ics(tmp_path, events))) == YEAR


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([*(long(*span) for span in YEAR), long("2029-10-15", "2029-11-02")], "15 October 2029 overlap|29 October 2029 overlap"),
        ([long("2029-09-03", "2030-07-24")], "3 September 2029 to 24 July 2030 is no term"),
        (
            [event(*span, "Kent: Term") for span in YEAR if DAY(span[1]).isoweekday() == 5],
            "all its terms end on a Thursday as they stand, such as 18 O",
        ),
        ([*(long(*span) for span in YEAR), event("2029-12-28", None, more="RDATE;VALUE=DATE:20300102\r\n")], "repeats by a rule"),
        ([*(long(*span) for span in YEAR[:-1]), event("2030-06-03", "2030-07-25", more="SUMMARY:Kent: Term\r\n")], "2 lines SUMMARY"),
        ([long("2029-09-03", "2029-12-31"), long("2030-01-01", "2030-04-30"), long("2030-05-01", "2030-07-31")], "its holidays are missing"),
        ([event("1929-09-03", None)], "3 September 1929 is no term"),
    ],
)
def test_a_calendar_that_leaves_open_which_days_are_meant_is_refused(tmp_path: pathlib.Path, events: list[str], says: str) -> None:
    with pytest.raises(BadFile, match=says):
        understood(ics(tmp_path, events))


_BITS = st.sampled_from(
    ["20290903", "20300724", "00010101", "99991231", "20290903T090000Z", "20290903T090000", "P1D", "-P10D", "P99999999999W", "x", ""]
)
_NAMED = st.sampled_from(["DTSTART", "DTSTART;VALUE=DATE", "DTSTART;TZID=Europe/London", "DTSTART;TZID=Nowhere", "DTEND", "DTEND;VALUE=DATE", "DURATION",
                          "DTEND;TZID=Europe/London", "DTSTART;VALUE=PERIOD", "RRULE", "RDATE", "SUMMARY", "STATUS", "BEGIN", "END"])  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(_NAMED, _BITS), max_size=6))
def test_whatever_an_event_holds_its_calendar_is_read_or_refused_in_one_sentence(lines: list[tuple[str, str]]) -> None:
    body = "".join(f"{name}:{value}\r\n" for name, value in lines)
    text = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Kent: Term\r\n{body}END:VEVENT\r\n{''.join(day_by_day(YEAR))}END:VCALENDAR\r\n"
    read_or_refused(read_ics, text)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates() | st.datetimes(timezones=st.none() | st.timezones()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["start", "end", "half_terms", "x"]), inner, max_size=4), max_leaves=8,
)  # fmt: skip
_TERMS = st.fixed_dictionaries({"start": st.dates() | _VALUES, "end": st.dates() | _VALUES}, optional={"half_terms": _VALUES})


@settings(deadline=None, max_examples=300)
@given(st.fixed_dictionaries({"terms": st.lists(_TERMS, max_size=3) | _VALUES}, optional={"authority": _VALUES, "source_url": _VALUES}))
def test_whatever_a_list_of_terms_holds_it_is_read_or_refused_in_one_sentence(content: dict[str, object]) -> None:
    read_or_refused(read_yaml, yaml.safe_dump(content, allow_unicode=True))


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from("terms:\n -[]{}&*a?!|>'\"#%@0129.:~\x07\u2028"), max_size=40))
def test_whatever_stands_below_terms_is_read_or_refused_in_one_sentence(text: str) -> None:
    read_or_refused(read_yaml, "authority: kent\nterms:\n" + text)


@pytest.mark.parametrize(
    "text",
    ["terms: " + "[" * 5000 + "]" * 5000, "terms:\n- {start: 0001-01-01T00:00:00+23:00, end: 2030-07-20}\n", f"authority: {'9' * 5000}\nterms: [{{}}]\n",
     f"terms:\n- {{start: 0x{'F' * 5000}, end: 2030-07-20}}\n", "terms: &a\n- *a\n", "? [a]\n: b\nterms:\n- {start: 2029-09-03, end: 2030-07-20}\n"],
)  # fmt: skip
def test_what_a_library_stumbles_over_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadFile, match=r"^odd\.file"):
        read_yaml(Table("odd.file", (), iter(()), text), Context(AT.date()))


def read_or_refused(read: Callable[[Table, Context], Understood], text: str) -> None:
    """Have a text read; if it is refused, one sentence names the file and fits on a few lines."""
    said = None
    try:
        assert read(Table("odd.file", (), iter(()), text), Context(AT.date(), "886")).terms
    except BadFile as error:
        said = str(error)
    assert said is None or (said.startswith("odd.file") and said.endswith(".") and "\n" not in said and len(said) < 400), said


@pytest.mark.parametrize("cut", [1, 3, 500])
def test_a_calendar_that_was_cut_short_is_refused_wherever_the_cut_is(tmp_path: pathlib.Path, cut: int) -> None:
    path = ics(tmp_path, day_by_day(YEAR))
    path.write_bytes(path.read_bytes().rstrip()[:-cut])
    with pytest.raises(BadFile, match="is cut short: its last line is not END:VCALENDAR"):
        understood(path)


def test_a_year_that_is_there_only_in_part_is_left_as_it_was_and_counted(tmp_path: pathlib.Path) -> None:
    found = understood(ics(tmp_path, [*day_by_day(YEAR), *day_by_day([("2030-09-02", "2030-09-06")])]))
    assert spans(found) == YEAR and found.edition == "2029/30"
    assert found.skipped == {"2030/31 has only 5 term days, and is left as it was": 1}


def test_a_term_that_begins_in_late_august_belongs_to_the_school_year_that_follows(tmp_path: pathlib.Path) -> None:
    found = understood(ics(tmp_path, day_by_day([("2029-08-28", "2029-10-19"), *YEAR[1:]])))
    assert {(term["year_first"], term["year_last"]) for term in found.terms} == {(DAY("2029-08-01"), DAY("2030-07-31"))}
    assert found.terms[0]["name"] == "Autumn 1 2029"


def test_a_half_term_parts_a_term_in_two(tmp_path: pathlib.Path) -> None:
    found = understood(terms_yaml(tmp_path))
    assert spans(found) == YEAR and [term["name"] for term in found.terms] == NAMES
    assert (found.scope, found.edition, found.rows_read, found.rows_kept) == ("886", "2029/30", 3, 3)


@pytest.mark.parametrize(("name", "code"), [("kent", "886"), ("Hampshire", "850"), ("essex", "881"), ("dorset", "838"), ("sheffield", "373")])
def test_an_authority_is_known_by_its_name(tmp_path: pathlib.Path, name: str, code: str) -> None:
    assert understood(terms_yaml(tmp_path, name)).scope == code


def test_a_term_without_half_terms_is_one_and_a_quoted_date_is_a_date(tmp_path: pathlib.Path) -> None:
    path = terms_yaml(tmp_path, changed=("    half_terms:\n      - start: 2029-10-22\n        end: 2029-10-26\n", ""))
    path.write_text(path.read_text().replace("2029-09-03", "'2029-09-03'"))
    assert spans(understood(path))[0] == ("2029-09-03", "2029-12-21")


def test_the_source_of_terms_is_the_page_that_the_file_names_or_else_the_file(tmp_path: pathlib.Path) -> None:
    assert understood(terms_yaml(tmp_path)).terms[0]["source"] == "terms.yaml"
    path = terms_yaml(tmp_path, changed=("name: Somewhere", "source_url: https://example.org/terms"))
    assert understood(path).terms[0]["source"] == "https://example.org/terms"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (("authority: kent", "authority: madeupshire"), "names madeupshire, and its three-digit code is not known here: give --authority"),
        (("authority: kent\n", ""), "names no authority, and its three-digit code is not known here"),
        (("start: 2029-09-03", "start: 3 September"), '"3 September" is no date for `start`: write it as 2026-09-01'),
        (("    start: 2029-09-03\n", ""), '"None" is no date for `start`'),
        (("start: 2029-09-03", "start: 2029-09-03 10:00:00"), "is no date for `start`"),
        (("end: 2029-12-21", "end: 2029-08-21"), "3 September 2029 to 21 August 2029 is no term"),
        (("end: 2029-10-26", "end: 2030-01-26"), "the half-term of 22 October 2029 is not inside its term"),
        (("    half_terms:\n      - start: 2029-10-22", "    half_terms: 3\n    odd:\n      - start: 2029-10-22"), "`half_terms` must be a list"),
        (("terms:\n", "terms: 3\nodd:\n"), "`terms` must be a list, each with start and end"),
        (("name: Somewhere", "name: [Somewhere"), "is no YAML at line"),
        (("start: 2029-09-03", "start: 2029-13-03"), "is no YAML"),
        (("start: 2029-09-03", "start: 2029-09-03\n    start: 2029-09-04"), 'is no YAML at line 4 \\("start" is there twice\\)'),
        (("authority: kent", "authority: [kent]"), "`authority` must be a text"),
        (("start: 2030-01-07", "start: 2029-12-17"), "to 21 December 2029 and that from 17 December 2029 overlap"),
        (("end: 2030-07-24", "end: 2033-07-24"), "23 April 2030 to 24 July 2033 is no term"),
        (("end: 2030-07-24", "end: 2030-04-01"), "23 April 2030 to 1 April 2030 is no term"),
    ],
)  # fmt: skip
def test_a_yaml_that_does_not_hold_together_is_refused_with_what_to_do(tmp_path: pathlib.Path, changed: tuple[str, str], says: str) -> None:
    text = terms_yaml(tmp_path).read_text()
    assert changed[0] in text
    table = Table("terms.yaml", (), iter(()), text.replace(*changed, 1))
    with pytest.raises(BadFile, match=says):
        read_yaml(table, Context(AT.date()))


def test_bank_holidays_that_are_known_here_add_nothing(tmp_path: pathlib.Path) -> None:
    found = understood(holidays_file(tmp_path, source(known_holidays())))
    assert (found.rows_read, found.rows_kept, found.closures) == (8, 0, []) and found.skipped == {"known here already": 8}
    assert found.edition == "2028-11-24"


def test_a_bank_holiday_by_proclamation_is_a_closure_of_the_authority_that_is_given(tmp_path: pathlib.Path) -> None:
    found = understood(holidays_file(tmp_path, source({**known_holidays(), "2030-06-14": "a_royal_wedding"})), "998")
    assert found.closures == [{"authority": "998", "urn": None, "day": DAY("2030-06-14"), "reason": "bank holiday: a royal wedding"}]
    assert (found.scope, found.rows_kept) == ("998", 1)


def test_a_bank_holiday_by_proclamation_is_refused_without_an_authority_and_the_day_is_named(tmp_path: pathlib.Path) -> None:
    path = holidays_file(tmp_path, source({**known_holidays(), "2030-06-14": "a_royal_wedding"}))
    with pytest.raises(BadFile, match=r"not known here \(14 June 2030\): load it with --authority, once for each authority"):
        understood(path)


def test_a_new_bank_holiday_at_a_weekend_closes_no_school(tmp_path: pathlib.Path) -> None:
    found = understood(holidays_file(tmp_path, source({**known_holidays(), "2030-06-15": "a_royal_wedding"})))
    assert found.closures == [] and found.rows_kept == 0


def test_a_bank_holiday_that_was_moved_away_is_counted_with_its_day(tmp_path: pathlib.Path) -> None:
    days = known_holidays()
    del days["2030-05-06"]
    found = understood(holidays_file(tmp_path, source({**days, "2030-05-08": "early_may"})), "998")
    assert [closure["day"] for closure in found.closures] == [DAY("2030-05-08")]
    assert found.skipped["a bank holiday here but not in the file: 6 May 2030"] == 1


def test_the_layout_in_which_gov_uk_publishes_bank_holidays_is_read_as_well(tmp_path: pathlib.Path) -> None:
    events = [{"title": "Known", "date": day, "notes": "", "bunting": True} for day in known_holidays()]
    found = understood(holidays_file(tmp_path, {"england-and-wales": {"division": "england-and-wales", "events": events}}))
    assert (found.rows_read, found.rows_kept, found.edition) == (8, 0, "2030-01-01 to 2030-12-26")


@pytest.mark.parametrize(
    "value", [{"england-and-wales": {"events": [{"title": "x"}]}}, {"england-and-wales": 3}, {"divisions": {}}, {"divisions": 3},
              {"england-and-wales": {"events": [{"title": "x", "date": "soon"}]}}],
)  # fmt: skip
def test_bank_holidays_in_another_layout_are_refused(tmp_path: pathlib.Path, value: object) -> None:
    with pytest.raises(BadFile, match=r"is not laid out as GOV\.UK's bank holidays are"):
        understood(holidays_file(tmp_path, value))


def test_a_list_without_a_bank_holiday_of_england_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="has no bank holiday of England"):
        understood(holidays_file(tmp_path, source({})))


def test_each_calendar_is_recognised_by_its_contents(tmp_path: pathlib.Path) -> None:
    paths = {
        ICS: ics(tmp_path, day_by_day(YEAR)),
        term_lists.KIND: terms_yaml(tmp_path),
        holidays.KIND: holidays_file(tmp_path, source(known_holidays())),
    }
    for kind, path in paths.items():
        with open_file(path) as table:
            assert recognise(table) == kind


def test_published_terms_take_the_place_of_those_loaded_before_for_the_same_year(tmp_path: pathlib.Path, database: Database) -> None:
    load_file(database, ics(tmp_path, day_by_day([("2029-08-28", "2029-10-19"), *YEAR[1:]])), AT)
    load_file(database, terms_yaml(tmp_path), AT.add(days=1))
    with database.reading() as session:
        terms = session.exec(select(Term).order_by(col(Term.first))).all()
    assert [(term.first.isoformat(), term.last.isoformat()) for term in terms] == YEAR
    assert {(term.authority, term.source) for term in terms} == {("886", "terms.yaml")}


def test_of_two_files_for_one_year_the_last_counts_and_that_is_said(tmp_path: pathlib.Path, database: Database) -> None:
    assert not load_file(database, ics(tmp_path, day_by_day(YEAR)), AT).load.skipped
    assert load_file(database, terms_yaml(tmp_path), AT.add(days=1)).load.skipped == {"terms of 2029/30 in the place of those from terms.ics": 6}


def test_a_closure_by_proclamation_is_saved_once_however_often_it_is_loaded(tmp_path: pathlib.Path, database: Database) -> None:
    for updated in ("24/11/2028", "25/11/2028"):
        load_file(database, holidays_file(tmp_path, source({**known_holidays(), "2030-06-14": "wedding"}, updated)), AT, "998")
    with database.reading() as session:
        assert [(one.authority, one.urn, one.day) for one in session.exec(select(Closure)).all()] == [("998", None, DAY("2030-06-14"))]


def test_sheffield_has_195_school_days_in_each_of_three_years(shared: pathlib.Path) -> None:
    found = understood(shared / "calendar" / "sheffield_term_dates.ics")
    calendar = school_calendar(tuple((term["first"], term["last"]) for term in found.terms))
    for year in (2025, 2026, 2027):
        assert len(calendar.days(datetime.date(year, 9, 1), datetime.date(year + 1, 8, 31))) == 195
    assert (found.scope, found.rows_read, found.rows_kept, len(found.terms)) == ("373", 585, 585, 21)
    assert found.edition == "2025/26 and 2026/27 and 2027/28"


@pytest.mark.parametrize(("name", "code", "terms"), [("kent", "886", 6), ("essex", "881", 6), ("dorset", "838", 6), ("hampshire", "850", 12)])
def test_the_real_terms_of_four_authorities_are_parted_by_their_half_terms(shared: pathlib.Path, name: str, code: str, terms: int) -> None:
    found = understood(shared / "calendar" / f"{name}.yaml")
    assert (found.scope, len(found.terms), found.skipped) == (code, terms, {})
    assert all(term["first"].isoweekday() <= 5 and term["last"].isoweekday() <= 5 for term in found.terms)


def test_the_real_bank_holidays_of_2019_to_2028_are_all_known_here(shared: pathlib.Path) -> None:
    found = understood(shared / "calendar" / "bank-holidays_alphagov_source_2025-11.json")
    assert (found.rows_read, found.rows_kept, found.closures, found.edition) == (83, 0, [], "2025-11-24")
    assert found.skipped == {"known here already": 83}
