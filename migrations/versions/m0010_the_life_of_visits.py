"""Visits that slip, dates that a school may choose from, nobody there, and kinds of days without visits."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0010'
down_revision = '0009'

_BEFORE = ('proposed', 'confirmed', 'to_move', 'held', 'cancelled')
_AFTER = (*_BEFORE, 'no_show')
_SLIPS = ('school_asked', 'supporter_asked', 'supporter_away', 'school_closed', 'inspection', 'made_room', 'nobody_there', 'other')
_KINDS = ('inset', 'weather', 'inspection', 'examinations', 'own', 'own_dates')


def _words(name, words):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    with op.batch_alter_table('visits', recreate='auto') as batch_op:
        batch_op.alter_column('status', existing_type=_words('visitstatus', _BEFORE), type_=_words('visitstatus', _AFTER), existing_nullable=False)
        batch_op.add_column(sa.Column('slip', _words('slip', _SLIPS), nullable=True))
        batch_op.add_column(sa.Column('first_agreed', sa.Date(), nullable=True))
    with op.batch_alter_table('meetings', recreate='auto') as batch_op:
        batch_op.alter_column('status', existing_type=_words('visitstatus', _BEFORE), type_=_words('visitstatus', _AFTER), existing_nullable=False)
    with op.batch_alter_table('closures', recreate='auto') as batch_op:
        batch_op.add_column(sa.Column('kind', _words('closurekind', _KINDS), nullable=False, server_default='own'))
    op.create_table('visit_slips',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('to_day', sa.Date(), nullable=True),
    sa.Column('reason', _words('slip', _SLIPS), nullable=True),
    sa.Column('charged', sa.Integer(), nullable=False),
    sa.Column('at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_visit_slips_case_id_cases')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_slips_visit_id_visits')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_slips'))
    )
    op.create_index(op.f('ix_visit_slips_case_id'), 'visit_slips', ['case_id'], unique=False)
    op.create_index(op.f('ix_visit_slips_visit_id'), 'visit_slips', ['visit_id'], unique=False)
    op.create_table('date_offers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('supporter_id', sa.Integer(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('part', _words('daypart', ('morning', 'afternoon', 'whole_day')), nullable=False),
    sa.Column('due', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['supporter_id'], ['supporters.id'], name=op.f('fk_date_offers_supporter_id_supporters')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_date_offers_visit_id_visits')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_date_offers'))
    )
    op.create_index(op.f('ix_date_offers_supporter_id'), 'date_offers', ['supporter_id'], unique=False)
    op.create_index(op.f('ix_date_offers_visit_id'), 'date_offers', ['visit_id'], unique=False)
