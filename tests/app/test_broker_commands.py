"""Matches and links by command: whose case is touched by a decision, and which matches are listed."""

from models.supporter import Supporter
from models.words import Role, Status
from tests.app.conftest import Run
from tests.stages.builders import Journey

REFERENCE = "999-economic-exclusion"


def name(case: Journey) -> str:
    with case.database.reading() as session:
        return session.get_one(Supporter, case.case.supporter_id).name


def decided(lodestar: Run, case: Journey, outcome: str) -> list[str]:
    ran = lodestar("supporter", "conflict", name(case), case.case.urn, outcome, "--as", "lead", "--by", "lead")
    assert ran.code == 0, ran.err
    return ran.out.splitlines()


def test_barring_a_supporter_who_is_at_work_says_which_case_is_touched_and_what_to_do(lodestar: Run, case: Journey) -> None:
    case.until(Status.BOOKED)
    who, number, urn = name(case), case.case_id, case.case.urn
    assert lodestar("supporter", "declare", who, "--conflict", f"{urn}:governor", "--as-of", f"{case.at.date()}").code == 0
    assert decided(lodestar, case, "clear") == [f"The conflict of {who} with school {urn} is clear."]
    (school,) = (row["school"] for row in lodestar("case", "list", "--commission", REFERENCE, "--json").json if row["case"] == number)
    said, touched = decided(lodestar, case, "barred")
    assert said == f"The conflict of {who} with school {urn} is barred."
    assert touched == f"{who} supports {school} in case {number} now: seek somebody else with `lodestar decide replace-supporter {number}`."
    case.decide("pause", Role.ADVISER, reason="The school floods.")
    assert f"resume the case with `lodestar decide resume {number}` and then seek somebody else" in decided(lodestar, case, "barred")[1]


def test_matches_of_cases_that_are_over_are_listed_only_with_all(lodestar: Run, case: Journey) -> None:
    case.until(Status.BOOKED)
    before = lodestar("broker", "matches", REFERENCE, "--json").json
    assert [row["case_stands"] for row in before if row["case"] == case.case_id] == ["booked"]
    assert "booked" in lodestar("broker", "matches", REFERENCE).out
    case.decide("withdraw", Role.SCHOOL, reason="The school merges.")
    mine = [row for row in before if row["case"] != case.case_id]
    assert lodestar("broker", "matches", REFERENCE, "--json").json == mine
    everything = lodestar("broker", "matches", REFERENCE, "--all", "--json").json
    assert [row["case_stands"] for row in everything if row["case"] == case.case_id] == ["withdrawn"] and len(everything) == len(mine) + 1
