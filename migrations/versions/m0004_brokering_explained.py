"""Conflicts know their source and their end, supporters declare their interests, a proposed match may be moved."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import models.base

revision = '0004'
down_revision = '0003'

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')
_BEFORE = ('proposed', 'approved', 'agreed', 'refused', 'ended')
_AFTER = ('proposed', 'approved', 'agreed', 'refused', 'moved', 'ended')


def _status(words):
    return sa.Enum(*words, name='matchstatus', native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table('declarations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('supporter_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('due', sa.Date(), nullable=False),
    sa.Column('made_at', models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('made_by', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['supporter_id'], ['supporters.id'], name=op.f('fk_declarations_supporter_id_supporters')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declarations'))
    )
    op.create_index(op.f('ix_declarations_supporter_id'), 'declarations', ['supporter_id'], unique=False)
    with op.batch_alter_table('supporters', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('languages', _JSON, nullable=False, server_default='[]'))
    with op.batch_alter_table('conflicts', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('source', sa.String(), nullable=False, server_default='declared'))
        batch_op.add_column(sa.Column('until', sa.Date(), nullable=True))
    with op.batch_alter_table('matches', recreate='auto') as batch_op:
        batch_op.alter_column('status', existing_type=_status(_BEFORE), type_=_status(_AFTER), existing_nullable=False)
