"""Notes of visit are closed, unpublished, with the case that ends."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'

_BEFORE = ('draft', 'with_school', 'disputed', 'with_lead', 'published')
_AFTER = (*_BEFORE, 'closed')


def _words(name, words):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    with op.batch_alter_table('notes_of_visit', recreate='auto') as batch_op:
        batch_op.alter_column('status', existing_type=_words('notestatus', _BEFORE), type_=_words('notestatus', _AFTER), existing_nullable=False)
    # Of cases that have ended nothing is done any more, so what they left open is closed as it would be now.
    op.execute("UPDATE notes_of_visit SET status = 'closed' WHERE status <> 'published' AND case_id IN"
               " (SELECT id FROM cases WHERE status IN ('complete', 'declined', 'no_place', 'withdrawn', 'school_closed'))")
