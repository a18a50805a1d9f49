"""Schools may wait for a place, and the reports that they have of a census are kept; meetings that no school hosts have notes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import models.base

revision = '0011'
down_revision = '0010'

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')
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
    with op.batch_alter_table('meetings', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('noted', _JSON, nullable=False, server_default='{}'))
    op.create_table('school_reports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('instrument', sa.String(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('lines', _JSON, nullable=False),
    sa.Column('schools', sa.Integer(), nullable=False),
    sa.Column('at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_school_reports_case_id_cases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_school_reports')),
    sa.UniqueConstraint('case_id', 'instrument', 'year', name=op.f('uq_school_reports_case_id_instrument_year'))
    )
    op.create_index(op.f('ix_school_reports_case_id'), 'school_reports', ['case_id'], unique=False)
