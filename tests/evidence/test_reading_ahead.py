"""Reading ahead in a second process: the same comes of each file, and the process is gone when it should be, however things end."""

import contextlib
import json
import multiprocessing
import os
import pathlib
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, wait
from typing import cast

import pytest

from evidence.kind import Context
from evidence.naming import KnownNames, normalised
from evidence.reading import Read, read_file, reading_ahead
from evidence.understood import Understood
from models.database import Database
from models.errors import BadFile
from tests.evidence.made_up import AT, school, with_schools
from tests.evidence.test_kind_results import ks2
from tests.evidence.test_kind_results import school as by_name_row
from tests.evidence.test_loading import census
from tests.evidence.test_register_rows import lines, written

ROOT = pathlib.Path(__file__).parent.parent.parent
TODAY = Context(AT.date())


@pytest.fixture
def context(sqlite_database: Database) -> Context:
    with_schools(sqlite_database, school(900001, name="Elm Junior School"))
    return Context(AT.date(), names=KnownNames(sqlite_database))


@pytest.fixture
def paths(tmp_path: pathlib.Path) -> list[pathlib.Path]:
    """Files of several kinds, among them one to be refused, one that needs the names of schools, and one that is not there."""
    bad, named = tmp_path / "a_letter.csv", tmp_path / "ks2_2023-2024.json"
    bad.write_text("Dear,colleague\n1,2\n", encoding="utf-8")
    named.write_text(json.dumps([by_name_row("Elm Junior School")]), encoding="utf-8")
    return [census(tmp_path), ks2(tmp_path), bad, named, tmp_path / "nowhere.csv", census(tmp_path, name="2023-2024_england_census.csv")]


def outcome(read: Read, path: pathlib.Path, context: Context) -> Understood | str:
    try:
        return read(path, context)
    except BadFile as error:
        return str(error)


def second_process() -> int | None:
    """Return the number of the process that reads ahead; None if there is none."""
    found = multiprocessing.active_children()
    assert len(found) <= 1
    return found[0].pid if found else None


def test_files_that_a_second_process_reads_ahead_are_loaded_as_they_would_be_one_by_one(paths: list[pathlib.Path], context: Context) -> None:
    with reading_ahead(paths, context, worth=1, cores=2) as ahead:
        first = second_process()
        for path in paths:
            assert outcome(ahead, path, context) == outcome(read_file, path, context)
            assert second_process() == first is not None
    assert second_process() is None


def waiting_ahead(read: Read, path: pathlib.Path) -> Future[Understood | None]:
    """Return what the second process made of a file so far, when it has done all that it was asked for."""
    reading = read.__self__._reading  # type: ignore[attr-defined]
    wait(reading.values())
    return cast("Future[Understood | None]", reading[path])


def test_a_file_by_name_is_read_ahead_with_the_names_that_are_known_when_its_turn_is_near(tmp_path: pathlib.Path, context: Context) -> None:
    paths = [census(tmp_path), census(tmp_path, name="2023-2024_england_census.csv"), tmp_path / "ks2_2023-2024.json"]
    paths[2].write_text(json.dumps([by_name_row("Elm Junior School")]), encoding="utf-8")
    with reading_ahead(paths, context, worth=1, cores=2) as ahead:
        ahead(paths[0], context)
        assert waiting_ahead(ahead, paths[2]).result() is None
        ahead(paths[1], context)
        assert waiting_ahead(ahead, paths[2]).result() == read_file(paths[2], context) == ahead(paths[2], context)


def test_a_file_by_name_after_a_register_is_read_with_the_names_of_that_register(tmp_path: pathlib.Path) -> None:
    names: dict[tuple[str, str], int] = {}
    context = Context(AT.date(), names=names)
    paths = [census(tmp_path), written(tmp_path, lines({})), tmp_path / "ks2_2023-2024.json"]
    paths[2].write_text(json.dumps([by_name_row("Elm Junior School"), by_name_row("Oak School")]), encoding="utf-8")
    names["999", normalised("Oak School")] = 900002
    with reading_ahead(paths, context, worth=1, cores=2) as ahead:
        ahead(paths[0], context)
        waiting_ahead(ahead, paths[2])
        assert ahead(paths[1], context).schools
        waiting_ahead(ahead, paths[2])
        names["999", normalised("Elm Junior School")] = 900001  # as if what was read had been saved
        assert {urn for _, urn, *_ in ahead(paths[2], context).figures} == {900001, 900002}


