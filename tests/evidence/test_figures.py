"""Figures in columns are the same figures as in rows, in the order of the table's key within each part, and are read back as they were."""

import datetime
import pickle
import random
from itertools import pairwise

import pytest
from sqlmodel import select

from evidence.figures import Figure, Figures
from evidence.understood import Understood
from models.database import Database
from models.evidence import Evidence
from models.words import Missing
from tests.evidence.made_up import saved

DAYS = (datetime.date(2024, 8, 31), datetime.date(2025, 8, 31))


def some_rows(seed: int, schools: int = 700) -> list[Figure]:
    """Return rows of two indicators and days in no order, of some schools without a value or without a number of pupils."""
    chance = random.Random(seed)
    rows: list[Figure] = []
    for name in ("ks2_expected", "ks2_higher"):
        for day in DAYS:
            for urn in chance.sample(range(900000, 910000), schools):
                why = chance.choice((None, None, None, Missing.SUPPRESSED, Missing.NO_ENTRIES))
                value = None if why else round(100 * chance.random(), 1)
                rows.append((name, urn, day, value, why, chance.choice((None, 30.0, 31.0))))
    chance.shuffle(rows)
    return rows


def in_order(rows: list[Figure]) -> list[Figure]:
    return sorted(rows, key=lambda row: (row[0], row[2], row[1]))


@pytest.mark.parametrize("seed", range(3))
def test_rows_put_into_columns_are_the_same_rows(seed: int) -> None:
    rows = some_rows(seed)
    figures = Figures.of(rows)
    assert len(figures) == len(rows) and in_order(list(figures)) == in_order(rows)
    assert in_order(list(figures.in_order())) == in_order(rows) == in_order(figures[:])
    assert Figures.of(figures) is figures and pickle.loads(pickle.dumps(figures)) == figures


def test_columns_added_as_such_are_those_that_rows_would_make() -> None:
    rows = [row for row in some_rows(4) if row[0] == "ks2_expected" and row[2] == DAYS[0]]
    figures = Figures()
    figures.add("ks2_expected", DAYS[0], [row[1] for row in rows], [(row[3], row[4]) for row in rows], [row[5] for row in rows])
    assert figures == Figures.of(rows)
    figures.add("pupils", DAYS[0], [900001, 900002], [(5.0, None), (None, Missing.SUPPRESSED)])
    assert list(figures)[-2:] == [("pupils", 900001, DAYS[0], 5.0, None, None), ("pupils", 900002, DAYS[0], None, Missing.SUPPRESSED, None)]


def test_in_order_no_part_has_a_gap_or_a_school_out_of_its_place() -> None:
    figures = Figures.of(some_rows(5)).in_order()
    assert [(same.indicator, same.as_of) for same in figures.parts] == sorted((same.indicator, same.as_of) for same in figures.parts)
    for same, part in figures.parts.items():
        assert all(one < following for one, following in pairwise(part.urns))
        assert len(part.values) == (len(part.urns) if same.valued else 0) and len(part.cohorts) == (len(part.urns) if same.of_some else 0)


def test_a_figure_with_neither_a_value_nor_a_reason_or_with_both_stays_as_it_is() -> None:
    numbers = [(1.0, None), (None, None), (5.0, Missing.SUPPRESSED), (None, Missing.SUPPRESSED)]
    figures = Figures()
    figures.add("ks2_expected", DAYS[0], range(900001, 900005), numbers, [30.0] * 4)
    rows = [("ks2_expected", urn, DAYS[0], *number, 30.0) for urn, number in enumerate(numbers, start=900001)]
    assert in_order(list(figures)) == rows and len(figures.parts) == 4


def test_as_many_numbers_as_schools_are_asked_for() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Figures().add("ks2_expected", DAYS[0], [900001, 900002], [(1.0, None)])


def test_figures_in_columns_are_read_back_from_the_database_as_rows_would_be(database: Database) -> None:
    rows = some_rows(6)
    load_id = saved(database, *rows)
    with database.reading() as session:
        found = session.exec(select(Evidence)).all()
    assert {one.load_id for one in found} == {load_id}
    assert in_order([(one.indicator, one.urn, one.as_of, one.value, one.missing, one.cohort) for one in found]) == in_order(rows)


def test_a_file_without_figures_has_none() -> None:
    assert list(Understood("results", "2025", DAYS[1]).figures) == []
