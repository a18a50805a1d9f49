"""Lists of supporters, contacts and conflicts: every row that does not fit is named, and a list is saved whole or not at all."""

import datetime
from typing import Any

import pendulum
import pytest
from sqlmodel import Session, col, select

from models.base import Strict
from models.database import Database
from models.errors import BadInput, LodestarError, NotAllowed
from models.partnership import Commissioner, Partnership, Person
from models.school import Contact
from models.supporter import Conflict, Expertise, Supporter
from models.trail import Event
from models.words import CommissionerKind, ConflictOutcome, Phase, Role, SupporterKind
from stages.broker.supporters import NewSupporter, add_supporters
from stages.lists import checked
from stages.loading import (
    NewConflict,
    NewContact,
    add_commissioner,
    add_conflicts,
    add_contacts,
    add_partnership,
    add_person,
)
from stages.record import Actor
from tests.stages.builders import everything

TODAY = datetime.date(2026, 9, 2)
AT = pendulum.datetime(2026, 9, 2, 9, tz="Europe/London")
LEAD = Actor(Role.LEAD, "partnership lead")


def supporter(**changes: Any) -> dict[str, Any]:
    return {"name": "Ada", "email": "ada@p.example", "skills": "disadvantage:3", "days_a_year": "10", "pounds_a_day": "520", **changes}


def supporters(*rows: dict[str, Any]) -> list[NewSupporter]:
    return checked(NewSupporter, rows, "supporters.csv")


def add(database: Database, *rows: dict[str, Any]) -> list[int]:
    with database.writing() as session:
        return add_supporters(session, supporters(*rows))


def all_of(database: Database, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.exec(select(table).order_by(col(table.id))).all())


def test_a_supporter_is_saved_in_half_days_and_pence_with_skills_by_level_and_phase(database: Database) -> None:
    row = supporter(skills="disadvantage:3; attendance ;reading:1:primary", days_a_year="10.5", pounds_a_day="519.99", working_days="531")
    ids = add(database, row, supporter(name="Bo", kind="hub"))
    first, second = all_of(database, Supporter)
    assert ids == [first.id, second.id]
    assert (first.half_days_a_year, first.cost_a_day, first.working_days, first.kind) == (21, 51_999, [1, 3, 5], SupporterKind.ADVISER)
    assert second.kind is SupporterKind.HUB
    found = [(e.skill, e.level, e.phase) for e in all_of(database, Expertise) if e.supporter_id == first.id]
    assert found == [("disadvantage", 3, None), ("attendance", 2, None), ("reading", 1, Phase.PRIMARY)]


def test_every_row_that_does_not_fit_is_named_with_its_line() -> None:
    changes: list[dict[str, Any]] = [
        {}, {"email": "nobody"}, {"days_a_year": "many"}, {}, {"days_a_year": "0"}, {"kind": "friend"}, {"name": ""}, {"hobby": "chess"},
        {"days_a_year": "1.3", "caseload_cap": "0", "skills": "reading:4"},
    ]  # fmt: skip
    rows = [supporter(**{"name": f"Supporter {number}", **change}) for number, change in enumerate(changes)]
    with pytest.raises(BadInput) as raised:
        supporters(*rows)
    said = str(raised.value)
    assert said.startswith("supporters.csv: ") and said.endswith(".") and "\n" not in said
    parts = said.removeprefix("supporters.csv: ").split("; ")
    expected = [(3, "email"), (4, "days_a_year"), (6, "days_a_year"), (7, "kind"), (8, "name"), (9, "hobby")]
    # All of a row, in the order of the columns.
    expected += [(10, "skills"), (10, "days_a_year"), (10, "caseload_cap")]
    assert [part.split(": ")[:2] for part in parts] == [[f"line {line}", name] for line, name in expected]


def test_of_very_many_wrong_rows_the_first_ten_are_named() -> None:
    with pytest.raises(BadInput, match=r"line 11: .*; and more in 20 further lines\.$") as raised:
        supporters(*[supporter(name=f"Supporter {number}", email="nobody") for number in range(30)])
    assert "line 12" not in str(raised.value)


