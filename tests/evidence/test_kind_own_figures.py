"""Reading a list of one's own figures: each row is checked, since nobody publishes a corrected edition of it."""

import datetime
import pathlib

import pendulum
import pytest
from sqlmodel import select

from evidence.history import replaced
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
from models.evidence import AreaEvidence, Load
from models.words import Missing
from tests.evidence.made_up import saved, school, share, with_schools

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
    assert {"head_changed", "exclusions", "semh_share", "fsm_share"} <= set(MAY)
    assert not {INDICATORS[name].kept for name in MAY} & {"school", "standing", "answers", "neighbourhood"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("90001,head_changed,31/08/2026,1,", 'line 3: "90001" is no URN'),
        ("900001,exclusions,31/08/2026,4,249.5", 'line 3: "249.5" cannot be meant: as a cohort it is not a whole number from 0 to 20,000'),
        ("900001,exclusions,31/08/2026,4,249%", 'line 3: "249%" cannot be meant'),
        ("900001,exclusions,31/08/2026,£60,249", 'line 3: "£60" cannot be meant'),
        ("900001,idaci_decile,31/08/2026,1,", 'line 3: there is no indicator "idaci_decile" to load'),
        ("900001,head_changed,31/02/2026,1,", 'line 3: "31/02/2026" is no date'),
        ("900001,head_changed,,1,", "line 3: a figure needs the day it is for"),
        ("900001,head_changed,31/08/2027,1,", "line 3: a figure needs the day it is for, from 1990 on and today at the latest"),
        ("900001,ks2_expected,31/08/1066,60,", "line 3: a figure needs the day it is for, from 1990 on"),
        ("900001,ks2_expected,31/08/2026,250,30", 'line 3: "250" cannot be meant: as ks2_expected it is not from 0 to 100'),
        ("900001,ks2_expected,31/08/2026,-3,30", 'line 3: "-3" cannot be meant'),
        ("900001,persistent_absence,31/08/2026,900 %,30", 'line 3: "900 %" cannot be meant'),
        ("900001,exclusions,31/08/2026,1e308,30", 'line 3: "1e308" cannot be meant'),
        ("900001,head_changed,31/08/2026,0.5,", 'line 3: "0.5" cannot be meant: as head_changed it is not a whole number from 0 to 1'),
        ("900001,ks2_expected,31/08/2026,60,-3", 'line 3: "-3" cannot be meant: as a cohort it'),
        ("900001,exclusions,31/08/2026,1_0,", 'line 3: "1_0" is neither a number nor a known code'),
        ('900001,exclusions,31/08/2026,"5,5",', 'line 3: "5,5" is neither a number nor a known code'),
        ("900001,exclusions,31/08/2026,4,2,", "line 3: there are more cells than columns. Write a number with a point"),
        ("900001,exclusions,31/08/2026,4,210,7", "line 3: there are more cells than columns"),
        ("900001,exclusions,31/08/2026,%,", 'line 3: "%" is neither a number nor a known code'),
        ("900001,exclusions,31/08/2026,,", "line 3: exclusions has no value: write a number, or a code"),
        ("900001,head_changed,31/08/2026,yes,", 'line 3: "yes" is neither a number nor a known code'),
        ("900009,head_changed,31/08/2026,1,", "line 3: head_changed of 900009 on 31 August 2026 stands there twice"),
        ("900001,ks2_expacted:send,31/08/2026,20,", 'line 3: there is no indicator "ks2_expacted" to load'),
        ("900001,:send,31/08/2026,20,", 'line 3: there is no indicator "" to load'),
        ("900001,idaci_decile:send,31/08/2026,2,", 'line 3: there is no indicator "idaci_decile" to load'),
        ("900001,ks2_expected:,31/08/2026,20,", 'line 3: "" is no group of pupils: write it in small letters.*ks2_expected:send'),
        ("900001,ks2_expected:SEND,31/08/2026,20,", 'line 3: "SEND" is no group of pupils'),
        ("900001,ks2_expected:send:fsm,31/08/2026,20,", 'line 3: "send:fsm" is no group of pupils'),
        ("900001,ks2_expected:2nd,31/08/2026,20,", 'line 3: "2nd" is no group of pupils'),
        ("900001,ks2_expected:Amy Pond,31/08/2026,20,", 'line 3: "Amy Pond" is no group of pupils'),
        ("900001,ks2_expected:send,31/08/2026,120,", 'line 3: "120" cannot be meant: as ks2_expected:send it is not from 0 to 100'),
        ("900001,ks2_expected:send,31/08/2026,50,2", "line 3: ks2_expected:send of 2 pupils would tell of single pupils: write SUPP"),
        (
            "ENG,ks2_expected:send,31/08/2026,SUPP,",
            'line 3: the national figure of ks2_expected:send is "SUPP": write a number, or leave the row out',
        ),
        ("ENG,ks2_expected:send,31/08/2026,,", "line 3: ks2_expected:send has no value"),
        ("ENG,ks2_expected,31/08/2026,101,", 'line 3: "101" cannot be meant'),
        ("Wales,ks2_expected,31/08/2026,60,", 'line 3: "Wales" is no URN: it has six digits, or is ENG'),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_its_line(tmp_path: pathlib.Path, row: str, says: str) -> None:
    with pytest.raises(BadFile, match=says):
        understood(written(tmp_path, "900009,head_changed,31/08/2026,0,", row))


@pytest.mark.parametrize(("header", "says"), [("value", "value"), ("URN", "URN"), ("Cohort,cohort", "Cohort"), ("note,note", None)])
def test_a_column_that_is_read_and_is_there_twice_is_refused(tmp_path: pathlib.Path, header: str, says: str | None) -> None:
    path = written(tmp_path, "900001,exclusions,31/08/2026,4,5,6", header=f"{'URN' if says == 'URN' else 'urn'},indicator,date,value,{header}")
    if says is None:
        assert len(understood(path).figures) == 1
        return
    with pytest.raises(BadFile, match=f"^heads.csv has the column {says} twice: leave one of them out"):
        understood(path)


@pytest.mark.parametrize(
    "value", ['"value": "4", "value": "5"', '"value": "4", "more": {"a": 1, "a": 2}', '"value": "4", "more": {"a": 1}, "more.a": 2']
)
def test_a_key_that_is_there_twice_is_refused_and_not_read_as_its_last(tmp_path: pathlib.Path, value: str) -> None:
    path = tmp_path / "heads.json"
    path.write_text('[{"urn": "900001", "indicator": "exclusions", "date": "31/08/2026", ' + value + "}]", encoding="utf-8")
    with pytest.raises(BadFile, match=r'^heads\.json has the key "(value|a|more\.a)" twice in one record: leave one of them out\.$'):
        understood(path)


def test_figures_of_a_group_stand_under_its_name_and_national_ones_beside_the_schools(tmp_path: pathlib.Path) -> None:
    rows = (
        "900001,ks2_expected:send,31/08/2026,20,12", "900002,ks2_expected:send,31/08/2026,SUPP,2", "ENG,ks2_expected:send,31/08/2026,22.5,120000",
        "england,exclusions,31/08/2026,6,",
    )  # fmt: skip
    found = understood(written(tmp_path, *rows))
    assert found.figures == [
        ("ks2_expected:send", 900001, END, 20.0, None, 12.0), ("ks2_expected:send", 900002, END, None, Missing.SUPPRESSED, 2.0)
    ]  # fmt: skip
    assert found.area_figures == [("ks2_expected:send", "ENG", "all", END, 22.5), ("exclusions", "ENG", "all", END, 6.0)]
    assert (found.rows_kept, found.edition, found.codes) == (4, "exclusions, ks2_expected:send to 2026-08-31", {"SUPP": 1})


def test_a_national_figure_may_be_of_one_sector_and_a_schools_may_not_be_mistaken_for_one(tmp_path: pathlib.Path) -> None:
    header = f"{HEADER},Sector"
    found = understood(
        written(tmp_path, "ENG,exclusions,31/08/2026,2,,Primary", "ENG,exclusions,31/08/2026,9,,", "900001,exclusions,31/08/2026,3,,", header=header)
    )
    assert found.area_figures == [("exclusions", "ENG", "primary", END, 2.0), ("exclusions", "ENG", "all", END, 9.0)]
    assert [figure[1] for figure in found.figures] == [900001] and found.unknown_columns == []
    with pytest.raises(BadFile, match='line 2: "middle" is no sector of a national figure: write primary, secondary, special, all or nothing'):
        understood(written(tmp_path, "ENG,exclusions,31/08/2026,2,,middle", header=header))


def test_a_national_figure_that_stands_there_twice_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match=r"line 3: exclusions:send of England \(all\) on 31 August 2026 stands there twice"):
        understood(written(tmp_path, "ENG,exclusions:send,31/08/2026,14,", "England,exclusions:send,31/08/2026,15,"))


