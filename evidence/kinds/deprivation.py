"""The indices of deprivation by neighbourhood: income deprivation of children in 2019, multiple deprivation in 2025."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from evidence.kind import Context, Kind
from evidence.opening import Table, cell
from evidence.understood import Understood
from evidence.values import number
from models.errors import BadFile

_CODE = re.compile(r"E01\d{6}")
_IN_2019 = "(where 1 is most deprived"


@dataclass(frozen=True, slots=True)
class Index:
    """One index: where the neighbourhood, the rank and the decile are, when it was published, and columns not read."""

    kind: str
    name: str
    as_of: datetime.date
    code: str
    rank: str
    decile: str
    not_read: re.Pattern[str]

    def as_kind(self) -> Kind:
        """Return the reader of this index."""
        needs = {name.casefold() for name in (self.code, self.rank, self.decile)}
        return Kind(self.kind, lambda columns, _text: needs <= columns, self.read)

    def read(self, table: Table, _context: Context) -> Understood:
        """Read every neighbourhood; BadFile names the line of a value that cannot be, and the place where ranks are missing."""
        found = Understood(self.kind, str(self.as_of.year), self.as_of)
        used = {name.casefold() for name in (self.code, self.rank, self.decile)}
        found.unknown_columns = [c for c in table.columns if c and c.casefold() not in used and not self.not_read.fullmatch(c)]
        place, rank_at, decile_at = table.at(self.code), table.at(self.rank), table.at(self.decile)
        ranks: dict[str, int] = {}
        for line, row in table.rows:
            found.rows_read += 1
            code = cell(row, place).strip()
            if len(row) < len(table.columns) or not _CODE.fullmatch(code):
                raise BadFile(f'{table.name} is cut short or damaged at line {line}: "{code}" is no whole row of an LSOA. Download it again.')
            if code in ranks:
                raise BadFile(f"{table.name}, line {line}: {code} is there twice. Download it again.")
            decile = _whole(table, line, row, decile_at)
            if decile > 10:
                raise BadFile(f"{table.name}, line {line}: {decile} is no decile, which goes from 1 to 10. Download it again.")
            ranks[code] = _whole(table, line, row, rank_at)
            found.area_figures.append((f"{self.name}_decile", code, "all", self.as_of, float(decile)))
            found.area_figures.append((f"{self.name}_rank", code, "all", self.as_of, float(ranks[code])))
        found.rows_kept = len(ranks)
        _check_whole(table, ranks)
        return found


def _whole(table: Table, line: int, row: list[str], place: int | None) -> int:
    """Return a whole number from 1, which every rank and decile is (some editions write 8.0); BadFile with the line for anything else."""
    text = cell(row, place)
    if text.isascii() and text.isdecimal() and text.strip("0"):
        return int(text)
    try:
        value, _ = number(text)
    except ValueError:
        value = None
    if value is None or value < 1 or not value.is_integer():
        raise BadFile(f'{table.name}, line {line}: "{text}" is no rank or decile. Download it again.')
    return int(value)


def _check_whole(table: Table, ranks: Mapping[str, int]) -> None:
    """Raise BadFile if ranks are left out: each rank is one more than the number of neighbourhoods before it, and equal ones share it."""
    if not ranks:
        raise BadFile(f"{table.name} has a header but no neighbourhood: download it again.")
    before = previous = 0
    for count, rank in enumerate(sorted(ranks.values())):
        if rank != previous:
            before, previous = count, rank
        if rank != before + 1:
            last = list(ranks)[-1]
            raise BadFile(
                f"{table.name} is cut short or damaged: it ends with {last}, and {before} neighbourhoods, not {rank - 1}, come before rank {rank}. "
                "Give the whole file for England."
            )


IDACI_2019 = Index(
    kind="income deprivation affecting children 2019",
    name="idaci",
    as_of=datetime.date(2019, 9, 26),
    code="LSOA code (2011)",
    rank=f"Income Deprivation Affecting Children Index (IDACI) Rank {_IN_2019})",
    decile=f"Income Deprivation Affecting Children Index (IDACI) Decile {_IN_2019} 10% of LSOAs)",
    not_read=re.compile(r"LSOA name .*|Local Authority District .*|Index of Multiple Deprivation .*|Income Deprivation Affecting Older .*"),
)
IMD_2025 = Index(
    kind="index of multiple deprivation 2025",
    name="imd",
    as_of=datetime.date(2025, 10, 30),
    code="lsoa21_code",
    rank="IMD_rank",
    decile="IMD_decile",
    not_read=re.compile(r"(IMD|Income|Employment|Education|Health|Crime|Housing_and_Services|Environment)_(decile|rank|score)"),
)
KINDS = (IDACI_2019.as_kind(), IMD_2025.as_kind())
