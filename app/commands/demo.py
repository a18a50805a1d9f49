"""lodestar demo: a whole commission in simulated time, in a fresh database of its own."""

import asyncio
import datetime
import os
import shutil
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app.output import err, say, show_json
from app.session import Json, Seed
from app.shown import show_summary
from flows.server import PrefectServer, client_environment
from models.database import Database
from models.errors import BadInput
from models.migrating import upgrade
from models.settings import Settings
from programmes.catalogue import find_programme
from programmes.features import check_supported
from reports.summary import last_moment, summarise
from simulation.setting_up import first_moment, prepare

_MARK = "this-is-a-lodestar-demo"


def demo(
    *,
    programme: Annotated[str, Parameter(help="Name of a shipped programme, or the path of a programme file.")] = "economic-exclusion",
    register: Annotated[Path | None, Parameter(help="GIAS's establishment file, zip or csv; without it a made-up authority is used.")] = None,
    authority: Annotated[str | None, Parameter(help="Three-digit code of an authority in that file.")] = None,
    evidence: Annotated[list[Path] | None, Parameter(help="Public files on that authority's schools, each after an --evidence of its own.")] = None,
    seed: Seed = 1,
    pace: Annotated[Literal["weekly", "fortnightly"], Parameter(help="How often the engine takes its turn in simulated time.")] = "weekly",
    json: Json = False,
) -> None:
    """Play a whole commission from opening to evaluation, with real flows and real messages into a mailbox folder."""
    started = time.monotonic()
    found = find_programme(programme)
    check_supported(found)
    if register is not None and not register.exists():
        raise BadInput(f"There is no file {register}: give the path of the register.")
    settings = _fresh_home(authority, found.programme)
    with PrefectServer(settings) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, partial(_stop, server))
        os.environ.update(client_environment(settings, server.port, quiet=True))
        database, at = Database(settings.url()), first_moment()
        upgrade(database)
        setting = prepare(database, found, settings.home, register, authority, seed, at, evidence or ())
        result = asyncio.run(_play(server, setting.opened.reference, seed, pace, quiet=json))
        with database.reading() as session:
            summary = summarise(session, setting.opened.commission_id, last_moment(session, setting.opened.commission_id))
        database.close()
    summary["came_too_late"] = result["came_too_late"]
    summary["seconds"] = round(time.monotonic() - started, 1)
    summary["places"] = _places(settings, result["report"])
    if json:
        show_json(summary)
    else:
        _show(summary)


def _fresh_home(authority: str | None, programme: str) -> Settings:
    """Return settings for a folder of the demo's own, emptied of an earlier play; flows in this process find it too."""
    home = Settings().home / "demo" / f"{authority or 'wexcombe'}-{programme}"
    if (home / _MARK).exists():
        shutil.rmtree(home)
    elif home.exists() and any(home.iterdir()):
        raise BadInput(f"{home} holds something that is no demo: move it away, or set LODESTAR_HOME.")
    home.mkdir(parents=True, exist_ok=True)
    (home / _MARK).touch()
    os.environ["LODESTAR_HOME"] = str(home)
    return Settings()


def _stop(server: PrefectServer, number: int, _frame: object) -> None:
    """End at once, and the server with it: everything that was saved is whole, and a play is not gone on with."""
    server.stop()
    err.print("Stopped.")
    os._exit(128 + number)


async def _play(server: PrefectServer, reference: str, seed: int, pace: Literal["weekly", "fortnightly"], *, quiet: bool) -> dict[str, Any]:
    """Play the commission as a Prefect flow, with a bar that shows the simulated day."""
    from flows.demo import demo as demo_flow
    from flows.demo import watcher

    server.wait()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=quiet, transient=False) as progress:
        bar = progress.add_task("Playing", total=1.0)

        def watch(share: float, day: datetime.date, decisions: int) -> None:
            progress.update(bar, completed=share, description=f"{day:%-d %B %Y}: {decisions} decisions")

        watcher.set(watch)
        result: dict[str, Any] = await demo_flow(commission=reference, seed=seed, pace=pace)
        progress.update(bar, completed=1.0)
    return result


def _places(settings: Settings, report: str) -> dict[str, str]:
    """Return where to look afterwards."""
    return {
        "home": str(settings.home),
        "database": settings.url() if settings.database_url is None else "as LODESTAR_DATABASE_URL says",
        "mailbox": str(settings.mailbox),
        "prefect": str(settings.prefect_home),
        "report": report,
    }


def _show(summary: dict[str, Any]) -> None:
    """Print the summary and where to look."""
    show_summary(summary)
    places = summary["places"]
    reference = summary["commission"]["reference"]
    say(f"\nPlayed in {summary['seconds']} s. Where to look:")
    for name in ("database", "mailbox", "prefect", "report"):
        say(f"  {name:<10}{places[name]}")
    say(f"  a case    LODESTAR_HOME={places['home']} {Path(sys.argv[0])} case list --commission {reference}")
