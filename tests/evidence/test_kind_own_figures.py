"""Reading a list of one's own figures: each row is checked, since nobody publishes a corrected edition of it."""

import datetime
import pathlib

import pendulum
import pytest

from evidence.indicators import INDICATORS
from evidence.kind import Context
from evidence.kinds.own_figures import MAY, NAME
from evidence.known import load_series
from evidence.loading import load_file
from evidence.opening import open_file
from evidence.recognising import recognise
from evidence.understood import Understood
from models.database import Database
from models.errors import BadFile
from models.words import Missing

AT = pendulum.datetime(2026, 9, 3, 9, tz="Europe/London")
END = datetime.date(2026, 8, 31)
HEADER = "URN,Indicator,Date,Value,Cohort"


def written(folder: pathlib.Path, *rows: str, name: str = "heads.csv", header: str = HEADER) -> pathlib.Path:
    path = folder / name
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def understood(path: pathlib.Path, authority: str | None = None) -> Understood:
    with open_file(path) as table:
        return recognise(table).read(table, Context(AT.date(), authority))


def test_every_figure_is_kept_with_its_day_and_cohort_and_a_code_keeps_why_it_is_missing(tmp_path: pathlib.Path) -> None:
    found = understood(written(tmp_path, "900001,head_changed,31/08/2026,1,", "900002,exclusions,2026-08-31,c,210"), "999")
    assert found.figures == [("head_changed", 900001, END, 1.0, None, None), ("exclusions", 900002, END, None, Missing.SUPPRESSED, 210.0)]
    assert (found.kind, found.edition, found.scope) == (NAME, "exclusions, head_changed to 2026-08-31", "999")
    assert (found.rows_read, found.rows_kept, found.codes) == (2, 2, {"c": 1})


def test_only_figures_that_are_loaded_may_stand_in_a_list() -> None:
    assert {"head_changed", "exclusions", "semh_share"} <= set(MAY)
    assert all(INDICATORS[name].kept == "figures" for name in MAY)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("90001,head_changed,31/08/2026,1,", 'line 3: "90001" is no URN'),
        ("900001,idaci_decile,31/08/2026,1,", 'line 3: there is no indicator "idaci_decile" to load'),
        ("900001,head_changed,31/02/2026,1,", 'line 3: "31/02/2026" is no date'),
        ("900001,head_changed,,1,", "line 3: a figure needs the day it is for"),
        ("900001,head_changed,31/08/2027,1,", "line 3: a figure needs the day it is for, today at the latest"),
        ("900001,head_changed,31/08/2026,yes,", "line 3: .*yes.* is neither a number nor a known code"),
        ("900009,head_changed,31/08/2026,1,", "line 3: head_changed of 900009 on 31 August 2026 stands there twice"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_its_line(tmp_path: pathlib.Path, row: str, says: str) -> None:
    with pytest.raises(BadFile, match=says):
        understood(written(tmp_path, "900009,head_changed,31/08/2026,0,", row))


def test_a_list_without_a_figure_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="no figure"):
        understood(written(tmp_path))


def test_lists_of_different_indicators_stand_side_by_side_and_a_later_list_takes_the_place_of_the_same(
    database: Database, tmp_path: pathlib.Path
) -> None:
    for number, row in enumerate(("900001,head_changed,31/08/2026,1,", "900001,exclusions,31/08/2026,4,", "900001,exclusions,31/08/2026,5,")):
        load_file(database, written(tmp_path, row, name=f"{number}.csv"), AT)
    with database.reading() as session:
        series = load_series(session, ["head_changed", "exclusions"], {900001}, AT.date())
    assert {name: [one.value for one in series[name][900001]] for name in series} == {"head_changed": [1.0], "exclusions": [5.0]}
