"""Supporters may have their days by term."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')


def upgrade() -> None:
    with op.batch_alter_table('supporters', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('half_days_by_term', _JSON, nullable=True))
