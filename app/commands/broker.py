"""lodestar broker: matches and why, needs that are not met and what would meet them, and what would happen if."""

import datetime
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from sqlmodel import Session

from app.lists import read_rows
from app.output import say, show, show_json, show_table
from app.session import AsOf, Json, moment, open_database
from calendars.periods import SEASONS
from models.errors import BadInput
from models.moments import day_of
from models.money import pence, pounds
from models.words import Phase
from reports.brokering import matches_of, told_once, unmet_of
from stages.brief import Brief, find_commission, load_brief
from stages.broker.gathering import whole_years
from stages.broker.newcomers import NewTime
from stages.broker.supporters import NewSupporter, skills_of
from stages.broker.what_if import WhatIf, compare
from stages.lists import checked, known
from stages.reminders.lines import counted

_DAYS = "More or fewer days of a supporter over the commission, as NAME=+5, or in each spring term, as NAME:spring=+2; once for each."
_MOST_HALF_DAYS = 5200
_LABELS = {"gap": "gap: below the best by at most"}
app = App(name="broker")


@app.command
def matches(
    reference: str, /, *,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="Also matches that ended, and those of cases that are over.")] = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Show the match of each open case of a commission: how the case stands, with whom, how far, at what cost, why, and who was next."""
    with open_database().reading() as session:
        rows = matches_of(session, find_commission(session, reference).id, everything=all_)
    nothing = "No matches yet." if all_ else "No open case has a match; --all shows those that ended, and those of cases that are over."
    show(rows, nothing, json, spare=("track_record",), beneath=("why", "next"))


@app.command
def unmet(reference: str, /, *, as_of: AsOf = None, json: Json = False) -> None:
    """Show the cases without a supporter: which limit stops each, and the smallest change that would do for it alone, or what it waits for."""
    with open_database().reading() as session:
        rows = unmet_of(session, find_commission(session, reference).id, moment(as_of).date())
    show(rows if json else told_once(rows), "Every need that was looked at is met.", json)


@app.command(name="what-if")
def what_if(
    reference: str, /, *,
    add: Annotated[Path | None, Parameter(help="A list of further supporters, as for `supporter load`.")] = None,
    remove: Annotated[list[str] | None, Parameter(help="A supporter who is gone; once for each.")] = None,
    freeze: Annotated[list[str] | None, Parameter(help="A supporter who takes nothing new but keeps what is agreed; once for each.")] = None,
    days: Annotated[list[str] | None, Parameter(help=_DAYS)] = None,
    budget: Annotated[str, Parameter(help="More or less money, in pounds, as +5000 or -2000.")] = "0",
    max_km: Annotated[float | None, Parameter(help="Another distance cap, in kilometres.")] = None,
    without: Annotated[list[int] | None, Parameter(help="URN of a school that does not take part any more; once for each.")] = None,
    as_of: AsOf = None, json: Json = False,
) -> None:  # fmt: skip
    """Match a commission's open cases on a copy with something changed, and compare; nothing live is touched.

    `gap` tells how far each of the two matchings may be from the best there is, where the search was stopped before that was proven: 0 % is the best.
    """
    if max_km is not None and not max_km > 0:
        raise BadInput("A distance cap is more than no kilometres: give --max-km 40.")
    database, at = open_database(), moment(as_of)
    with database.reading() as session:
        brief = load_brief(session, find_commission(session, reference).id)
        more, in_season = _half_days(days or [])
        what = WhatIf(_added(session, add, whole_years(brief.commission)), remove or [], freeze or [], more, _signed(budget), max_km, in_season,
                      without or [])  # fmt: skip
        found = compare(session, brief, what, _day_of(brief, at.date()))
    asked = _asked(what, add)
    if json:
        show_json({"asked": asked, **found})
        return
    now, then = found["now"], found["then"]
    rows = [{"": _LABELS.get(name, name.replace("_", " ").removesuffix(" pence")), "now": _shown(name, now[name]), "then": _shown(name, then[name])}
            for name in now]  # fmt: skip
    say(f"{counted(found['cases'], 'open case')}, as things stand and with this: {'; '.join(asked) or 'nothing else'}. Nothing live was changed.")
    show_table(rows, "", "As things stand, and if")
    say("")
    show_table(found["changes"], "No case would have another supporter.", "Cases for which something would be otherwise")


def _day_of(brief: Brief, today: datetime.date) -> datetime.date:
    """Return the day of a question; BadInput before the commission was opened or after it has ended, when there is nothing to match."""
    opened, ends = day_of(brief.commission.opened_at), brief.commission.ends
    if today < opened or (today > ends and not brief.commission.rolls_on):
        raise BadInput(f"{today:%-d %B %Y} is not between {opened:%-d %B %Y} and {ends:%-d %B %Y}, when the commission runs: look at --as-of.")
    return today


def _asked(what: WhatIf, add: Path | None) -> list[str]:
    """Return what is asked, in words."""
    more = [(f"for {name}", half_days) for name, half_days in what.half_days.items()]
    more += [(f"for {name} in each {season} term", half_days) for (name, season), half_days in what.in_season.items()]
    return [
        *([f"{counted(len(what.added), 'further supporter')} from {add.name}"] if add else []),
        *(f"without {name}" for name in what.gone),
        *(f"{name} takes nothing new" for name in what.frozen),
        *(
            f"{abs(half_days) / 2:g} {'more' if half_days >= 0 else 'fewer'} {'day' if abs(half_days) == 2 else 'days'} {where}"
            for where, half_days in more
        ),
        *([f"{pounds(abs(what.pence))} {'more' if what.pence > 0 else 'less'} money"] if what.pence else []),
        *([f"a distance cap of {what.max_km:g} km"] if what.max_km is not None else []),
        *(f"without school {urn}" for urn in what.without),
    ]


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "not known"
    if name == "gap":
        return f"{100 * value:.1f} %" if value else "0 %"
    return pounds(value) if name.endswith("_pence") else f"{value:g}" if isinstance(value, float) else str(value)


def _signed(text: str) -> int:
    """Return an amount with its sign, in pence."""
    sign, amount = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if amount[:1] in {"-", "+"}:
        raise BadInput(f'"{text}" is no change of money: write +5000 or -2000, in pounds.')
    return sign * pence(amount)


def _half_days(given: list[str]) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Return NAME=+DAYS as half days by name, and NAME:TERM=+DAYS as half days by name and term."""
    whole, in_season = dict[str, int](), dict[tuple[str, str], int]()
    for one in given:
        name, equals, number = one.rpartition("=")
        before, _, season = name.rpartition(":")
        try:
            half_days = float(number) * 2
        except ValueError as error:
            raise BadInput(f'"{one}" is no change of days: write NAME=+5 or NAME=-2.5.') from error
        if number[:1] not in {"+", "-"}:
            raise BadInput(
                f'"{one}" does not say whether that is more or fewer days: write {name or "NAME"}=+{number} or {name or "NAME"}=-{number}.'
            )
        if not equals or not before + season or not isfinite(half_days) or half_days != round(half_days):
            raise BadInput(f'"{one}" is no change of days: write NAME=+5 or NAME=-2.5, in whole or half days.')
        if abs(half_days) > _MOST_HALF_DAYS:
            raise BadInput(f'"{one}" is more than anybody works: a change is {_MOST_HALF_DAYS // 2:,} days at most.')
        if name in whole or (before, season) in in_season:
            raise BadInput(f"The days of {name} are changed twice: say it once.")
        if season in SEASONS:
            in_season[before, season] = round(half_days)
        else:
            whole[name] = round(half_days)
    return whole, in_season


def _added(session: Session, file: Path | None, years: int) -> list[NewTime]:
    if file is None:
        return []
    return [
        NewTime(one.name, one.kind.value, _skills(one), one.half_days_a_year * years,
                -(-round(one.pounds_a_day * 100) // 2), one.easting, one.northing, one.trust, one.employer_urn, one.caseload_cap, one.faith,
                one.half_days_by_term)
        for one in checked(NewSupporter, read_rows(file), file.name, there=known(session))
    ]  # fmt: skip


def _skills(one: NewSupporter) -> dict[tuple[str, Phase | None], int]:
    """Return a supporter's skills as the rules want them."""
    return {(skill["skill"], skill["phase"]): skill["level"] for skill in skills_of(one)}
