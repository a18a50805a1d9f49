"""Documents are written whole or not at all, and where one cannot be written that is one sentence."""

from pathlib import Path

import pytest

from models.database import Database
from models.errors import BadInput
from models.money import pounds
from reports.documents import write_document
from reports.page import write_report
from tests.stages.builders import Journey, journey


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_document_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    assert write_document(tmp_path / "note.pdf", lambda: b"whole").read_bytes() == b"whole"
    with pytest.raises(BadInput, match=r"note.pdf cannot be written \(No such file or directory\): give .* a folder that exists"):
        write_document(tmp_path / "nowhere" / "note.pdf", lambda: b"x")
    with pytest.raises(ZeroDivisionError):
        write_document(tmp_path / "note.pdf", lambda: bytes(1 // 0))
    assert names(tmp_path) == ["note.pdf"] and (tmp_path / "note.pdf").read_bytes() == b"whole"


def test_nothing_is_left_beside_a_document_whose_place_is_taken_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "note.pdf").mkdir()
    with pytest.raises(BadInput, match="cannot be written"):
        write_document(tmp_path / "note.pdf", lambda: b"whole")
    assert names(tmp_path) == ["note.pdf"]


def test_a_report_makes_its_folder_and_one_that_cannot_be_made_is_said(sqlite_database: Database, tmp_path: Path) -> None:
    one: Journey = journey(sqlite_database, tmp_path)
    page = write_report(sqlite_database, one.commission_id, one.at, tmp_path / "new" / "reports")
    assert page.read_text(encoding="utf-8").rstrip().endswith("</html>") and names(page.parent) == [page.name]
    (tmp_path / "file").write_text("a letter", encoding="utf-8")
    with pytest.raises(BadInput, match=r"cannot be written \(File exists\): give the path of a file in a folder that can be written to"):
        write_report(sqlite_database, one.commission_id, one.at, tmp_path / "file")


def test_pence_are_shown_as_pounds() -> None:
    assert [pounds(amount) for amount in (0, 5, 123_456_789)] == ["£0.00", "£0.05", "£1,234,567.89"]
