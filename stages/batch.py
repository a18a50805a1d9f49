"""The batch that every stage shares: which cases are ready, in chunks, and what became of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pendulum
import sqlalchemy
from sqlmodel import Session, col, select

from models.case import Case
from models.commission import Commission, StageRun
from models.database import Database, insert_rows, until_saved
from models.supporter import Supporter
from models.words import CommissionStatus, Stage, Status

CHUNK = 200


@dataclass(slots=True)
class Tally:
    """What became of a batch: how many cases made which move, and why some did not move, by how things stood at the last look."""

    moves: Counter[str] = field(default_factory=Counter)
    stayed: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add the tally of other cases to this one."""
        self.moves.update(other.moves)
        self.stayed.update(other.stayed)

    def go_on(self, later: "Tally") -> None:
        """Add a later look at the same cases: moves add up, but a case that stays is counted once, as it stood last."""
        self.moves.update(later.moves)
        self.stayed = Counter(later.stayed)

    def as_json(self) -> dict[str, dict[str, int]]:
        """Return the tally as plain values."""
        return {"moves": dict(+self.moves), "stayed": dict(+self.stayed)}


_READY = (
    sqlalchemy.select(Case)
    .join(Commission, col(Commission.id) == Case.commission_id)
    .where(
        col(Case.commission_id) == sqlalchemy.bindparam("commission"),
        col(Commission.status) == CommissionStatus.RUNNING,
        col(Case.status).in_(sqlalchemy.bindparam("statuses", expanding=True)),
        col(Case.paused_since).is_(None),
    )
    .order_by(col(Case.id))
)


def ready_cases(session: Session, commission_id: int, statuses: Sequence[Status]) -> list[Case]:
    """Return the commission's cases in `statuses` that are not paused, in order; none if the commission is not running."""
    return list(session.execute(_READY, {"commission": commission_id, "statuses": list(statuses)}).scalars())


def lock_cases(session: Session, ids: Sequence[int], statuses: Sequence[Status]) -> list[Case]:
    """Return those of the cases that still stand in `statuses` and are not paused, locked for this transaction."""
    query = select(Case).where(col(Case.id).in_(ids), col(Case.status).in_(statuses), col(Case.paused_since).is_(None))
    return list(session.exec(query.order_by(col(Case.id)).with_for_update(skip_locked=True)).all())


def hold_diaries(session: Session) -> None:
    """Keep the supporters' time to this transaction: commissions share them, and two at once must not promise the same day twice."""
    session.exec(select(Supporter.id).order_by(col(Supporter.id)).with_for_update()).all()


def chunks(ids: Sequence[int], size: int = CHUNK) -> Iterator[list[int]]:
    """Yield `ids` in pieces of at most `size`."""
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


@until_saved
def record_run(database: Database, commission_id: int, stage: Stage, at: pendulum.DateTime, ready: int, tally: Tally) -> None:
    """Keep what a stage run did, where it did anything."""
    if not ready:
        return
    with database.writing() as session:
        row = {"commission_id": commission_id, "stage": stage, "at": at, "ready": ready, "outcome": tally.as_json()}
        insert_rows(session, StageRun, [row])
