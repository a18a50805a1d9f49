"""Answers at a glance: the newest judgement beside the first, means by term, and sums too small to show."""

import datetime

from models.programme import Instrument
from reports.answers import at_a_glance, counts, over_time
from tests.stages.test_asking import PROFILE

D = datetime.date
SCALES = Instrument.model_validate({**PROFILE, "by_group": [], "questions": [{"id": "a", "asks": "A?"}, {"id": "b", "asks": "B?"}]})
ANSWERS = {
    (1, "Ash"): [(D(2026, 9, 20), {"a": 1, "b": 4}), (D(2026, 10, 2), {"a": 2, "b": 4}), (D(2027, 1, 20), {"a": 3, "b": 3})],
    (2, "Elm"): [(D(2026, 9, 22), {"a": 4, "b": 2})],
}


def test_a_school_is_one_row_with_its_newest_judgement_and_what_changed_since_its_first() -> None:
    assert at_a_glance(SCALES, ANSWERS) == [
        {"urn": 1, "school": "Ash", "editions": 3, "first": D(2026, 9, 20), "newest": D(2027, 1, 20), "a": "3 +2", "b": "3 -1"},
        {"urn": 2, "school": "Elm", "editions": 1, "first": D(2026, 9, 22), "newest": D(2026, 9, 22), "a": "4", "b": "2"},
    ]


def test_a_term_has_the_mean_of_each_schools_newest_answer_in_it() -> None:
    assert over_time(SCALES, ANSWERS) == [
        {"term": "autumn 2026/27", "schools": 2, "a": 3.0, "b": 3.0}, {"term": "spring 2026/27", "schools": 1, "a": 3.0, "b": 3.0}
    ]  # fmt: skip


def test_a_sum_of_fewer_pupils_than_the_limit_is_not_shown_and_a_true_zero_is() -> None:
    instrument = Instrument.model_validate({**PROFILE, "suppress_below": 5})
    said = {
        (1, "Ash"): [
            (D(2026, 9, 20), {"assessed": 8, "secure": 2, "assessed:fsm": 3, "secure:fsm": 0}),
            (D(2028, 6, 1), {"assessed": 8, "secure": 3, "assessed:fsm": 6, "secure:fsm": 0}),
        ],
        (2, "Elm"): [(D(2026, 9, 20), {"assessed": 9, "secure": 2}), (D(2028, 6, 1), {"assessed": 9, "secure": 7})],
    }
    said[3, "Oak"] = [(D(2026, 9, 20), {"assessed": 50, "secure": 40})]
    rows = {row["count"]: (row["schools"], row["first"], row["newest"], row["answered_once"]) for row in counts(instrument, said)}
    assert rows == {
        "assessed": (2, 17, 17, 1), "secure": (2, "fewer than 5", 10, 1), "assessed, fsm": (1, "fewer than 5", 6, 0), "secure, fsm": (1, 0, 0, 0),
        "assessed, send": (0, None, None, 0), "secure, send": (0, None, None, 0),
    }  # fmt: skip
