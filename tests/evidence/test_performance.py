"""A table of figures by school, whatever its kind: the first damaged line is named, codes are counted, nobody has no share."""

import datetime
from collections.abc import Iterator

import pytest

from evidence.kind import Context
from evidence.kinds.performance import Column, Layout
from evidence.opening import Table
from evidence.understood import Understood
from models.errors import BadFile
from models.words import Missing

LAYOUT = Layout("made-up results", ("URN", "A"), {"a_share": Column(("A",), ("PUPILS",)), "b_share": Column(("B",), ("PUPILS",))})


def read(*rows: str, layout: Layout = LAYOUT) -> Understood:
    def lines() -> Iterator[tuple[int, list[str]]]:
        yield from ((line, row.split(",")) for line, row in enumerate(rows, start=2))

    table = Table("results_2024-2025.csv", ("URN", "PUPILS", "A", "B"), lines())
    return layout.read(table, Context(datetime.date(2026, 8, 3)))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (("900001,9,1,0.5", "900002,9,2,half", "900003,9,one,0.5"), 'line 3: "half" in column B'),
        (("900001,9,SUPP,0.5", "900002,9,one,half"), 'line 3: "one" in column A'),
        (("900001,nine,1,0.5", "900002,9,one,0.5"), 'line 2: "nine" in column PUPILS'),
        (("900001,9,1,0.5", "900002,9,-1,0.5"), 'line 3: "-1" in column A is not from 0 to'),
        (("900001,9,1,0.5", "900002,9,1,2e9"), 'line 3: "2e9" in column B is not from 0 to'),
        (("900001,9,1,0.5", "900002,-9,1,0.5"), 'line 3: "-9" in column PUPILS is not a whole number from 0 to'),
    ],
)
def test_of_several_damaged_cells_the_first_line_is_named(rows: tuple[str, ...], says: str) -> None:
    with pytest.raises(BadFile, match=says):
        read(*rows)


def test_figures_have_cohort_and_reason_and_a_row_that_stops_early_is_not_in_the_source() -> None:
    found = read("900001,9,61.5,50", "900002,0,0.00,SUPP", "900003,SUPP,SUPP", "none,9,1,1")
    assert {figure[:2]: figure[3:] for figure in found.figures} == {
        ("a_share", 900001): (61.5, None, 9), ("b_share", 900001): (50, None, 9),
        ("a_share", 900002): (None, Missing.NOT_APPLICABLE, 0), ("b_share", 900002): (None, Missing.SUPPRESSED, 0),
        ("a_share", 900003): (None, Missing.SUPPRESSED, None), ("b_share", 900003): (None, Missing.NOT_IN_SOURCE, None),
    }  # fmt: skip
    assert (found.rows_read, found.rows_kept, dict(found.skipped)) == (4, 3, {"no URN": 1})


def test_codes_are_counted_wherever_a_figure_or_its_cohort_shows_one() -> None:
    # The number of pupils stands behind both figures, and is one cell all the same.
    assert read("900001,9,SUPP, NE ", "900002,SUPP,1,").codes == {"SUPP": 2, "NE": 1}


def test_what_is_counted_in_whole_numbers_and_lies_between_two_is_refused_with_its_line() -> None:
    deciles = Layout("made-up deciles", ("URN", "A"), {"idaci_decile": Column(("A",))})
    with pytest.raises(BadFile, match=r'line 3: "1.5" in column A is not a whole number from 1 to 10'):
        read("900001,9,1,", "900002,9,1.5,", layout=deciles)
