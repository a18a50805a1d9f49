"""Finding schools by authority and name, where files carry no URN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.naming import KnownNames, by_name, normalised
from models.database import Database
from models.words import Phase
from tests.evidence.made_up import school, with_schools


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St Mary's C of E Primary School", "Saint Mary\u2019s Church of England Primary Academy"),
        ("St. Mary's CofE (VA) Primary School", "ST MARYS CE VOLUNTARY AIDED PRIMARY"),
        ("The Oak & Ash Infant School", "Oak and Ash Infant School"),
        ("Stoke-on-the-Hill School", "Stoke on the Hill Academy"),
        ("St Joseph's R.C. Primary", "St Joseph's Roman Catholic Primary"),
        ("St Andr\u00e9's School", "St Andre's School"),
        ("Holy Trinity/St Anne's", "Holy Trinity St Anne's"),
        ("Elm Jnr School", "Elm Junior School"),
    ],
)
def test_spellings_of_one_name_are_the_same(one: str, other: str) -> None:
    assert normalised(one) == normalised(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("Oak Infant School", "Oak Junior School"), ("St Mary's School", "St Martin's School"), ("Ash Park", "Ash"), ("Acle School", "Ale School")],
)
def test_names_of_different_schools_stay_different(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@given(st.text())
def test_a_name_that_was_normalised_is_plain_and_whatever_was_written_can_be(name: str) -> None:
    found = normalised(name)
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789& ") and found == " ".join(found.split())


def test_a_name_that_two_schools_of_an_authority_share_is_left_out() -> None:
    rows = [(900001, "999", "Oak Primary School"), (900002, "999", "The Oak School"), (900003, "998", "Oak School"), (900004, "999", "Elm School")]
    assert by_name(rows) == {("998", "oak"): 900003, ("999", "elm"): 900004}


def test_only_open_state_funded_schools_with_pupils_of_eleven_are_found(database: Database) -> None:
    with_schools(
        database, school(900001, name="Oak School"), school(900002, name="Oak School", phase=Phase.SECONDARY),
        school(900003, name="Elm School", open=False), school(900004, name="Fir School", state_funded=False),
        school(900005, name="Ash School", phase=Phase.ALL_THROUGH), school(900006, name="Yew School", phase=Phase.NURSERY),
    )  # fmt: skip
    names = KnownNames(database)
    assert dict(names) == {("999", "oak"): 900001, ("999", "ash"): 900005} and len(names) == 2
    assert names["999", "oak"] == 900001 and ("999", "elm") not in names
