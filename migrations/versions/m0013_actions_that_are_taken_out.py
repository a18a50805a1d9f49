"""Actions of plans that a corrected note does not agree any more stay with the day on which they were taken out, so that all others keep their numbers."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'


def upgrade() -> None:
    with op.batch_alter_table('actions', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('taken_out_on', sa.Date(), nullable=True))
