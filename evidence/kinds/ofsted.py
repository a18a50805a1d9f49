"""Ofsted's management information in its editions, and two simple files of grades: every outcome in a row, in the words of its regime."""

import calendar
import datetime
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from evidence.kind import Context, Kind
from evidence.kinds.ofsted_columns import EDITIONS, Block, Edition, Names
from evidence.opening import Table, cell
from evidence.understood import Understood
from evidence.values import day, urn_of
from models.errors import BadFile

T = TypeVar("T")
NOT_JUDGED, CARD = "Not judged", "Report card"
_NUMBERS = {"1": "Outstanding", "2": "Good", "3": "Requires improvement", "4": "Inadequate"}
# Satisfactory was the third grade until 2012.
GRADES = _NUMBERS | {grade.casefold(): grade for grade in (*_NUMBERS.values(), "Satisfactory")}
CARD_GRADES = {g.casefold(): g for g in ("Exceptional", "Strong standard", "Expected standard", "Needs attention", "Urgent improvement")}
CATEGORIES = {
    "sm": "SM", "special measures": "SM", "swk": "SWK", "serious weaknesses": "SWK",
    "rsi": "RSI", "requires significant improvement": "RSI", "nti": "NTI", "notice to improve": "NTI",
}  # fmt: skip
_SAFE = {"yes": True, "no": False, "met": True, "not met": False}
_YES_NO = {"yes": True, "no": False}
# What stands where nothing was said: 9 is "not applicable", and older files have 0 in the same place.
_NOTHING = frozenset({"", "null", "9", "0", "not applicable", "n/a", "none", "-", "not judged"})
_UNGRADED = re.compile(r"school remains |standards maintained|improved significantly|some aspects not as strong", re.IGNORECASE)
_MONTHS = {name.casefold(): n for n in range(1, 13) for name in (calendar.month_name[n], calendar.month_abbr[n])}
_DAY = re.compile(r"(?<!\d)(20\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")
_MONTH = re.compile(r"(?<!\d)(20\d\d)[-_ ]([01]\d)(?![\d]|[-_ ]\d)")
_WRITTEN = re.compile(r"(?:(?<!\d)(\d{1,2})[-_ ]+)?([A-Za-z]{3,9})[-_ ]+(20\d\d)(?!\d)")


def edition_date(name: str) -> datetime.date | None:
    """Return the day that a file's name tells, the last of a month if it tells no day: 31_March_2025, 2025-03-31 or 2024-04."""
    told = [(int(y), int(m), int(d)) for y, m, d in _DAY.findall(name)]
    told = told or [(int(y), _MONTHS[m.casefold()], int(d or 0)) for d, m, y in _WRITTEN.findall(name) if m.casefold() in _MONTHS]
    told = told or [(int(y), int(m), 0) for y, m in _MONTH.findall(name)]
    if not told:
        return None
    year, month, date = told[-1]
    try:
        return datetime.date(year, month, date or calendar.monthrange(year, month)[1])
    except ValueError:
        return None


