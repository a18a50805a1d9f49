"""Members by command: a list that is loaded, looked at, and a membership that ends."""

from pathlib import Path

import pytest
from sqlmodel import col, select

from models.database import Database
from models.trail import Event
from tests.app.conftest import Run
from tests.app.test_bad_input import is_one_sentence, opening
from tests.stages.builders import Journey, everything, programme_text

AS_OF = ("--as-of", "2026-09-02T09:00")


def listed(folder: Path, *lines: str, header: str = "urn,kind,pounds,joined,left,school_year") -> Path:
    """Write a list of members."""
    path = folder / "members.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


@pytest.fixture
def loaded(case: Journey, lodestar: Run, tmp_path: Path) -> Journey:
    """A commission of another programme, and four memberships of three schools."""
    lines = (
        "990001,Full,1200.50,2026-09-01,,",
        "990002,associate,0,01/09/2026,,",
        "990001,full,450,2026-09-01,,2027",
        "990003,full,450,2025-09-01,2026-01-31,",
    )
    ran = lodestar("member", "load", listed(tmp_path, *lines), *AS_OF)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "4 memberships were added: 1 for 2025/26, 2 for 2026/27, 1 for 2027/28.\n"
    return case


def test_members_are_listed_by_year_as_a_table_and_as_json(loaded: Journey, lodestar: Run) -> None:
    found = lodestar("member", "list", "--json").json
    assert [(one["urn"], one["school_year"]) for one in found] == [(990_001, 2027), (990_001, 2026), (990_002, 2026), (990_003, 2025)]
    assert found[1] == {
        "urn": 990_001,
        "school": found[0]["school"],
        "school_year": 2026,
        "kind": "full",
        "fee": 120_050,
        "joined": "2026-09-01",
        "left": None,
    }
    assert [one["urn"] for one in lodestar("member", "list", "--year", "2026", "--json").json] == [990_001, 990_002]
    table = lodestar("member", "list", "--year", "2026").out
    assert "2026/27" in table and "£1,200.50" in table and found[0]["school"] in table and "2027/28" not in table
    assert lodestar("member", "list", "--year", "2030").out == "No memberships are known for 2030/31: add some with `lodestar member load FILE`.\n"


def test_where_nobody_is_a_member_a_sentence_or_an_empty_list_says_so(lodestar: Run, installed: Database) -> None:
    assert lodestar("member", "list").out == "No memberships are known: add some with `lodestar member load FILE`.\n"
    assert lodestar("member", "list", "--json").json == []


def test_a_membership_ends_by_command_and_a_renewal_is_told(loaded: Journey, lodestar: Run) -> None:
    ran = lodestar("member", "leaves", "990001", "--on", "2027-03-31", "--reason", "A new trust.", "--as", "adviser", "--by", "link adviser", *AS_OF)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("School 990001 is a member until 31 March 2027.\nIt has been renewed for 2027/28 already")
    assert [one["left"] for one in lodestar("member", "list", "--json").json] == [None, "2027-03-31", None, "2026-01-31"]
    with loaded.database.reading() as session:
        event = session.exec(select(Event).order_by(col(Event.id).desc())).first()
    assert event is not None and (event.kind, event.role.value, event.by) == ("membership.ended", "adviser", "link adviser")
    assert lodestar("member", "leaves", "990002", "--on", "2027-03-31", "--reason", "x").out == "School 990002 is a member until 31 March 2027.\n"


WRONG: dict[str, tuple[list[str], str]] = {
    "a list of last year once more": (["load", "990001,full,450,2026-10-01,,"], "(990001) in 2026/27"),
    "a school twice": (["load", "990009,full,450,2026-10-01,,", "990009,full,450,2026-10-01,,"], "(990009) in 2026/27"),
    "rows that do not fit": (["load", "990009,full,lots,2026-10-01,,", "990010,full,450,soon,,"], 'line 3: joined: "soon" is no date'),
    "a school that there is not": (["load", "990009,full,450,2026-10-01,,", "123456,full,450,2026-10-01,,"], "123456"),
    "a school's own list": (["load", "990009,full,450,2026-10-01,,", "--as", "school"], "school"),
    "no membership": (["leaves", "990009", "--on", "2027-01-01", "--reason", "x"], "`lodestar member list --year 2026`"),
    "no reason": (["leaves", "990001", "--on", "2027-01-01"], "--reason"),
    "a commissioner": (["leaves", "990001", "--on", "2027-01-01", "--reason", "x", "--as", "commissioner"], "commissioner"),
    "a membership that is over": (["leaves", "990003", "--on", "2026-02-01", "--reason", "x"], "31 January 2026 already"),
    "no day": (["leaves", "990001", "--reason", "x"], '"member leaves" needs --on DATE'),
    "no year": (["list", "--year", "0"], "0"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_done_is_said_in_one_sentence_and_nothing_is_saved(loaded: Journey, lodestar: Run, tmp_path: Path, what: str) -> None:
    (command, *words), named = WRONG[what]
    lines = [word for word in words if word.count(",") > 3]
    given = [str(listed(tmp_path, *lines)), *words[len(lines) :]] if command == "load" else words
    before = everything(loaded.database)
    ran = lodestar("member", command, *given)
    is_one_sentence(ran)
    assert named in ran.err
    assert everything(loaded.database) == before


def test_a_list_without_its_columns_is_refused_with_what_is_missing(loaded: Journey, lodestar: Run, tmp_path: Path) -> None:
    ran = lodestar("member", "load", listed(tmp_path, "990009,Ash", header="urn,name"))
    is_one_sentence(ran)
    assert "members.csv: line 2: kind: nothing stands there, and it is needed: fill it in" in ran.err


def test_a_school_that_the_register_has_not_is_named_with_every_other_fault(loaded: Journey, lodestar: Run, tmp_path: Path) -> None:
    before = everything(loaded.database)
    ran = lodestar("member", "load", listed(tmp_path, "990009,full,450,soon,,", "123456,full,450,2026-09-01,,"))
    is_one_sentence(ran)
    assert "line 2: joined: " in ran.err and "line 3: urn: there is no school 123456 in the register: look at the URN." in ran.err
    assert everything(loaded.database) == before


def test_a_programme_for_members_opens_for_members_only(case: Journey, lodestar: Run, tmp_path: Path) -> None:
    invited = {"status": ["maintained"], "phases": ["primary"]}
    offer = tmp_path / "offer.yaml"
    offer.write_text(programme_text(take_part={"invited": invited, "members_only": True}))
    before = everything(case.database)
    ran = lodestar(*opening("--programme", str(offer)))
    is_one_sentence(ran)
    assert "load the memberships with `lodestar member load FILE`" in ran.err and everything(case.database) == before
    schools = lodestar("register", "list", "--authority", "999", "--json").json
    able = [one["urn"] for one in schools if one["phase"] == "primary" and one["status"] == "maintained"]
    assert lodestar("member", "load", listed(tmp_path, *(f"{urn},full,450,2026-09-01,," for urn in able[:3])), *AS_OF).code == 0
    assert "NEW is open: 3 schools are in, 0 are asked, 97 are out." in lodestar(*opening("--programme", str(offer))).out
    found = {one["urn"]: one["why"] for one in lodestar("commission", "selection", "NEW", "--json").json}
    assert found[able[3]] == "it is no member of the partnership" and found[able[0]].startswith(
        "it meets the programme's terms: it is a member of the partnership; it is a "
    )
