"""What all readers of test and examination results share: no school twice, whole records, one year, and the rows of the performance tables."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from evidence.kind import Context, Kind
from evidence.kinds.performance import Layout
from evidence.opening import Table, cell
from evidence.understood import FINAL, OTHER_AUTHORITY, PROVISIONAL, REVISED, Understood
from evidence.values import urn_of
from models.errors import BadFile
from models.school import ENGLAND
from models.words import Missing

_RANKS = {"provisional": PROVISIONAL, "revised": REVISED}
_SCHOOLS = {"1", "2"}
# Of their hundreds of columns nearly all break the same measures down by groups of pupils; these are known by how they begin.
_BREAKDOWNS = re.compile(r"(T|P[TBG]|[BG](ELIG|PUP)|P?SEN|READ|WRIT|MAT|GPS|DIFFN|NUM|ATT8|P8|EBACC|AVG|SCIVA|HUMVA|LANVA|AC5EM).*", re.IGNORECASE)
EXPECTED = (
    "RECTYPE", "ALPHAIND", "LEA", "ESTAB", "URN", "SCHNAME", "ADDRESS1", "ADDRESS2", "ADDRESS3", "PCODE", "PCON_CODE", "PCON_NAME", "URN_AC",
    "SCHNAME_AC", "OPEN_AC", "NFTYPE", "ICLOSE", "CONTFLAG", "RELDENOM", "AGERANGE", "CONFEXAM", "ADMPOL", "ADMPOL_2017", "ADMPOL_PT", "EGENDER",
    "FEEDER",
)  # fmt: skip


def rank_of(words: str) -> int:
    """Return how final results are that call themselves provisional, revised or neither."""
    return next((rank for word, rank in _RANKS.items() if word in words.casefold()), FINAL)


def once(table: Table) -> Table:
    """Return the table with its rows checked as they go by: a URN that is there twice would be counted twice."""
    key = table.at("URN", "school_urn")

    def rows() -> Iterator[tuple[int, list[str]]]:
        lines: dict[int, int] = {}
        for line, row in table.rows:
            urn = urn_of(cell(row, key))
            if urn is not None and lines.setdefault(urn, line) != line:
                raise BadFile(f"{table.name}, line {line}: URN {urn} is on line {lines[urn]} already. Give a file with one row a school.")
            yield line, row

    return replace(table, rows=rows())


def whole(table: Table) -> Table:
    """Return the table with its last record checked to be as long as the others: a file that was cut off ends in the middle of one."""
    width = len(table.columns)

    def rows() -> Iterator[tuple[int, list[str]]]:
        ragged, line, last = False, 0, width
        for line, row in table.rows:
            # In some tables half of the rows leave out an empty last cell, so that one cell less is no sign of damage there.
            ragged, last = ragged or last == width - 1, len(row)
            yield line, row
        if last < width - ragged:
            raise BadFile(f"{table.name} is cut short: line {line}, its last, ends in the middle of a record. Download it again.")

    return replace(table, rows=rows())


def the_same(table: Table, column: str) -> tuple[str, Table]:
    """Return what a column says on every row, and the table with that checked as its rows go by."""
    place, first = table.at(column), next(table.rows, None)
    if first is None or place is None:
        raise BadFile(f"{table.name} has no row that says its {column}: download it again.")
    said = cell(first[1], place).strip()

    def rows() -> Iterator[tuple[int, list[str]]]:
        for line, row in chain([first], table.rows):
            # A row too short for the column is for the check of whole records to judge.
            if place < len(row) and row[place].strip() != said:
                raise BadFile(f'{table.name}, line {line}: {column} is "{row[place]}" and not "{said}" as before. Give a whole file of one edition.')
            yield line, row

    return said, replace(table, rows=rows())


@dataclass(frozen=True, slots=True)
class PerformanceTables:
    """The performance tables' own layout; RECTYPE is 1 for a mainstream school, 2 for a special one, and for areas it differs by key stage.

    `england` is the row of state-funded schools, as an authority's row is; that of `everyone` has independent schools in it too.
    """

    layout: Layout
    authority: str
    england: str
    everyone: str
    rank: Callable[[Table], int]

    def as_kind(self) -> Kind:
        """Return the reader of these tables."""
        return replace(self.layout.as_kind(), read=self.read)

    def read(self, table: Table, context: Context) -> Understood:
        """Read a table of one authority or of England; BadFile if its area rows are not all there."""
        rows = _Rows(self, table, context)
        layout = replace(self.layout, rank=self.rank(table), area=rows.area, leave_out=rows.leave_out, complete=rows.incomplete)
        found = layout.read(replace(table, rows=rows.going_by()), context)
        found.scope = context.authority or (min(rows.taught) if len(rows.taught) == 1 else ENGLAND)
        found.unknown_columns = [column for column in found.unknown_columns if not _BREAKDOWNS.fullmatch(column)]
        if rows.why:
            found.figures = [
                (name, urn, as_of, value, rows.why.get(urn, missing) if missing is Missing.NOT_IN_SOURCE else missing, cohort)
                for name, urn, as_of, value, missing, cohort in found.figures
            ]
        return found


@dataclass(slots=True)
class _Rows:
    """The rows of one performance table: which are schools and which areas, and what was seen of them so far."""

    tables: PerformanceTables
    table: Table
    context: Context
    taught: set[str] = field(default_factory=set)
    published: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    why: dict[int, Missing] = field(default_factory=dict)
    line: int = 0
    places: dict[str, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {name: self.table.at(name) for name in ("RECTYPE", "LEA", "URN", "TOTPUPS", "TPUPYEAR")}

    def _said(self, row: list[str], name: str) -> str:
        return cell(row, self.places[name]).strip()

    def going_by(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows, noting on the way what is needed at the end."""
        for line, row in whole(once(self.table)).rows:
            self.line = line
            kind, authority, urn = self._said(row, "RECTYPE"), self._said(row, "LEA"), urn_of(self._said(row, "URN"))
            self.types.add(kind)
            if kind == self.tables.authority:
                self.published.add(authority)
            elif kind in _SCHOOLS and urn is not None:
                self.taught.add(authority)
                self._note_why(urn, row)
            yield line, row
        wanted = self.context.authority
        if wanted is not None and self.taught and wanted not in self.taught:
            raise BadFile(f"{self.table.name} has no school of authority {wanted}: give the code of one that it has, such as {min(self.taught)}.")

    def _note_why(self, urn: int, row: list[str]) -> None:
        """Note why a school's row stops early: it is new, or had nobody of the age."""
        if "NEW" in {self._said(row, "TOTPUPS").upper(), self._said(row, "TPUPYEAR").upper()}:
            self.why[urn] = Missing.NEW_SCHOOL
        elif self._said(row, "TPUPYEAR") == "0":
            self.why[urn] = Missing.NOT_APPLICABLE

    def _elsewhere(self, row: list[str]) -> bool:
        return self.context.authority not in (None, self._said(row, "LEA"))

    def area(self, _table: Table, row: list[str]) -> tuple[str, str] | None:
        """Return the area of an authority's row or of England's."""
        kind = self._said(row, "RECTYPE")
        if kind == self.tables.england:
            return ENGLAND, "all"
        return (self._said(row, "LEA"), "all") if kind == self.tables.authority and not self._elsewhere(row) else None

    def leave_out(self, _table: Table, row: list[str]) -> str | None:
        """Return why a row is neither a school's nor an area's to compare with."""
        kind = self._said(row, "RECTYPE")
        if kind == self.tables.everyone:
            return "England with independent schools"
        if kind not in _SCHOOLS | {self.tables.authority}:
            return f"row of type {kind or 'not given'}"
        return OTHER_AUTHORITY if self._elsewhere(row) else None

    def incomplete(self, _found: Understood) -> str | None:
        """Return what should have followed the last line; None if all is there."""
        missing = sorted(self.taught - self.published)
        if missing:
            return f"up to line {self.line}, its last, there is no row of authority {missing[0]} as a whole"
        return None if {self.tables.england, self.tables.everyone} <= self.types else f"the rows of England are not all there after line {self.line}"