class _Reading:
    """The reading of one file: the table, where its columns are, and what has been understood so far."""

    def __init__(self, edition: Edition, table: Table, context: Context) -> None:
        self.edition, self.table = edition, table
        self.dated = edition_date(table.name)
        if self.dated is not None and self.dated > context.today and (self.dated.year, self.dated.month) != (context.today.year, context.today.month):
            raise BadFile(f"{table.name} is named for {self.dated:%-d %B %Y}, which is still to come: give a file that was published.")
        # A name that tells only a month is dated by its last day, which may be yet to come.
        self.latest = min(self.dated or context.today, context.today)
        self.found = Understood(edition.kind, "", self.dated or context.today)
        self._at = {_plain(column): place for place, column in reversed(list(enumerate(table.columns)))}
        self._places: dict[Names, int | None] = {}
        self._known: dict[tuple[int, datetime.date, str], str] = {}
        self._urns: set[int] = set()
        self.line = 0
        self.cells: list[str] = []

    def whole(self) -> Understood:
        """Read every row; BadFile names the line of what cannot be understood."""
        known = {_plain(column) for column in self.edition.columns()}
        self.found.unknown_columns = [column for column in self.table.columns if column and _plain(column) not in known]
        short = False
        for line, cells in self.table.rows:
            if any(value.strip() for value in cells):
                self.line, self.cells, short = line, cells, len(cells) < len(self.table.columns)
                self._row()
        name = self.table.name
        if not self.found.rows_kept:
            where = f"to line {self.line}, its last" if self.line else "nothing follows the line of column names"
            raise BadFile(f"{name} has columns of {self.edition.kind} but no inspected school ({where}): download it again.")
        if short:
            raise BadFile(f"{name} is cut short: its last record, line {self.line}, has {len(self.cells)} of {len(self.table.columns)} columns. "
                          "Download it again.")  # fmt: skip
        newest = max(row["published"] or row["inspected"] for row in self.found.inspections)
        self.found.as_of = self.dated or newest
        self.found.edition = self.found.as_of.isoformat()
        return self.found

    def _row(self) -> None:
        self.found.rows_read += 1
        urn = urn_of(self._text(self.edition.urn))
        if urn is None:
            self.found.skipped["no URN"] += 1
            return
        if urn in self._urns and self.edition.once:
            raise self._wrong(f"URN {urn} is there twice. Download it again.")
        self._urns.add(urn)
        outcomes = [outcome for block in self.edition.blocks if (outcome := self._outcome(block, urn)) is not None]
        self._put_category(outcomes)
        if not outcomes:
            self.found.skipped["school without an inspection outcome"] += 1
        self.found.rows_kept += sum(self._keep(outcome) for outcome in outcomes) > 0

    def _keep(self, outcome: dict[str, Any]) -> bool:
        """Keep an outcome, and tell whether it is a new one."""
        key = (outcome["urn"], outcome["inspected"], outcome["regime"])
        if key in self._known:
            same = self._known[key] == outcome["grade"]
            self.found.skipped["the same inspection again" if same else "another grade for the same inspection; the first was kept"] += 1
            return False
        self._known[key] = outcome["grade"]
        self.found.inspections.append(outcome)
        return True

    def _outcome(self, block: Block, urn: int) -> dict[str, Any] | None:
        """Return one outcome of the row, or None if there is none; what was left out is counted."""
        inspected = self._day(block.inspected) if block.inspected else self._edition_day()
        if inspected is None:
            return None
        self._check_past(inspected)
        said = _SAYS[block.regime](self, block)
        if said is None:
            return None
        urn_then, known = self._urn_then(block, urn)
        if not known:
            self.found.skipped["outcome of a predecessor that is not named"] += 1
            return None
        # What only an edition dates has no inspection date: published on the day it is kept under, as no true inspection is.
        published = self._day(block.published) if block.inspected else inspected
        outcome = {"urn": urn, "inspected": inspected, **said, "urn_then": urn_then, "published": published}
        later = max((graded for names in block.graded_on.values() if (graded := self._day(names)) is not None), default=None)
        if later is not None and published is not None and later > published:
            # Grades given after the report was published come from a later visit: a standing of their own.
            self._check_past(later)
            outcome |= {"inspected": later, "published": None}
        return outcome

    def _graded(self, block: Block) -> dict[str, Any] | None:
        """Return an outcome with an overall grade, or since September 2024 with grades by area only."""
        text = self._text(block.outcome)
        grade = None if text.casefold() == NOT_JUDGED.casefold() else self._word(block.outcome, GRADES, "no grade that is known")
        said = self._said("overall_grade" if grade else "graded", grade or NOT_JUDGED, block, GRADES)
        if grade is None and not said["judgements"] and said["category_of_concern"] is None and said["safeguarding_met"] is None:
            self.found.skipped["inspection without any grade"] += 1
            return None
        return said

    def _report_card(self, block: Block) -> dict[str, Any] | None:
        """Return a report card; a row without any of its grades is another inspection, which stands elsewhere or in the words below."""
        said = self._said("report_card", CARD, block, CARD_GRADES)
        return said if said["judgements"] or said["safeguarding_met"] is not None else None

    def _ungraded(self, block: Block) -> dict[str, Any] | None:
        """Return what an ungraded inspection found, in its own words."""
        text = " ".join(self._text(block.outcome).split())
        if self._word(block.converted, _YES_NO, "neither Yes nor No"):
            self.found.skipped["ungraded inspection that became a graded one"] += 1
            return None
        if text.casefold() in _NOTHING:
            self.found.skipped["ungraded inspection without an outcome"] += 1
            return None
        return self._said("ungraded", text, block, GRADES)

    def _monitoring(self, block: Block) -> dict[str, Any] | None:
        """Return the outcome of an ungraded inspection; a monitoring visit changes no grade, and must not hide the one that stands."""
        text = self._text(block.outcome)
        if _UNGRADED.match(text):
            return self._said("ungraded", " ".join(text.split()), block, GRADES)
        if text.casefold() not in _NOTHING:
            self.found.skipped["monitoring outcome, which changes no grade"] += 1
        return None

    def _said(self, regime: str, grade: str, block: Block, scale: Mapping[str, str]) -> dict[str, Any]:
        judged = {area: self._word(names, scale, "no grade that is known") for area, names in block.areas.items()}
        return {
            "regime": regime, "grade": grade, "judgements": {area: word for area, word in judged.items() if word is not None},
            "category_of_concern": self._word(block.category, CATEGORIES, "no category of concern that is known"),
            "safeguarding_met": self._word(block.safeguarding, _SAFE, "neither Yes or Met nor No or Not met"),
        }  # fmt: skip

    def _put_category(self, outcomes: list[dict[str, Any]]) -> None:
        """Put the category that holds now on the newest full outcome, unless an outcome of the row has it or its grade excludes it."""
        current = self._word(self.edition.current, CATEGORIES, "no category of concern that is known")
        if current is None or any(outcome["category_of_concern"] == current for outcome in outcomes):
            return
        full = [outcome for outcome in outcomes if outcome["regime"] != "ungraded"]
        newest = max(full, key=lambda outcome: outcome["inspected"], default=None)
        if newest is None or newest["grade"] not in {CARD, NOT_JUDGED, "Inadequate"}:
            self.found.skipped["category of concern that no outcome bears out"] += 1
        elif newest["category_of_concern"] is None:
            newest["category_of_concern"] = current

    def _urn_then(self, block: Block, urn: int) -> tuple[int | None, bool]:
        """Return the predecessor that was inspected, if it was one, and whether it is known whose outcome this is."""
        then = urn_of(self._text(block.urn_then))
        other = then if then != urn else None
        own = self._word(block.relates, _YES_NO, "neither Yes nor No")
        return other, own is not False or other is not None

    def _edition_day(self) -> datetime.date:
        if self.dated is None:
            raise BadFile(f"{self.table.name} does not say its month, nor do its rows: put it into the name, as in grades_2024-04.csv.")
        return self.latest

    def _check_past(self, inspected: datetime.date) -> None:
        """Raise BadFile for an inspection after the day of loading, or after the day that the file's name tells."""
        if inspected > self.latest:
            raise self._wrong(f"an inspection of {inspected:%-d %B %Y} cannot be in a file of {self.latest:%-d %B %Y}. Download it again.")

    def _text(self, names: Names) -> str:
        if names not in self._places:
            self._places[names] = next((self._at[_plain(name)] for name in names if _plain(name) in self._at), None)
        return cell(self.cells, self._places[names]).strip()

    def _word(self, names: Names, words: Mapping[str, T], wrong: str) -> T | None:
        """Return what a cell means, None for a code that means nothing was said; BadFile for what is neither."""
        text = self._text(names)
        if not text:
            return None
        key = text.casefold().removesuffix(".0")
        if key in words:
            return words[key]
        if key not in _NOTHING:
            raise self._wrong(f'"{text}" in column {self._column(names)} is {wrong}. Correct it, or download the file again.')
        self.found.codes[text] += 1
        return None

    def _day(self, names: Names) -> datetime.date | None:
        text = self._text(names)
        if not text or text.casefold() in _NOTHING:
            return None
        try:
            return day(text)
        except ValueError as error:
            raise self._wrong(f'"{text}" in column {self._column(names)} is no date. Correct it, or download the file again.') from error

    def _column(self, names: Names) -> str:
        place = self._places[names]
        return names[0] if place is None else self.table.columns[place]

    def _wrong(self, what: str) -> BadFile:
        return BadFile(f"{self.table.name}, line {self.line}: {what}")


_SAYS: dict[str, Callable[[_Reading, Block], dict[str, Any] | None]] = {
    "graded": _Reading._graded, "overall_grade": _Reading._graded, "report_card": _Reading._report_card, "ungraded": _Reading._ungraded,
    "monitoring": _Reading._monitoring,
}  # fmt: skip


def _plain(column: str) -> str:
    """Return a column's name without capitals and doubled spaces, which drift from edition to edition."""
    return " ".join(column.casefold().split())


def _knows(edition: Edition, columns: frozenset[str], _text: str) -> bool:
    plain = {_plain(column) for column in columns}
    return {_plain(name) for name in edition.needs} <= plain and not {_plain(name) for name in edition.without} & plain


def _read(edition: Edition, table: Table, context: Context) -> Understood:
    return _Reading(edition, table, context).whole()


KINDS: tuple[Kind, ...] = tuple(Kind(edition.kind, partial(_knows, edition), partial(_read, edition)) for edition in EDITIONS)