def test_empty_fields_and_fields_beyond_the_header_are_left_out() -> None:
    found = supporters({**supporter(kind="", trust="", easting=""), None: ["more"]})  # type: ignore[dict-item]
    assert (found[0].kind, found[0].trust, found[0].easting) == (SupporterKind.ADVISER, None, None)


@pytest.mark.parametrize("skills", ["reading:9", "reading:x", "reading:2:moon", ":2", "a:1:primary:more", "reading:0"])
def test_a_skill_that_is_written_otherwise_is_shown_and_nothing_is_saved(database: Database, skills: str) -> None:
    before = everything(database)
    with pytest.raises(BadInput, match=f'"{skills}" is no skill'):
        add(database, supporter(), supporter(name="Bo", skills=skills))
    assert everything(database) == before


def test_a_supporter_without_any_skill_is_refused(sqlite_database: Database) -> None:
    with pytest.raises(BadInput):
        add(sqlite_database, supporter(skills=" ; "))


@pytest.mark.parametrize("days", ["1-5", "67", "Mon", "0"])
def test_working_days_that_are_written_otherwise_are_refused_and_not_guessed(sqlite_database: Database, days: str) -> None:
    with pytest.raises(BadInput):
        add(sqlite_database, supporter(working_days=days))


def test_a_name_that_is_taken_is_refused_and_nothing_is_saved(database: Database) -> None:
    add(database, supporter())
    before = everything(database)
    with pytest.raises(BadInput, match="already: Ada"):
        add(database, supporter(name="Bo"), supporter())
    assert everything(database) == before


REPEATED: dict[str, Any] = {
    "a supporter twice": lambda s: add_supporters(s, supporters(supporter(), supporter())),
    "a skill twice": lambda s: add_supporters(s, supporters(supporter(name="Bo", skills="reading:1:primary;reading:3:primary"))),
    "a contact twice": lambda s: add_contacts(
        s, [NewContact(urn=1, name="A", email="a@x.example"), NewContact(urn=1, name="B", email="b@x.example")]
    ),
    "a conflict twice": lambda s: add_conflicts(s, [NewConflict(supporter="Cy", urn=1, kind="family")] * 2, LEAD, AT),
    "a conflict again": lambda s: [add_conflicts(s, [NewConflict(supporter="Cy", urn=1, kind="family")], LEAD, AT) for _ in range(2)],
}


@pytest.mark.parametrize("what", REPEATED)
def test_what_stands_twice_in_a_list_is_refused_in_a_sentence_and_nothing_is_saved(database: Database, what: str) -> None:
    add(database, supporter(name="Cy"))
    before = everything(database)
    with pytest.raises(LodestarError), database.writing() as session:
        REPEATED[what](session)
    assert everything(database) == before


def test_a_contact_replaces_the_one_of_the_same_school_and_role(database: Database) -> None:
    def put(*rows: NewContact) -> None:
        with database.writing() as session:
            add_contacts(session, rows)

    put(NewContact(urn=1, name="Old", email="old@x.example"), NewContact(urn=2, name="Other", email="other@x.example"))
    put(NewContact(urn=1, name="New", email="o'brien@x.example"), NewContact(urn=1, role="chair", name="Chair", email="chair@x.example"))
    found = {(contact.urn, contact.role): contact.email for contact in all_of(database, Contact)}
    assert found == {(1, "headteacher"): "o'brien@x.example", (2, "headteacher"): "other@x.example", (1, "chair"): "chair@x.example"}


def test_a_conflict_is_open_until_somebody_decides_and_its_supporter_must_be_known(database: Database) -> None:
    ids = add(database, supporter())
    with database.writing() as session:
        assert add_conflicts(session, [NewConflict(supporter="Ada", urn=7, kind="governor")], LEAD, AT) == 1
    found = all_of(database, Conflict)[0]
    assert (found.supporter_id, found.outcome, found.declared_on) == (ids[0], ConflictOutcome.OPEN, TODAY)
    assert [(one.kind, one.by, one.detail["urn"]) for one in all_of(database, Event)] == [("conflict.declared", "partnership lead", 7)]
    before = everything(database)
    with pytest.raises(NotAllowed, match="for adviser, lead"), database.writing() as session:
        add_conflicts(session, [NewConflict(supporter="Ada", urn=8, kind="governor")], Actor(Role.SUPPORTER, "Ada"), AT)
    with pytest.raises(BadInput, match="no supporter called Zed"), database.writing() as session:
        add_conflicts(session, [NewConflict(supporter="Ada", urn=8, kind="governor"), NewConflict(supporter="Zed", urn=8, kind="governor")], LEAD, AT)
    assert everything(database) == before


