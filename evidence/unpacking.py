"""What a file holds, unpacked: the file itself, the one data file in a zip, or a workbook as text; a damaged zip is refused in words."""

import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from evidence.workbooks import workbook_text
from models.errors import BadFile

_XLSX = "xl/workbook.xml"
_OTHERS = (".json", ".ics", ".yaml", ".yml", ".parquet")
# What Python raises over bytes of a zip that cannot be so, by what they were packed with; an empty name of a member is an IndexError.
_DAMAGED = (zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, IndexError, struct.error)


def contents(path: Path, largest: int) -> bytes | str:
    """Return the bytes of a file, or of the one data file in a zip, and a workbook as csv text; BadFile for a damaged zip or too many bytes.

    OSError for a file that is not there or cannot be read.
    """
    if not zipfile.is_zipfile(path):
        with path.open("rb") as raw:
            return _within(path.name, raw, largest)
    with _damage_told(path.name), zipfile.ZipFile(path) as archive:
        if _XLSX in archive.namelist():
            return workbook_text(path, largest)
        with archive.open(_only_member(path.name, archive, largest)) as raw:
            return _within(path.name, raw, largest)


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    damaged = f"{name} is a damaged zip file, or a locked one: download it again."
    try:
        yield
    except _DAMAGED as error:
        raise BadFile(damaged) from error
    except OSError as error:
        # Damaged bzip2 data have no number of the system's, and a place before the file's start that a damaged zip names is no argument.
        if error.errno not in {None, errno.EINVAL}:
            raise
        raise BadFile(damaged) from error


def _only_member(name: str, archive: zipfile.ZipFile, largest: int) -> str:
    """Return the name of the one csv file in a zip or, if it has none, of its one other data file."""
    members = [one for one in archive.infolist() if not one.is_dir() and not _is_hidden(one.filename)]
    tables = [one for one in members if one.filename.lower().endswith(".csv")]
    if not tables and len(members) == 1 and members[0].filename.lower().endswith(_OTHERS):
        tables = members
    if len(tables) != 1:
        raise BadFile(f"{name} holds {len(tables)} csv files: give a zip with exactly one.")
    if tables[0].file_size > largest:
        raise _too_large(name, largest)
    return tables[0].filename


def _is_hidden(member: str) -> bool:
    """Tell whether a file in a zip is none that anybody put there: macOS adds what it knows of each (._grades.csv) and of folders."""
    folders = member.split("/")
    return "__MACOSX" in folders or folders[-1].startswith(".")


def _within(name: str, raw: IO[bytes], largest: int) -> bytes:
    """Return all there is to read, whatever a zip says of it; BadFile if that is more than `largest` bytes, since the rest would be cut off."""
    data = raw.read(largest + 1)
    if len(data) > largest:
        raise _too_large(name, largest)
    return data


def _too_large(name: str, largest: int) -> BadFile:
    return BadFile(f"{name} has more than {largest // 2**20:,} MB, which no public file has: give the file as it was published.")
