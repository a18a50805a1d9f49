"""A visit may be a joint one: a second supporter comes too."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'


def upgrade() -> None:
    with op.batch_alter_table('visits', recreate='auto') as batch_op:
        batch_op.add_column(sa.Column('second_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_visits_second_id_supporters'), 'supporters', ['second_id'], ['id'])
        batch_op.create_index('ix_visits_second', ['second_id', 'day'])