def test_on_one_core_or_with_little_to_read_there_is_no_second_process(paths: list[pathlib.Path], context: Context) -> None:
    for worth, cores in ((1, 1), (10**9, 2)):
        with reading_ahead(paths, context, worth, cores) as ahead:
            assert second_process() is None
            for path in paths:
                assert outcome(ahead, path, context) == outcome(read_file, path, context)
            assert second_process() is None


def test_if_somebody_ends_the_second_process_between_two_files_the_rest_is_read_here(paths: list[pathlib.Path], context: Context) -> None:
    with reading_ahead(paths, context, worth=1, cores=2) as ahead:
        assert outcome(ahead, paths[0], context) == outcome(read_file, paths[0], context)
        pid = second_process()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        for path in paths[1:]:
            assert outcome(ahead, path, context) == outcome(read_file, path, context)
    assert second_process() is None


@pytest.mark.parametrize("so_far", [0, 1, 6])
def test_the_second_process_says_nothing_at_ctrl_c_whatever_it_does_just_then(
    paths: list[pathlib.Path], context: Context, so_far: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with reading_ahead(paths, context, worth=1, cores=2) as ahead:
        pid = second_process()
        assert pid is not None
        for path in paths[:so_far]:
            outcome(ahead, path, context)
        os.kill(pid, signal.SIGINT)
        for path in paths[so_far:]:
            assert outcome(ahead, path, context) == outcome(read_file, path, context)
    assert capfd.readouterr() == ("", "")


@pytest.fixture(params=[2, 4, 7, 9])
def few_files(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let this process open but a few files more: enough to read one, and not for a second process with its pipes."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = {int(name) for name in os.listdir("/dev/fd")}
    free = [number for number in range(limits[0]) if number not in opened]
    resource.setrlimit(resource.RLIMIT_NOFILE, (free[request.param], limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_where_a_second_process_cannot_be_started_all_is_read_here(few_files: None, tmp_path: pathlib.Path) -> None:
    paths = [census(tmp_path), census(tmp_path, name="2023-2024_england_census.csv")]
    with reading_ahead(paths, TODAY, worth=1, cores=2) as ahead:
        assert second_process() is None
        assert [ahead(path, TODAY) for path in paths] == [read_file(path, TODAY) for path in paths]


# Reads two files as a command does, says so, and waits to be ended.
READS_AND_WAITS = """
import datetime, pathlib, sys
from evidence.kind import Context
from evidence.reading import reading_ahead

paths, context = [pathlib.Path(one) for one in sys.argv[2:]], Context(datetime.date(2026, 8, 3))
try:
    with reading_ahead(paths, context, worth=1, cores=2) as read:
        if sys.argv[1] == "after":
            print([read(path, context).rows_kept for path in paths])
        print("waiting", flush=True)
        sys.stdin.read()
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.fixture
def waiting(tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A process that waits `before` or `after` it has read two files, in a group of its own with the one that reads ahead for it."""
    files = [str(census(tmp_path)), str(census(tmp_path, name="2023-2024_england_census.csv"))]
    command = [sys.executable, "-c", READS_AND_WAITS, request.param, *files]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        while process.stdout.readline() not in ("waiting\n", ""):
            pass
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("waiting", ["before", "after"], indirect=True)
def test_if_the_first_process_is_killed_the_second_one_ends_too(waiting: subprocess.Popen[str]) -> None:
    waiting.kill()
    # Both hold the other end, so that it is closed only when both have ended.
    said, complained = waiting.communicate(timeout=60)
    assert said == "" and "Traceback" not in complained


@pytest.mark.parametrize("waiting", ["before", "after"], indirect=True)
def test_ctrl_c_ends_both_processes_without_a_traceback(waiting: subprocess.Popen[str]) -> None:
    os.killpg(waiting.pid, signal.SIGINT)
    assert waiting.communicate(timeout=60) == ("stopped\n", "")
