"""Made-up files of inspections, in the columns of Ofsted's own, for schools of 9xxxxx."""

import pathlib
from typing import Any

from tests.evidence.test_kind_ofsted import GRADED, LATEST_2025, text_of

BEFORE, AFTER = "made_up_as_at_31_July_2026.csv", "made_up_as_at_30_September_2026.csv"
RELATES, THEN = "Does the latest graded inspection relate to the URN of the current school?", "URN at time of latest graded inspection"


def graded(urn: int, grade: str, day: str, **more: str) -> dict[str, Any]:
    return {**GRADED, "URN": str(urn), RELATES: "Yes", THEN: str(urn), "Overall effectiveness": grade, "Inspection start date": day,
            "Publication date": "", **more}  # fmt: skip


def in_measures(urn: int, day: str) -> dict[str, Any]:
    return graded(urn, "4", day) | {"Category of concern": "SM", "Safeguarding is effective?": "No"}


def inspections(folder: pathlib.Path, name: str, *rows: dict[str, Any]) -> pathlib.Path:
    path = folder / name
    path.write_bytes(text_of(LATEST_2025, *rows, nothing="").encode("cp1252"))
    return path