def nation(database: Database) -> dict[tuple[str, str], float]:
    with database.reading() as session:
        return {(one.indicator, one.sector): one.value for one in session.exec(select(AreaEvidence)).all()}


def test_a_later_list_takes_the_place_of_the_very_national_figures_it_names(database: Database, tmp_path: pathlib.Path) -> None:
    both = ("ENG,exclusions:send,31/08/2026,14,", "ENG,exclusions,31/08/2026,6,")
    first, second = loaded(database, tmp_path, both, ("ENG,exclusions:send,31/08/2026,15,", "900001,exclusions:send,31/08/2026,9,"))
    assert nation(database) == {("exclusions:send", "all"): 15, ("exclusions", "all"): 6}
    assert second.skipped == {"took the place of an earlier figure": 1}
    assert known(database, "exclusions:send", "exclusions") == {"exclusions:send": {900001: [9]}, "exclusions": {}}
    with database.reading() as session:
        assert replaced(session, [first, second]) == {first.id: "in part"}
    assert load_file(database, written(tmp_path, *both), AT).understood is not None
    assert load_file(database, written(tmp_path, *both), AT).understood is None


def test_a_national_figure_is_kept_whatever_authority_a_list_is_cut_down_to(database: Database, tmp_path: pathlib.Path) -> None:
    with_schools(database, school(900001, authority="999"), school(900002, authority="998"))
    rows = ("ENG,exclusions:send,31/08/2026,14,", "900001,exclusions:send,31/08/2026,9,", "900002,exclusions:send,31/08/2026,8,")
    load = load_file(database, written(tmp_path, *rows), AT, "999").load
    assert (load.scope, load.rows_kept, load.skipped) == ("999", 2, {"other authority": 1})
    assert nation(database) == {("exclusions:send", "all"): 14}
    alone = load_file(database, written(tmp_path, "ENG,exclusions,31/08/2026,6,", name="alone.csv"), AT, "999").load
    assert (alone.rows_kept, len(nation(database))) == (1, 2)


