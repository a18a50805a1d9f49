"""`make bench-evidence`: all England's public files into SQLite beside a bare read of the same files, and diagnosis at two sizes.

The files are real open data in a folder beside the project (LODESTAR_DATA, else ../shared/data); without it there is nothing to measure.
"""

import io
import json
import os
import resource
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pendulum
import polars

from evidence.loading import load_file
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


def bare_read(paths: list[Path]) -> float:
    """Return the seconds that polars takes to read the same files as text, and do nothing with them."""
    started = time.perf_counter()
    for path in paths:
        raw = _inside(path) if path.suffix == ".zip" else path.read_bytes()
        if raw[:1] == b"[":
            json.loads(raw)
        else:
            polars.read_csv(io.BytesIO(raw), infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True, quote_char='"')
    return time.perf_counter() - started


def _inside(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(archive.namelist()[0])


def load(database: Database, paths: list[Path]) -> dict[str, Any]:
    """Load every file and return seconds, rows and figures."""
    started, rows, figures = time.perf_counter(), 0, 0
    for path in paths:
        try:
            found = load_file(database, path, AT)
        except BadFile as error:
            print(f"refused: {error}", file=sys.stderr)
            continue
        rows += found.load.rows_read
        figures += len(found.understood.figures) + len(found.understood.area_figures) if found.understood else 0
    return {"seconds": round(time.perf_counter() - started, 1), "files": len(paths), "rows": rows, "figures": figures}


def diagnose(database: Database, folder: Path, authority: str) -> dict[str, Any]:
    """Open a commission for an authority, or all England, and return the seconds of the diagnosis batch."""
    file = folder / "need.yaml"
    file.write_text(PROGRAMME, encoding="utf-8")
    with database.writing() as session:
        loading.add_commissioner(session, f"Council {authority}", CommissionerKind.LOCAL_AUTHORITY, authority, "c@council.example")
        terms = Terms(f"B-{authority}", f"Council {authority}", AT.add(days=1).date(), 10**9)
        opened = open_commission(session, read_programme(file), terms, Actor(Role.COMMISSIONER, "commissioner"), AT)
    started = time.perf_counter()
    tally = run_stage(database, opened.commission_id, Stage.DIAGNOSE, AT)
    return {"schools": opened.invited, "assessed": tally.moves["assess"], "seconds": round(time.perf_counter() - started, 1)}


def main() -> None:
    """Measure, print, write."""
    if not DATA.exists():
        print(f"There is no folder {DATA}: set LODESTAR_DATA to one with the public files.")
        return
    paths = files()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(os.environ.get("LODESTAR_DATABASE_URL") or f"sqlite:///{folder / 'bench.db'}")
        upgrade(database)
        result: dict[str, Any] = {"bare_polars_read_seconds": round(bare_read(paths), 1), "load": load(database, paths)}
        result["load_over_bare_read"] = round(result["load"]["seconds"] / result["bare_polars_read_seconds"], 1)
        with database.writing() as session:
            loading.add_partnership(session, "Partnership", "office@partnership.example")
            loading.add_person(session, "The link adviser", "adviser@partnership.example", Role.ADVISER)
        result["diagnose_919"] = diagnose(database, folder, "919")
        result["diagnose_england"] = diagnose(database, folder, "ENG")
        database.close()
    result["largest_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(result, indent=2))
    out = Path("bench/results")
    out.mkdir(parents=True, exist_ok=True)
    (out / "evidence.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
