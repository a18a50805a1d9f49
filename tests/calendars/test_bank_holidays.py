"""Bank holidays in England, compared with GOV.UK's own list."""

import datetime
import json
import pathlib

import pytest
from dateutil.easter import easter

from calendars.bank_holidays import bank_holidays

DAY = datetime.timedelta(days=1)

# https://www.gov.uk/bank-holidays, England and Wales; the days that fall on a weekday, which are all that schools notice.
PUBLISHED = {
    2022: [
        "2022-01-03",
        "2022-04-15",
        "2022-04-18",
        "2022-05-02",
        "2022-06-02",
        "2022-06-03",
        "2022-08-29",
        "2022-09-19",
        "2022-12-26",
        "2022-12-27",
    ],
    2023: ["2023-01-02", "2023-04-07", "2023-04-10", "2023-05-01", "2023-05-08", "2023-05-29", "2023-08-28", "2023-12-25", "2023-12-26"],
    2026: ["2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28"],
    2027: ["2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30", "2027-12-27", "2027-12-28"],
    2028: ["2028-01-03", "2028-04-14", "2028-04-17", "2028-05-01", "2028-05-29", "2028-08-28", "2028-12-25", "2028-12-26"],
}


def on_weekdays(days: set[datetime.date]) -> set[datetime.date]:
    return {day for day in days if day.weekday() < 5}


def monday(year: int, month: int, last: bool) -> datetime.date:
    """Return the first or last Monday of a month."""
    mondays = [day for day in (datetime.date(year, month, 1) + n * DAY for n in range(31)) if day.month == month and day.weekday() == 0]
    return mondays[-1 if last else 0]


def by_law(year: int) -> set[datetime.date]:
    """Return the weekday bank holidays that the law gives every year, substitutes included."""
    found = {monday(year, 5, False), monday(year, 5, True), monday(year, 8, True), easter(year) - 2 * DAY, easter(year) + DAY}
    for fixed in (datetime.date(year, 1, 1), datetime.date(year, 12, 25), datetime.date(year, 12, 26)):
        while fixed.weekday() >= 5 or fixed in found:
            fixed += DAY
        found.add(fixed)
    return found


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_those_that_were_published(year: int) -> None:
    assert on_weekdays(bank_holidays([year])) == {datetime.date.fromisoformat(day) for day in PUBLISHED[year]}


@pytest.mark.parametrize("ahead", [1, 2])
def test_bank_holidays_of_the_next_two_years_are_known(ahead: int) -> None:
    """Dates are made two years ahead; a library that ends earlier must fail here and not in a timetable."""
    year = datetime.datetime.now(datetime.UTC).year + ahead
    assert by_law(year) <= bank_holidays([year])
    assert year not in PUBLISHED or by_law(year) == {datetime.date.fromisoformat(day) for day in PUBLISHED[year]}


def test_several_years_at_once_are_the_years_one_by_one() -> None:
    assert bank_holidays([2026, 2028]) == bank_holidays([2026]) | bank_holidays([2028])
    assert bank_holidays([]) == set()


def test_bank_holidays_agree_with_the_list_that_gov_uk_itself_is_made_from(shared: pathlib.Path) -> None:
    text = (shared / "calendar" / "bank-holidays_alphagov_source_2025-11.json").read_text(encoding="utf-8")
    england = json.loads(text)["divisions"]["common.nations.england-and-wales_slug"]
    listed = {int(year): {datetime.datetime.strptime(day["date"], "%d/%m/%Y").date() for day in days}  # noqa: DTZ007 - a date, not a moment
              for year, days in england.items() if year.isdigit()}  # fmt: skip
    assert set(range(2019, 2029)) <= listed.keys()
    for year, days in listed.items():
        assert on_weekdays(bank_holidays([year])) == days, year
