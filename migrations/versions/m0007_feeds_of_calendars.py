"""Feeds of calendars, known by the hash of their token."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0007'
down_revision = '0006'


def upgrade() -> None:
    op.create_table('feeds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('supporter_id', sa.Integer(), nullable=True),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('made_at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', models.base.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(supporter_id IS NULL) <> (person_id IS NULL)', name=op.f('ck_feeds_of_one')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_feeds_person_id_people')),
    sa.ForeignKeyConstraint(['supporter_id'], ['supporters.id'], name=op.f('fk_feeds_supporter_id_supporters')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feeds')),
    sa.UniqueConstraint('digest', name=op.f('uq_feeds_digest'))
    )
    op.create_index(op.f('ix_feeds_person_id'), 'feeds', ['person_id'], unique=False)
    op.create_index(op.f('ix_feeds_supporter_id'), 'feeds', ['supporter_id'], unique=False)
