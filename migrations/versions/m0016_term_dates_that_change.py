"""A visit may have to move since term dates changed, which is another reason than that its school is closed."""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'

_BEFORE = ('school_asked', 'supporter_asked', 'supporter_away', 'school_closed', 'inspection', 'made_room', 'nobody_there', 'other')
_AFTER = (*_BEFORE[:4], 'term_dates_changed', *_BEFORE[4:])


def _slip(words):
    return sa.Enum(*words, name='slip', native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    for table, column in (('visits', 'slip'), ('visit_slips', 'reason')):
        with op.batch_alter_table(table, recreate='auto') as batch_op:
            batch_op.alter_column(column, existing_type=_slip(_BEFORE), type_=_slip(_AFTER), existing_nullable=True)
