"""A day that a school keeps free of one visit is no day on which it is closed."""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'

_BEFORE = ('inset', 'weather', 'inspection', 'examinations', 'own', 'own_dates')
_AFTER = (*_BEFORE, 'asked')


def _words(name, words):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    with op.batch_alter_table('closures', recreate='auto') as batch_op:
        batch_op.alter_column('kind', existing_type=_words('closurekind', _BEFORE), type_=_words('closurekind', _AFTER), existing_nullable=False,
                              existing_server_default='own')  # fmt: skip
