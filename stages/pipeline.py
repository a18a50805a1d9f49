"""Running stages over a commission: the same batch whether a flow, the command line or a test drives it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pendulum
from sqlmodel import Session

from models.commission import Commission
from models.database import Database
from models.words import CommissionStatus, Stage
from stages.batch import CHUNK, Tally, chunks, record_run
from stages.broker import work as broker
from stages.broker.conflicts import watch_links
from stages.broker.declarations import ask_declarations
from stages.broker.leaving import replace_those_who_left
from stages.broker.reviewers import enter_reviewers
from stages.commission.opening_later import open_later
from stages.commission.rolling import roll_on
from stages.diagnose import work as diagnose
from stages.diagnose.rounds import ask_again
from stages.diagnose.watching import Watched, watch
from stages.evaluate import work as evaluate
from stages.evaluate.reporting import send_reports
from stages.evaluate.work import record_kpis
from stages.plan import work as plan
from stages.schedule import work as schedule

# A case can pass several statuses of a stage in one run; more passes than this would mean that it goes in a circle.
_MOST_PASSES = 8


@dataclass(frozen=True, slots=True)
class Work:
    """A stage's two functions: which cases are ready, and move some of them on in one transaction."""

    ready: Callable[[Session, int, pendulum.DateTime], list[int]]
    advance: Callable[[Database, int, Sequence[int], pendulum.DateTime], Tally]
    chunk: int = CHUNK


WORK: dict[Stage, Work] = {
    # Schools are compared with one another, so many are looked at together.
    Stage.DIAGNOSE: Work(diagnose.ready, diagnose.advance, chunk=25_000),
    # Matches compete for the same people and money, so they are made together.
    Stage.BROKER: Work(broker.ready, broker.advance, chunk=100_000),
    # Visits of one supporter share their days, so they are timetabled together.
    Stage.SCHEDULE: Work(schedule.ready, schedule.advance, chunk=100_000),
    Stage.PLAN: Work(plan.ready, plan.advance),
    Stage.EVALUATE: Work(evaluate.ready, evaluate.advance),
}


@dataclass(slots=True)
class Batch:
    """Everything that is ready in one stage of one commission, in pieces; run twice, it does nothing the second time."""

    database: Database
    commission_id: int
    stage: Stage
    at: pendulum.DateTime
    tally: Tally = field(default_factory=Tally)
    ready: int = 0

    def pieces(self) -> Iterator[list[int]]:
        """Yield the ids of ready cases in pieces, pass after pass, until a pass moves nothing."""
        work = WORK[self.stage]
        for _ in range(_MOST_PASSES):
            with self.database.reading() as session:
                ids = work.ready(session, self.commission_id, self.at)
            before = self.tally.moves.total()
            # What stayed in an earlier pass is looked at again in this one.
            self.tally.stayed.clear()
            self.ready += len(ids)
            yield from chunks(ids, work.chunk)
            if self.tally.moves.total() == before:
                return

    def advance(self, ids: Sequence[int]) -> Tally:
        """Move one piece on, in one transaction."""
        tally = WORK[self.stage].advance(self.database, self.commission_id, ids, self.at)
        self.tally.add(tally)
        return tally

    def close(self) -> None:
        """Keep what the run did."""
        record_run(self.database, self.commission_id, self.stage, self.at, self.ready, self.tally)


def is_ready(session: Session, commission_id: int, stage: Stage, at: pendulum.DateTime) -> bool:
    """Tell whether a run of `stage` would find anything to do."""
    return bool(WORK[stage].ready(session, commission_id, at))


def run_stage(database: Database, commission_id: int, stage: Stage, at: pendulum.DateTime) -> Tally:
    """Run one stage over a commission and return what became of its cases."""
    batch = Batch(database, commission_id, stage, at)
    for ids in batch.pieces():
        batch.advance(ids)
    batch.close()
    return batch.tally


def watch_evidence(database: Database, commission_id: int, at: pendulum.DateTime) -> Watched:
    """Look at what was loaded since last time, and take in the schools that it brings within the programme's terms."""
    with database.reading() as session:
        commission = session.get(Commission, commission_id)
    if commission is None or commission.status is not CommissionStatus.RUNNING:
        return Watched()
    return watch(database, commission_id, at, open_later)


def begin_turn(database: Database, commission_id: int, at: pendulum.DateTime) -> None:
    """Do what comes before the stages of a turn: move on what has no end, look at new evidence, ask again, report on what was answered."""
    if roll_on(database, commission_id, at):
        record_kpis(database, commission_id, at)
    watch_evidence(database, commission_id, at)
    ask_again(database, commission_id, at)
    replace_those_who_left(database, commission_id, at)
    enter_reviewers(database, commission_id, at)
    send_reports(database, commission_id, at)
    ask_declarations(database, commission_id, at)
    watch_links(database, commission_id, at)


def run_all(database: Database, commission_id: int, at: pendulum.DateTime) -> dict[Stage, Tally]:
    """Run the five stages in order, again and again until none of them moves anything."""
    begin_turn(database, commission_id, at)
    total = {stage: Tally() for stage in Stage}
    for _ in range(_MOST_PASSES):
        moved = 0
        for stage in Stage:
            tally = run_stage(database, commission_id, stage, at)
            total[stage].go_on(tally)
            moved += tally.moves.total()
        if not moved:
            break
    return total
