"""Inspections know the file that told of them, so that a corrected file can take back what the wrong one said."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    with op.batch_alter_table('inspections', recreate='auto') as batch_op:
        batch_op.add_column(sa.Column('load_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_inspections_load_id_loads'), 'loads', ['load_id'], ['id'])
        batch_op.create_index(op.f('ix_inspections_load_id'), ['load_id'], unique=False)
    # Until now an inspection named its file by kind and edition; of several loads of one edition the newest counts.
    op.execute("""
        UPDATE inspections SET load_id = (SELECT MAX(l.id) FROM loads l WHERE l.kind || ' ' || l.edition = inspections.source)
    """)
