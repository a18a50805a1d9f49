"""Whose turn it is in a programme: where it has the partnership lead act instead of the adviser or the commissioner, the lead's."""

from models.case import Case
from models.programme import Programme
from models.words import Role, Status
from programmes.sessions import brokers
from stages.journey import STANDINGS


def waits_for_lead(programme: Programme, case: Case) -> bool:
    """Tell whether a case waits for something that only the partnership lead may do in its programme."""
    if case.status is Status.AWAITING_CONFIRMATION:
        return programme.diagnose.confirmed_by == "lead"
    return case.status is Status.AWAITING_APPROVAL and brokers(programme)[case.further].approved_by == "lead"


def whose_turn(programme: Programme, case: Case) -> str:
    """Return who acts next on a case."""
    return Role.LEAD.value if waits_for_lead(programme, case) else STANDINGS[case.status].turn.value
