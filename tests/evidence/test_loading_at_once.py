"""Two who load the same file at once: it is loaded once, and the second is given the load of the first."""

from pathlib import Path

import pytest

from evidence.kind import Context
from evidence.loading import LoadedFile, load_file
from evidence.reading import read_file
from evidence.understood import Understood
from models.database import Database
from tests.evidence.inspected import BEFORE, graded, inspections
from tests.evidence.made_up import AT
from tests.evidence.test_loading import census, loads
from tests.stages.at_once import meanwhile
from tests.stages.builders import everything

FILES = {"figures": census, "inspections": lambda folder: inspections(folder, BEFORE, graded(900001, "2", "14/03/2023"))}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_somebody_loads_while_it_is_read_here_is_loaded_once(database: Database, tmp_path: Path, what: str) -> None:
    path, theirs = FILES[what](tmp_path), list[LoadedFile]()

    def read_late(file: Path, context: Context) -> Understood:
        theirs.append(load_file(database, file, AT))
        return read_file(file, context)

    mine = load_file(database, path, AT, read=read_late)
    assert (mine.load.id, mine.understood) == (theirs[0].load.id, None) and theirs[0].understood is not None
    assert len(loads(database)) == 1


@pytest.mark.parametrize("just_before", ["INSERT INTO loads", "FROM loads"])
@pytest.mark.parametrize("what", FILES)
def test_a_file_that_somebody_loads_while_it_is_saved_here_is_loaded_once(database: Database, tmp_path: Path, what: str, just_before: str) -> None:
    path, theirs = FILES[what](tmp_path), list[LoadedFile]()
    with meanwhile(database, just_before, lambda: theirs.append(load_file(database, path, AT))):
        mine = load_file(database, path, AT)
    assert mine.understood is not None and theirs[0].load.id == mine.load.id and theirs[0].understood is None
    before = everything(database)
    load_file(database, path, AT)
    assert everything(database) == before and len(loads(database)) == 1
