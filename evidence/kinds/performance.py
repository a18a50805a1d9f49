"""Tables of figures by school, described as data: which columns make a file known, and which column carries which indicator."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter

from evidence.bounds import COUNT, Bounds
from evidence.figures import Figures, Number, by_urn, in_places
from evidence.indicators import bounds_of
from evidence.kind import Context, Kind, edition_of, school_year_end
from evidence.opening import Table, cell
from evidence.understood import ALL, FINAL, OTHER_AUTHORITY, Understood
from evidence.values import end_of_school_year, number, urn_of
from models.errors import BadFile
from models.school import ENGLAND
from models.words import Missing

_NOBODY: Number = (None, Missing.NOT_APPLICABLE)
_PART = 10_000  # rows that are read at a time
SECTORS = {"PRI": "primary", "SEC": "secondary", "SPE": "special"}
Names = tuple[str, ...]
School = tuple[int, int, list[str]]


@dataclass(frozen=True, slots=True)
class Column:
    """Where an indicator is found: the names its column has had, and those of the number of pupils behind it."""

    names: Names
    cohort: Names = ()


class Numbers(dict[str, Number]):
    """What the texts of number columns mean, each worked out once: most of a file is the same few thousand texts again and again."""

    def __missing__(self, text: str) -> Number:
        """Work out a new text; ValueError for one that is neither a number nor a known code."""
        self[text] = found = number(text)
        return found

    def of(self, texts: Sequence[str]) -> list[Number]:
        """Return what each text of a column says."""
        return list(map(self.__getitem__, texts))

    def codes(self, texts: Sequence[str], said: set[str]) -> Counter[str]:
        """Return how often each code stands in a column; `said` are the texts that do."""
        codes = {text for text in said if self[text][1] is not None and text.strip()}
        return Counter(text.strip() for text in texts if text in codes) if codes else Counter()


@dataclass(slots=True)
class Columns:
    """The numbers of a table in columns, by the place of each in the table; a row is a school, and they are in the order of their URNs."""

    urns: list[int]
    numbers: dict[int, list[Number]]


@dataclass(frozen=True, slots=True)
class Layout:
    """A table of figures by school: `needs` are columns without which it is another file, `urn` the names of the key.

    `area` says of a row which area and sector it is of (None for a school's row), `leave_out` why a school's row is not kept.
    `authority` are the names of the column by which the file can be kept to one authority; where a layout has none, others see to it.
    `expected` are columns that are known though nothing is read from them; others are reported as unknown.
    """

    kind: str
    needs: Names
    figures: Mapping[str, Column]
    urn: Names = ("URN",)
    authority: Names = ()
    without: Names = ()
    rank: int = FINAL
    year: Callable[[Table, Context], int] = school_year_end
    area: Callable[[Table, list[str]], tuple[str, str] | None] | None = None
    leave_out: Callable[[Table, list[str]], str | None] | None = None
    expected: Names = ()
    complete: Callable[[Understood], str | None] = field(default=lambda found: None)

    def as_kind(self) -> Kind:
        """Return the reader of this layout."""
        needs, without = {name.casefold() for name in self.needs}, {name.casefold() for name in self.without}
        return Kind(self.kind, lambda columns, _text: needs <= columns and not without & columns, self.read)

    def read(self, table: Table, context: Context) -> Understood:
        """Read every row; BadFile names the line and column of a value that is neither a number nor a known code."""
        found, columns = self.columns(table, context)
        found.figures = figures = Figures()
        for name, column in self.figures.items():
            place, cohort_place = table.at(*column.names), table.at(*column.cohort)
            if place is None:
                continue
            numbers, cohorts = columns.numbers[place], None
            if cohort_place is not None:
                cohorts = [value for value, _ in columns.numbers[cohort_place]]
                # Some years print 0.00 % where there is nobody of whom it could be a share.
                numbers = [number if cohort != 0 or number[0] is None else _NOBODY for number, cohort in zip(numbers, cohorts, strict=True)]
            figures.add(name, found.as_of, columns.urns, numbers, cohorts)
        return found

    def columns(self, table: Table, context: Context) -> tuple[Understood, Columns]:
        """Read every row and return the file as it is understood without its figures, and the columns of which they can be made."""
        year = self.year(table, context)
        found = Understood(self.kind, edition_of(year), end_of_school_year(year), self.rank)
        found.unknown_columns = self._unknown(table)
        places = {name: place for name, column in self.figures.items() if (place := table.at(*column.names)) is not None}
        bounds = {place: COUNT for column in self.figures.values() if (place := table.at(*column.cohort)) is not None}
        bounds |= {place: bounds_of(name) for name, place in places.items()}
        columns, numbers = Columns([], {place: [] for place in bounds}), Numbers()
        key, elsewhere = table.at(*self.urn), self._elsewhere(found, table, context)
        while part := list(islice(table.rows, _PART)):
            found.rows_read += len(part)
            schools: list[School] = []
            for line, row in part:
                area = self.area(table, row) if self.area else None
                if area is not None:
                    self._keep_area(found, table, line, row, places, area)
                    continue
                urn, why = urn_of(cell(row, key)), self.leave_out(table, row) if self.leave_out else None
                if elsewhere and why is None:
                    why = elsewhere(row)
                if urn is None or why is not None:
                    found.skipped[why or "no URN"] += 1
                    continue
                schools.append((urn, line, row))
            found.rows_kept += len(schools)
            self._keep_schools(found, table, schools, columns, numbers, bounds)
        self._check(found, table)
        order = by_urn(columns.urns)
        return found, Columns(in_places(columns.urns, order), {place: in_places(column, order) for place, column in columns.numbers.items()})

    def _unknown(self, table: Table) -> list[str]:
        """Return the columns of which it is not known what they are."""
        known = {name.casefold() for names in (self.expected, self.needs, self.urn, self.authority) for name in names}
        known.update(name.casefold() for column in self.figures.values() for name in column.names + column.cohort)
        return [column for column in table.columns if column and column.casefold() not in known]

    def _elsewhere(self, found: Understood, table: Table, context: Context) -> Callable[[list[str]], str | None] | None:
        """Return what says of a row that it is of another authority than the one to keep to, None to keep all; BadFile if the file cannot say."""
        wanted, place = context.authority, table.at(*self.authority)
        if wanted is None or not self.authority:
            return None
        if place is None:
            raise BadFile(f"{table.name} has no column {self.authority[0]} by which to keep to authority {wanted}: load it whole.")
        found.scope = wanted
        return lambda row: None if cell(row, place).strip() == wanted else OTHER_AUTHORITY

    def _keep_schools(
        self, found: Understood, table: Table, schools: Sequence[School], columns: Columns, numbers: Numbers, bounds: Mapping[int, Bounds]
    ) -> None:
        """Keep what some schools' rows say, a column at a time; BadFile with the line of a value that cannot be."""
        columns.urns += [urn for urn, _, _ in schools]
        texts = _texts([row for _, _, row in schools], list(bounds))
        try:
            read = {place: numbers.of(column) for place, column in texts.items()}
        except ValueError:
            for _, line, row in schools:
                for place in bounds:
                    self._number(found, table, line, row, place)
            raise  # pragma: no cover - one of them is no number, and was refused with its line
        for place, column in texts.items():
            said = set(column)
            found.codes.update(numbers.codes(column, said))
            # Of the same few texts, which are fewer than the rows.
            if bounds[place].first_outside([numbers[text][0] for text in said]) is not None:
                _refuse_outside(table, schools, place, [value for value, _ in read[place]], bounds[place])
            if any(_sign_in(text, bounds[place]) for text in said):
                for _, line, row in schools:
                    _refuse_sign(table, line, row, place, bounds[place])
            columns.numbers[place] += read[place]

    def _number(self, found: Understood, table: Table, line: int, row: list[str], place: int) -> float | None:
        text = cell(row, place)
        try:
            value, missing = number(text)
        except ValueError as error:
            raise BadFile(f'{table.name}, line {line}: "{text}" in column {table.columns[place]} is neither a number nor a known code.') from error
        if missing is not None and text.strip():
            found.codes[text.strip()] += 1
        return value

    def _keep_area(self, found: Understood, table: Table, line: int, row: list[str], places: Mapping[str, int], area: tuple[str, str]) -> None:
        found.skipped["area row, kept to compare with"] += 1
        values = {place: self._number(found, table, line, row, place) for place in dict.fromkeys(places.values())}
        for name, place in places.items():
            value = values[place]
            if value is not None:
                why = bounds_of(name).why_not(value)
                if why is not None:
                    raise _outside(table, line, row, place, why)
                _refuse_sign(table, line, row, place, bounds_of(name))
                found.area_figures.append((name, *area, found.as_of, value))

    def _check(self, found: Understood, table: Table) -> None:
        if not found.rows_kept and found.skipped[OTHER_AUTHORITY]:
            raise BadFile(f"{table.name} has no school of that authority: give the number of another, or load the file whole.")
        if not found.rows_kept:
            raise BadFile(f"{table.name} has columns of {self.kind} but no school: download it again.")
        why = self.complete(found)
        if why:
            raise BadFile(f"{table.name} is cut short: {why}. Download it again.")


def _texts(rows: list[list[str]], places: Sequence[int]) -> dict[int, Sequence[str]]:
    """Return the texts of some columns by their places; where a row is too short for one, it is empty."""
    if not rows or not places:
        return dict.fromkeys(places, ())
    width = max(places) + 1
    whole = [row if len(row) >= width else row + [""] * (width - len(row)) for row in rows]
    if len(places) == 1:
        return {places[0]: [row[places[0]] for row in whole]}
    return dict(zip(places, zip(*map(itemgetter(*places), whole), strict=True), strict=True))


def _refuse_outside(table: Table, schools: Sequence[School], place: int, values: Sequence[float | None], bounds: Bounds) -> None:
    """Raise BadFile with the line of the first value of a column that is outside its bounds."""
    wrong = bounds.first_outside(values)
    if wrong is not None:
        (_, line, row), why = schools[wrong[0]], wrong[1]
        raise _outside(table, line, row, place, why)


def _sign_in(text: str, bounds: Bounds) -> bool:
    """Tell whether a number has a sign that makes another thing of it: money is no figure of a school here, and no share is a count."""
    return "£" in text or (bounds.whole and "%" in text)


def _refuse_sign(table: Table, line: int, row: list[str], place: int, bounds: Bounds) -> None:
    """Raise BadFile with the line of a sum of money, or of a share where pupils are counted."""
    if _sign_in(cell(row, place), bounds):
        raise _outside(table, line, row, place, "is no count of pupils such as 249" if bounds.whole else "is a sum of money and no figure")


def _outside(table: Table, line: int, row: list[str], place: int, why: str) -> BadFile:
    return BadFile(f'{table.name}, line {line}: "{cell(row, place)}" in column {table.columns[place]} {why}. Download it again.')


def england_by_sector(column: str) -> Callable[[Table, list[str]], tuple[str, str] | None]:
    """Return what tells England's sector of the three national rows that end a table, which are known by NAT in `column`."""

    def area(table: Table, row: list[str]) -> tuple[str, str] | None:
        return (ENGLAND, SECTORS.get(cell(row, table.at("ESTAB")), ALL)) if cell(row, table.at(column)) == "NAT" else None

    return area


def national_rows_missing(found: Understood) -> str | None:
    """Return which of the three national rows that end a table of the performance tables are not there; None if all are."""
    gone = set(SECTORS.values()) - {sector for _, _, sector, _, _ in found.area_figures}
    return f"the national rows that end it are missing ({', '.join(sorted(gone))})" if gone else None