def test_a_list_without_a_figure_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BadFile, match="no figure"):
        understood(written(tmp_path))


HEADS, EXCLUDED = "900001,head_changed,31/08/2026,1,", "900001,exclusions,31/08/2026,4,"


def loaded(database: Database, folder: pathlib.Path, *lists: tuple[str, ...]) -> list[Load]:
    return [load_file(database, written(folder, *rows, name=f"{number}.csv"), AT).load for number, rows in enumerate(lists)]


def known(database: Database, *names: str, newest_only: bool = False) -> dict[str, dict[int, list[float | None]]]:
    with database.reading() as session:
        series = load_series(session, names, {900001, 900002, 900003}, AT.date(), newest_only=newest_only)
    return {name: {urn: [one.value for one in line] for urn, line in series[name].items()} for name in names}


def test_a_later_list_takes_the_place_of_the_very_figures_it_names_and_says_how_many(database: Database, tmp_path: pathlib.Path) -> None:
    _, _, third = loaded(database, tmp_path, (HEADS,), (EXCLUDED,), ("900001,exclusions,31/08/2026,5,",))
    assert known(database, "head_changed", "exclusions") == {"head_changed": {900001: [1.0]}, "exclusions": {900001: [5.0]}}
    assert third.skipped == {"took the place of an earlier figure": 1}


def test_a_list_of_other_schools_or_another_day_leaves_all_figures_as_they_are(database: Database, tmp_path: pathlib.Path) -> None:
    others, earlier = "900002,exclusions,31/08/2026,7,", "900001,exclusions,31/08/2025,3,"
    loads = loaded(database, tmp_path, (EXCLUDED,), (others,), (earlier, "900003,exclusions,31/08/2026,9,"))
    assert known(database, "exclusions") == {"exclusions": {900001: [3, 4], 900002: [7], 900003: [9]}}
    assert all(load.skipped == {} for load in loads)


def test_a_list_of_which_another_replaced_a_figure_can_be_loaded_again(database: Database, tmp_path: pathlib.Path) -> None:
    both = (EXCLUDED, "900002,exclusions,31/08/2025,7,")
    loaded(database, tmp_path, both, ("900001,exclusions,31/08/2026,5,",))
    again = load_file(database, written(tmp_path, *both), AT)
    assert again.understood is not None and known(database, "exclusions")["exclusions"] == {900001: [4], 900002: [7]}
    assert load_file(database, written(tmp_path, *both), AT).understood is None


def test_a_list_of_ones_own_is_never_taken_for_a_whole_edition_of_england(database: Database, tmp_path: pathlib.Path) -> None:
    saved(database, share(900001, 2025, 60), share(900002, 2025, 70))
    [load] = loaded(database, tmp_path, ("900001,ks2_expected,01/09/2026,65,", "900003,ks2_expected,01/09/2024,50,"))
    newest = {urn: line[-1] for urn, line in known(database, "ks2_expected", newest_only=True)["ks2_expected"].items()}
    assert load.scope == "own" and newest == {900001: 65, 900002: 70, 900003: 50}


def test_where_there_are_only_lists_of_ones_own_the_newest_of_each_school_is_found(database: Database, tmp_path: pathlib.Path) -> None:
    loaded(database, tmp_path, (HEADS,), ("900002,head_changed,01/09/2026,0,",))
    assert known(database, "head_changed", newest_only=True) == {"head_changed": {900001: [1], 900002: [0]}}


def test_a_list_that_was_loaded_as_one_of_england_before_is_no_whole_edition_either(database: Database) -> None:
    saved(database, share(900001, 2025, 60), share(900002, 2025, 70))
    saved(database, share(900001, 2026, 65), kind=NAME, scope="ENG")
    assert known(database, "ks2_expected", newest_only=True) == {"ks2_expected": {900001: [60, 65], 900002: [70]}}
