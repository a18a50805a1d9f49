"""What Prefect says, in our own words."""

import datetime

import pytest

from flows.saying import check_parameters, moment_in_london, schedule_in_words, sentence_of
from models.errors import BadInput

SCHEMA = {"properties": {"commission": {}, "as_of": {}}, "required": ["commission"]}


@pytest.mark.parametrize(
    ("cron", "words"),
    [("30 6 * * 1-5", "06:30, Monday to Friday"), ("0 18 * * *", "18:00, every day"), ("*/5 * * * *", "*/5 * * * *"), ("", "")],
)
def test_a_schedule_is_said_as_people_say_it(cron: str, words: str) -> None:
    assert schedule_in_words(cron) == words


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({}, "diagnose needs commission: give --set commission=..."),
     ({"commission": "A", "colour": 1}, 'diagnose has no parameter "colour": it takes commission, as_of.')],
)  # fmt: skip
def test_a_parameter_that_is_missing_or_unknown_is_named(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput) as raised:
        check_parameters("diagnose", SCHEMA, given)
    assert str(raised.value) == sentence


def test_what_is_enough_is_taken() -> None:
    check_parameters("diagnose", SCHEMA, {"commission": "A"})
    check_parameters("daily-sweep", {}, {})


@pytest.mark.parametrize(
    ("message", "sentence"),
    [("Flow run encountered an exception: NotFound: There is no commission: look.", "There is no commission: look."),
     ("Flow run encountered an exception: ValueError: x", None), ("Flow run encountered an exception: Path: x", None), ("Done", None), (None, None)],
)  # fmt: skip
def test_only_what_a_person_can_put_right_is_said_alone(message: str | None, sentence: str | None) -> None:
    assert sentence_of(message) == sentence


def test_moments_are_londons() -> None:
    assert moment_in_london(datetime.datetime(2027, 7, 1, 5, 30, tzinfo=datetime.UTC)) == "2027-07-01 06:30"