@pytest.mark.parametrize("authority", ["", "99", "9999", "abc", "9 9", "٣٣٣"])
def test_an_authority_that_is_no_code_is_refused(sqlite_database: Database, authority: str) -> None:
    with pytest.raises(BadInput, match="three-digit code"), sqlite_database.writing() as session:
        add_commissioner(session, "A Council", CommissionerKind.LOCAL_AUTHORITY, authority, "c@x.example")
    assert all_of(sqlite_database, Commissioner) == []


@pytest.mark.parametrize("address", ["nobody", "a@b@c", "", "a b@x.example", "office@x.example\n"])
def test_an_address_that_cannot_be_written_to_is_refused_wherever_it_is_given(sqlite_database: Database, address: str) -> None:
    def people(session: Session) -> None:
        add_person(session, "Ada", address, Role.ADVISER)

    def buyers(session: Session) -> None:
        add_commissioner(session, "A Council", CommissionerKind.LOCAL_AUTHORITY, "919", address)

    for put in (people, buyers):
        with pytest.raises(BadInput, match="can be written to"), sqlite_database.writing() as session:
            put(session)
    assert all_of(sqlite_database, Person) == [] and all_of(sqlite_database, Commissioner) == []


def test_the_same_commissioner_or_person_is_not_added_twice(database: Database) -> None:
    with database.writing() as session:
        add_commissioner(session, "A Council", CommissionerKind.LOCAL_AUTHORITY, "919", "c@x.example")
        add_person(session, "Ada", "ada@x.example", Role.ADVISER)
        add_person(session, "Ada", "ada@x.example", Role.LEAD)
        assert add_partnership(session, "Us", "us@x.example") == add_partnership(session, "Us", "other@x.example")
    before = everything(database)
    with pytest.raises(BadInput, match="already"), database.writing() as session:
        add_commissioner(session, "A Council", CommissionerKind.LOCAL_AUTHORITY, "919", "d@x.example")
    with pytest.raises(BadInput, match="already"), database.writing() as session:
        add_person(session, "Another", "ada@x.example", Role.ADVISER)
    assert everything(database) == before
    assert len(all_of(database, Partnership)) == 1


def test_a_list_without_rows_is_an_empty_list() -> None:
    assert checked(NewContact, [], "contacts.csv") == []
    assert issubclass(NewContact, Strict)


def by_term(text: str, **changes: Any) -> dict[str, Any]:
    return supporter(**{"days_a_year": "", "days_by_term": text, **changes})


def test_days_by_term_are_saved_in_half_days_and_add_up_to_the_year(database: Database) -> None:
    add(database, by_term("autumn=5;spring=4; summer = 3.5 "), by_term("summer=2", name="Bo"), supporter(name="Cy"))
    first, second, third = all_of(database, Supporter)
    assert (first.half_days_a_year, first.half_days_by_term) == (25, {"autumn": 10, "spring": 8, "summer": 7})
    assert (second.half_days_a_year, second.half_days_by_term) == (4, {"autumn": 0, "spring": 0, "summer": 4})
    assert (third.half_days_a_year, third.half_days_by_term) == (20, None)
    with database.reading() as session:
        # Missing is missing, and not the word null.
        nothing = select(Supporter.name).where(col(Supporter.half_days_by_term).is_(None))
        assert session.exec(nothing).all() == ["Cy"]


