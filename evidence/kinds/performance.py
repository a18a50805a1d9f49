"""Tables of figures by school, described as data: which columns make a file known, and which column carries which indicator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from evidence.kind import Context, Kind, edition_of, school_year_end
from evidence.opening import Table, cell
from evidence.understood import FINAL, Understood
from evidence.values import end_of_school_year, number, urn_of
from models.errors import BadFile
from models.words import Missing

AREA, SCHOOL = "area", "school"
Columns = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """Where an indicator is found: the names its column has had, those of the number of pupils behind it, and a factor."""

    names: Columns
    cohort: Columns = ()
    times: float = 1.0


@dataclass(frozen=True, slots=True)
class Layout:
    """A table of figures by school: `needs` are columns without which it is another file, `urn` the names of the key.

    `area` says of a row which area and sector it is of (None for a school's row), `leave_out` why a school's row is not kept.
    `expected` are columns that are known though nothing is read from them; others are reported as unknown.
    """

    kind: str
    needs: Columns
    figures: Mapping[str, Column]
    urn: Columns = ("URN",)
    without: Columns = ()
    rank: int = FINAL
    year: Callable[[Table, Context], int] = school_year_end
    area: Callable[[Table, list[str]], tuple[str, str] | None] = lambda table, row: None
    leave_out: Callable[[Table, list[str]], str | None] = lambda table, row: None
    expected: Columns = ()
    complete: Callable[[Understood], str | None] = field(default=lambda found: None)

    def as_kind(self) -> Kind:
        """Return the reader of this layout."""
        needs, without = {name.casefold() for name in self.needs}, {name.casefold() for name in self.without}
        return Kind(self.kind, lambda columns, _text: needs <= columns and not without & columns, self.read)

    def read(self, table: Table, context: Context) -> Understood:
        """Read every row; BadFile names the line and column of a value that is neither a number nor a known code."""
        year = self.year(table, context)
        found = Understood(self.kind, edition_of(year), end_of_school_year(year), self.rank)
        places = {name: table.at(*column.names) for name, column in self.figures.items()}
        cohorts = {name: table.at(*column.cohort) for name, column in self.figures.items()}
        known = {name.casefold() for names in ([*self.expected, *self.needs, *self.urn], *(c.names + c.cohort for c in self.figures.values()))
                 for name in names}  # fmt: skip
        found.unknown_columns = [column for column in table.columns if column and column.casefold() not in known]
        key = table.at(*self.urn)
        for line, row in table.rows:
            found.rows_read += 1
            area = self.area(table, row)
            if area is not None:
                self._keep_area(found, table, line, row, places, area)
                continue
            urn, why = urn_of(cell(row, key)), self.leave_out(table, row)
            if urn is None or why is not None:
                found.skipped[why or "no URN"] += 1
                continue
            found.rows_kept += 1
            for name, place in places.items():
                if place is not None:
                    value, missing, cohort = self._figure(found, table, line, row, name, place, cohorts[name])
                    found.figures.append((name, urn, found.as_of, value, missing, cohort))
        self._check(found, table)
        return found

    def _figure(
        self, found: Understood, table: Table, line: int, row: list[str], name: str, place: int, cohort_place: int | None
    ) -> tuple[float | None, Missing | None, float | None]:
        value, missing = self._number(found, table, line, row, place)
        cohort = self._number(found, table, line, row, cohort_place)[0] if cohort_place is not None else None
        if cohort == 0 and value is not None:
            # Some years print 0.00 % where there is nobody of whom it could be a share.
            value, missing = None, Missing.NOT_APPLICABLE
        return None if value is None else value * self.figures[name].times, missing, cohort

    def _number(self, found: Understood, table: Table, line: int, row: list[str], place: int) -> tuple[float | None, Missing | None]:
        text = cell(row, place)
        try:
            value, missing = number(text)
        except ValueError as error:
            raise BadFile(f'{table.name}, line {line}: "{text}" in column {table.columns[place]} is neither a number nor a known code.') from error
        if missing is not None and text.strip():
            found.codes[text.strip()] += 1
        return value, missing

    def _keep_area(self, found: Understood, table: Table, line: int, row: list[str], places: Mapping[str, int | None], area: tuple[str, str]) -> None:
        found.skipped["area row, kept to compare with"] += 1
        for name, place in places.items():
            value = self._number(found, table, line, row, place)[0] if place is not None else None
            if value is not None:
                found.area_figures.append((name, *area, found.as_of, value * self.figures[name].times))

    def _check(self, found: Understood, table: Table) -> None:
        if not found.rows_kept:
            raise BadFile(f"{table.name} has columns of {self.kind} but no school: download it again.")
        why = self.complete(found)
        if why:
            raise BadFile(f"{table.name} is cut short: {why}. Download it again.")
