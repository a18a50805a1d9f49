"""Telling Prefect what happened: new lines of the trail become events, and a stage that has work gets its run.

A decision is one transaction in our database, made without Prefect; this relay follows the trail from where it last
stood, so that nothing is lost while Prefect is down.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable

import pendulum
from prefect.events import emit_event
from sqlmodel import Session, col, select

from models.commission import Commission
from models.database import Database, until_saved
from models.trail import Event, Relayed
from models.words import CommissionStatus, Stage
from stages.pipeline import is_ready

LISTENER = "prefect"
_AT_ONCE = 2000
_BETWEEN_RUNS = 3.0
Wanted = tuple[int, str, Stage]


def new_events(database: Database) -> tuple[int, Counter[tuple[int | None, str]]]:
    """Return how far the trail reaches now, and how often each kind of event happened since last time in each commission, or in none (None)."""
    with database.reading() as session:
        known = session.get(Relayed, LISTENER)
        query = select(Event.id, Event.commission_id, Event.kind).where(col(Event.id) > (known.event_id if known else 0))
        rows = session.exec(query.order_by(col(Event.id)).limit(_AT_ONCE)).all()
    reached = rows[-1][0] if rows else (known.event_id if known else 0)
    return reached, Counter((commission_id, kind) for _, commission_id, kind in rows)


@until_saved
def remember(database: Database, reached: int) -> None:
    """Keep how far the trail has been told."""
    with database.writing() as session:
        session.merge(Relayed(listener=LISTENER, event_id=reached))


def ready_stages(session: Session, commission_ids: Iterable[int], at: pendulum.DateTime) -> list[Wanted]:
    """Return the stages with work, of those commissions that are running."""
    query = select(Commission).where(col(Commission.id).in_(commission_ids), Commission.status == CommissionStatus.RUNNING)
    commissions = session.exec(query.order_by(col(Commission.id))).all()
    return [(one.id, one.reference, stage) for one in commissions for stage in Stage if is_ready(session, one.id, stage, at)]


def left_over(database: Database, at: pendulum.DateTime) -> set[Wanted]:
    """Return every stage of every running commission that has work, whatever the trail says."""
    with database.reading() as session:
        return set(ready_stages(session, session.exec(select(Commission.id)).all(), at))


def relay_once(database: Database, at: pendulum.DateTime) -> list[Wanted]:
    """Tell what is new and return the stages that have work because of it; the caller asks for their runs."""
    reached, counts = new_events(database)
    if not counts:
        return []
    for (commission_id, kind), count in counts.items():
        whose = "partnership" if commission_id is None else f"commission.{commission_id}"
        emit_event(f"lodestar.{kind}", resource={"prefect.resource.id": f"lodestar.{whose}"}, payload={"count": count})
    touched = {commission_id for commission_id, _ in counts}
    with database.reading() as session:
        # Supporters are shared: what one of them declares, or what is decided on a link, may be what a case of any commission waited for.
        of_all = session.exec(select(Commission.id)).all() if None in touched else []
        wanted = ready_stages(session, {*of_all, *(number for number in touched if number is not None)}, at)
    remember(database, reached)
    return wanted


def ask_for_run(wanted: Wanted) -> None:
    """Emit the event whose trigger starts the stage's flow."""
    commission_id, reference, stage = wanted
    emit_event(
        "lodestar.stage.ready",
        resource={"prefect.resource.id": f"lodestar.commission.{commission_id}", "lodestar.stage": stage.value},
        payload={"commission": reference, "stage": stage.value},
    )


def relay_until(stopped: Callable[[], bool], database: Database, every: float = 1.0) -> None:
    """Relay until told to stop, beginning with work that was left while nothing ran.

    A stage that was just asked for is asked for again only after a pause, never forgotten.
    """
    waiting = left_over(database, pendulum.now("Europe/London"))
    last: dict[Wanted, float] = {}
    while not stopped():
        waiting |= set(relay_once(database, pendulum.now("Europe/London")))
        for wanted in sorted(waiting):
            if time.monotonic() - last.get(wanted, float("-inf")) >= _BETWEEN_RUNS:
                ask_for_run(wanted)
                last[wanted] = time.monotonic()
                waiting.discard(wanted)
        time.sleep(every)