def test_days_by_term_beside_the_same_number_of_days_a_year_are_no_contradiction(sqlite_database: Database) -> None:
    add(sqlite_database, by_term("autumn=5;spring=4;summer=3", days_a_year="12"))
    assert all_of(sqlite_database, Supporter)[0].half_days_a_year == 24


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            by_term("autumn=5;spring=4", days_a_year="10"),
            "the terms add up to 9 days and days_a_year says 10: give one of the two, or make them agree",
        ),
        (by_term(""), "give days_a_year, or days_by_term as autumn=5;spring=4;summer=3"),
        (by_term("winter=5"), '"winter=5" is no days of a term: write autumn=5;spring=4;summer=3, in whole or half days'),
        (by_term("autumn=5;autumn=4"), "autumn is given twice"),
        (by_term("autumn=0"), "the terms add up to 0 days: a year has more than none and 260 at most"),
        (by_term("autumn=100;spring=100;summer=61"), "the terms add up to 261 days"),
        *(
            (by_term(text), f'"{text}" is no days of a term')
            for text in ("autumn", "autumn=", "autumn=1.3", "autumn=-1", "autumn=nan", "autumn=1e1", "5")
        ),
    ],
)
def test_days_by_term_that_cannot_be_are_refused_in_words_with_their_line(row: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput) as raised:
        supporters(supporter(), row)
    assert str(raised.value).startswith(f"supporters.csv: line 3: days_by_term: {says}")


def test_a_number_of_days_a_year_that_is_wrong_by_itself_is_what_is_said() -> None:
    with pytest.raises(BadInput, match="line 2: days_a_year: "):
        supporters(by_term("autumn=5", days_a_year="many"))


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a column that is not there": ({"hobby": "chess"}, "hobby: there is no such column in this list: look at its name, or take it out"),
    "nothing": ({"name": ""}, "name: nothing stands there, and it is needed: fill it in"),
    "a word for a number": ({"days_a_year": "many"}, 'days_a_year: "many" is no number: write it as 10 or 10.5'),
    "too much": ({"days_a_year": "300"}, 'days_a_year: "300" is too much: write 260 or less'),
    "too little": ({"days_a_year": "0"}, 'days_a_year: "0" is too little: write more than 0'),
    "no half day": ({"days_a_year": "1.3"}, 'days_a_year: "1.3" does not do: write a multiple of 0.5'),
    "beyond any": ({"caseload_cap": "9" * 5000}, f'caseload_cap: "{"9" * 60}..." is a number beyond any that can be meant: look at it again'),
    "another kind": ({"kind": "friend"}, 'kind: "friend" is none of those there are: write '),
    "days of the week": ({"working_days": "67"}, 'working_days: "67" is not written as it should be: '),
    "a skill": ({"skills": "reading:9"}, 'skills: "reading:9" is no skill: write skill, skill:level (1 to 3) or skill:level:phase'),
    "no skill": ({"skills": ";"}, "skills: no skill stands there: give at least one"),
    "a skill twice": ({"skills": "reading;reading:3"}, "skills: reading stands there twice: leave one of them out"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_what_is_wrong_with_a_cell_is_said_in_plain_words_with_line_and_column(what: str) -> None:
    changes, says = FAULTS[what]
    with pytest.raises(BadInput) as raised:
        supporters(supporter(name="Bo"), supporter(**changes))
    said = str(raised.value)
    assert said.startswith(f"supporters.csv: line 3: {says}")
    assert not any(word in said for word in ("Input should", "validation", "Field required", "String should", "pydantic", "Extra inputs"))


def test_a_row_that_stands_in_a_list_twice_is_named_with_both_lines_and_empty_rows_count_as_lines() -> None:
    with pytest.raises(BadInput) as raised:
        supporters(supporter(), {}, supporter(name="Bo"), supporter())
    assert str(raised.value) == "supporters.csv: line 5: name: the same (Ada) stands in line 2 already: leave one of them out."
    with pytest.raises(BadInput) as raised:
        supporters(supporter(), supporter(name=" Ada ", email="nobody"))
    assert [part.split(": ")[1] for part in str(raised.value).split("; ")] == ["line 3", "name"]
    assert "line 3: email: " in str(raised.value) and "line 3: name: the same (Ada) stands in line 2 already" in str(raised.value)
