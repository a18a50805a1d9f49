"""Instruments that come back, commissions without an agreed end, checks on supporters, attendance."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0003'
down_revision = '0002'

_BEFORE = (
    'invited', 'selected', 'awaiting_self_evaluation', 'to_assess', 'awaiting_confirmation', 'awaiting_evidence', 'to_match', 'unmet',
    'awaiting_approval', 'awaiting_supporter', 'awaiting_consent', 'to_schedule', 'unplaced', 'awaiting_dates', 'booked', 'to_draft',
    'awaiting_adviser', 'awaiting_school', 'in_progress', 'to_evaluate', 'awaiting_judgement', 'complete', 'declined', 'withdrawn', 'school_closed',
)
_AFTER = (*_BEFORE[:20], 'awaiting_endline', *_BEFORE[20:])


def _status(words):
    return sa.Enum(*words, name='status', native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table('askings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('instrument', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('asked_at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('due', sa.Date(), nullable=False),
    sa.Column('answered_at', models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('lapsed_at', models.base.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_askings_case_id_cases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_askings')),
    sa.UniqueConstraint('case_id', 'instrument', 'round', name=op.f('uq_askings_case_id_instrument_round'))
    )
    op.create_index(op.f('ix_askings_case_id'), 'askings', ['case_id'], unique=False)
    op.create_table('due_diligence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('supporter_id', sa.Integer(), nullable=False),
    sa.Column('programme', sa.String(), nullable=False),
    sa.Column('check', sa.String(), nullable=False),
    sa.Column('seen', sa.String(), nullable=False),
    sa.Column('done_by', sa.String(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['supporter_id'], ['supporters.id'], name=op.f('fk_due_diligence_supporter_id_supporters')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_due_diligence')),
    sa.UniqueConstraint('supporter_id', 'programme', 'check', name=op.f('uq_due_diligence_supporter_id_programme_check'))
    )
    op.create_index(op.f('ix_due_diligence_supporter_id'), 'due_diligence', ['supporter_id'], unique=False)
    with op.batch_alter_table('commissions', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('rolls_on', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('visits', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('expected', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('attended', sa.Integer(), nullable=True))
    with op.batch_alter_table('cases', recreate='auto') as batch_op:
        batch_op.alter_column('status', existing_type=_status(_BEFORE), type_=_status(_AFTER), existing_nullable=False)
