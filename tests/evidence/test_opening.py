"""Opening files: none is cut off in silence, zipped or not."""

import zipfile
from pathlib import Path

import pytest

from evidence.opening import open_file
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
