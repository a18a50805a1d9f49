"""Tables that fit the terminal they are shown on, and break no date, number or name that somebody may want to copy."""

import datetime
import re
from typing import Any

import pytest

from app import output
from app.output import show_table

ROWS: list[dict[str, Any]] = [
    {"case": 17, "urn": 990017, "school": "Coldharbour Lane Church of England Primary School", "stage": "diagnose",
     "status": "awaiting-self-evaluation", "turn": "school", "due": datetime.date(2027, 2, 22), "category": None},
    {"case": 123, "urn": 990123, "school": "Elm School", "stage": "broker", "status": "awaiting-approval", "turn": "commissioner",
     "due": datetime.date(2027, 2, 23), "category": "universal"},
]  # fmt: skip


def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, rows: list[dict[str, Any]], **more: Any) -> str:
    monkeypatch.setattr(output.out, "width", width)
    show_table(rows, "Nothing.", **more)
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [80, 90, 100, 120, 200])
def test_a_table_keeps_to_the_width_and_breaks_nothing_but_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    text = shown(capsys, monkeypatch, width, ROWS, spare=("stage",))
    assert max(map(len, text.splitlines())) <= width
    for word in ("990017", "2027-02-22", "2027-02-23", "awaiting-self-evaluation", "awaiting-approval", "commissioner", "universal", "Coldharbour"):
        assert re.search(rf"(^|\s){word}(\s|$)", text, re.MULTILINE), word
    assert all(word in text for word in str(ROWS[0]["school"]).split())


def test_a_wide_table_has_one_line_a_row_and_all_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(capsys, monkeypatch, 200, ROWS, spare=("stage",)).splitlines()
    assert len(lines) == 3 and lines[0].split() == list(ROWS[0])
    assert lines[1].index("diagnose") == lines[2].index("broker")


def test_the_longest_column_of_words_wraps_between_words(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"urn": 990001, "slug": "at-risk-after-ungraded", "why": "it is an academy school, and may opt in if it likes"}]
    lines = shown(capsys, monkeypatch, 60, rows).splitlines()
    assert len(lines) == 3 and lines[1].startswith("990001  at-risk-after-ungraded  it is an academy")
    assert " ".join(lines[1].split()[2:] + lines[2].split()) == rows[0]["why"]


def test_an_empty_heading_is_a_column_like_any_other(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(capsys, monkeypatch, 80, [{"": "to draft", "number": 3}]).splitlines() == ["          number", "to draft       3"]


def test_what_stands_beneath_has_lines_of_its_own_under_each_row(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[dict[str, Any]] = [
        {"case": 1, "cost": "£600.00", "who_was_next": "Adviser 2: reading at level 2 of 3", "status": "agreed"},
        {"case": 2, "cost": "£6.00", "who_was_next": None, "status": "approved"},
    ]
    assert shown(capsys, monkeypatch, 40, rows, beneath=("who_was_next",)).splitlines() == [
        "case  cost     status",
        "   1  £600.00  agreed",
        "      who was next: Adviser 2: reading",
        "      at level 2 of 3",
        "   2  £6.00    approved",
        "      who was next: -",
    ]
