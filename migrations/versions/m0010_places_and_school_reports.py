"""Schools may wait for a place."""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0008'

_BEFORE = (
    'invited', 'selected', 'awaiting_self_evaluation', 'to_assess', 'awaiting_confirmation', 'awaiting_evidence', 'to_match', 'unmet',
    'awaiting_approval', 'awaiting_supporter', 'awaiting_consent', 'to_schedule', 'unplaced', 'awaiting_dates', 'booked', 'to_draft',
    'awaiting_adviser', 'awaiting_school', 'in_progress', 'to_evaluate', 'awaiting_endline', 'awaiting_judgement', 'complete', 'declined',
    'withdrawn', 'school_closed',
)  # fmt: skip
_AFTER = ('invited', 'awaiting_place', *_BEFORE[1:-2], 'no_place', 'withdrawn', 'school_closed')


def _status(words):
    return sa.Enum(*words, name='status', native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    with op.batch_alter_table('cases', recreate='auto') as batch_op:
        batch_op.alter_column('status', existing_type=_status(_BEFORE), type_=_status(_AFTER), existing_nullable=False)
