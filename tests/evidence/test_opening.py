"""Opening files: none is cut off in silence, zipped or not."""

import datetime
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from evidence.kind import Context
from evidence.opening import open_file
from evidence.reading import read_file
from models.errors import BadFile

TEXT = "URN,A\n" + "900001,1\n" * 300_000


@pytest.fixture(params=["csv", "zip"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of some 2.6 MB, as it is or zipped."""
    plain = tmp_path / "made_up.csv"
    plain.write_text(TEXT, encoding="utf-8", newline="")
    if request.param == "csv":
        return plain
    packed = tmp_path / "made_up.csv.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(plain, "made_up.csv")
    return packed


def test_a_file_that_is_as_large_as_can_be_is_read_whole_and_a_larger_one_is_refused(path: Path) -> None:
    with open_file(path, largest=len(TEXT)) as table:
        assert sum(1 for _ in table.rows) == 300_000
    with pytest.raises(BadFile, match=rf"^{path.name} has more than 2 MB, which no public file has: "), open_file(path, largest=len(TEXT) - 1):
        pass


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf\r\n", b""])
def test_a_file_of_nothing_but_a_mark_of_its_encoding_is_empty(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "grades.csv"
    path.write_bytes(data)
    with pytest.raises(BadFile, match=r"^grades\.csv is empty: download it again\.$"), open_file(path):
        pass


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_unicode_text_of_a_spreadsheet_is_read_and_looked_through_for_pupils_like_any_other(tmp_path: Path, mark: bytes) -> None:
    encoding = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    path = tmp_path / "grades_2024-04.csv"
    path.write_bytes(mark + "unique_reference_number,note,rating\n900001,Zo\u00eb,Good\n".encode(encoding))
    with open_file(path) as table:
        assert (table.columns[0], list(table.rows)) == ("unique_reference_number", [(2, ["900001", "Zo\u00eb", "Good"])])
    path.write_bytes(mark + "unique_reference_number,note,rating\n900001,A123456789012,Good\n".encode(encoding))
    with pytest.raises(BadFile, match="unique pupil number"):
        read_file(path, Context(datetime.date(2026, 8, 3)))
    path.write_bytes(mark + "unique_reference_number\trating\n900001\tGood\n".encode(encoding))
    with pytest.raises(BadFile, match="is parted by semicolons or tabs: save it as csv with commas"), open_file(path):
        pass


@pytest.mark.parametrize("beside", ["__MACOSX/._made_up.csv", "._made_up.csv", "tables/._made_up.csv", "tables/__MACOSX/made_up.csv", ".DS_Store"])
def test_what_macos_adds_to_a_zip_is_passed_over(tmp_path: Path, beside: str) -> None:
    path = tmp_path / "made_up.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(beside, b"\x00\x05\x16\x07")
        archive.writestr("tables/made_up.csv", "URN,A\n900001,1\n")
    with open_file(path) as table:
        assert list(table.rows) == [(2, ["900001", "1"])]


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_of_any_packing_that_is_damaged_anywhere_is_refused_as_a_damaged_zip_or_read_as_it_was(tmp_path: Path, packed: int) -> None:
    path, text = tmp_path / "made_up.zip", "URN,A\n" + "".join(f"{urn},{urn * urn}\n" for urn in range(900_000, 900_100))
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr("a.csv", text)
    whole, ends = path.read_bytes(), 30 + len("a.csv")
    with zipfile.ZipFile(path) as archive:
        size = archive.infolist()[0].compress_size
    said = "^made_up\\.zip is a damaged zip file, or a locked one: download it again\\.$"
    for place in range(ends, ends + size):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with suppress(BadFile), open_file(path) as table:
            assert sum(1 for _ in table.rows) == 100
            continue
        with pytest.raises(BadFile, match=said), open_file(path):
            pass
    path.write_bytes(whole[: ends + 20] + bytes(range(20)) + whole[ends + 40 :])
    with pytest.raises(BadFile, match=said), open_file(path):
        pass


def test_a_zip_that_names_a_place_before_its_start_is_refused_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "made_up.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "URN,A\n900001,1\n")
    whole = bytearray(path.read_bytes())
    start = whole.index(b"PK\x05\x06")
    whole[start + 16 : start + 20] = (2**20).to_bytes(4, "little")
    path.write_bytes(bytes(whole))
    with pytest.raises(BadFile, match="is a damaged zip file, or a locked one"), open_file(path):
        pass
