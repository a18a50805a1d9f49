"""A standing that goes to and fro is told each time: the same sentence may stand once a file, and not only once."""

from alembic import op

revision = '0018'
down_revision = '0017'


def upgrade() -> None:
    with op.batch_alter_table('triggers', recreate='auto') as batch_op:
        batch_op.drop_constraint('uq_triggers_urn_kind_says', type_='unique')
        batch_op.create_unique_constraint('uq_triggers_urn_kind_says_load_id', ['urn', 'kind', 'says', 'load_id'])
