"""Evidence from many files: figures know their file, inspections their regime, categories their reply."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import models.base

revision = '0002'
down_revision = '0001'

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')
_BEFORE = ('suppressed', 'not_applicable', 'no_entries', 'not_published', 'low_coverage', 'new_school', 'not_in_source')
_MISSING = (*_BEFORE, 'not_answered', 'redacted')


def _missing(words):
    return sa.Enum(*words, name='missing', native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    with op.batch_alter_table('loads', schema=None) as batch_op:
        batch_op.add_column(sa.Column('scope', sa.String(), nullable=False, server_default='unknown'))
        batch_op.add_column(sa.Column('as_of', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('rank', sa.Integer(), nullable=False, server_default='3'))
        batch_op.add_column(sa.Column('unknown_columns', _JSON, nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('codes', _JSON, nullable=False, server_default='{}'))
    op.create_table('area_evidence',
    sa.Column('indicator', sa.String(), nullable=False),
    sa.Column('area', sa.String(), nullable=False),
    sa.Column('sector', sa.String(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('value', sa.Float(), nullable=False),
    sa.ForeignKeyConstraint(['load_id'], ['loads.id'], name=op.f('fk_area_evidence_load_id_loads')),
    sa.PrimaryKeyConstraint('indicator', 'area', 'sector', 'as_of', 'load_id', name=op.f('pk_area_evidence')),
    sqlite_with_rowid=False
    )
    op.create_table('triggers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('urn', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('says', sa.String(), nullable=False),
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('handled_at', models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['load_id'], ['loads.id'], name=op.f('fk_triggers_load_id_loads')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_triggers')),
    sa.UniqueConstraint('urn', 'kind', 'says', name=op.f('uq_triggers_urn_kind_says'))
    )
    op.create_index(op.f('ix_triggers_urn'), 'triggers', ['urn'], unique=False)
    op.create_table('category_replies',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('says', sa.String(), nullable=False),
    sa.Column('at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('moderated_by', sa.String(), nullable=True),
    sa.Column('moderated_at', models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_category_replies_case_id_cases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_category_replies'))
    )
    op.create_index(op.f('ix_category_replies_case_id'), 'category_replies', ['case_id'], unique=False)
    with op.batch_alter_table('diagnoses', schema=None) as batch_op:
        batch_op.add_column(sa.Column('decided_by', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('expires', sa.Date(), nullable=True))
    with op.batch_alter_table('inspections', schema=None) as batch_op:
        batch_op.add_column(sa.Column('judgements', _JSON, nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('category_of_concern', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('safeguarding_met', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('urn_then', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('published', sa.Date(), nullable=True))
    with op.batch_alter_table('schools', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lsoa', sa.String(), nullable=True))
    with op.batch_alter_table('findings', recreate='auto') as batch_op:
        batch_op.add_column(sa.Column('as_of', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('source', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('compared', _JSON, nullable=False, server_default='{}'))
        batch_op.alter_column('missing', existing_type=_missing(_BEFORE), type_=_missing(_MISSING), existing_nullable=True)
    _move_evidence()


def _move_evidence() -> None:
    """Give every figure the file that it came from; until now only the register carried figures, and named its date."""
    op.drop_index('ix_evidence_urn', 'evidence')
    op.rename_table('evidence', 'evidence_before')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE evidence_before RENAME CONSTRAINT pk_evidence TO pk_evidence_before')
        op.execute('ALTER TABLE evidence_before DROP CONSTRAINT ck_evidence_missing')
    op.create_table('evidence',
    sa.Column('indicator', sa.String(), nullable=False),
    sa.Column('urn', sa.Integer(), nullable=False, autoincrement=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('value', sa.Float(), nullable=True),
    sa.Column('missing', _missing(_MISSING), nullable=True),
    sa.Column('cohort', sa.Float(), nullable=True),
    sa.ForeignKeyConstraint(['load_id'], ['loads.id'], name=op.f('fk_evidence_load_id_loads')),
    sa.PrimaryKeyConstraint('indicator', 'urn', 'as_of', 'load_id', name=op.f('pk_evidence')),
    sqlite_with_rowid=False
    )
    date = 'CAST(edition AS DATE)' if op.get_bind().dialect.name == 'postgresql' else 'edition'
    op.execute(f"UPDATE loads SET as_of = {date} WHERE kind = 'GIAS establishments'")
    op.execute("""
        INSERT INTO evidence (indicator, urn, as_of, load_id, value, missing)
        SELECT e.indicator, e.urn, e.as_of, MIN(l.id), e.value, e.missing
        FROM evidence_before e JOIN loads l ON l.as_of = e.as_of AND l.kind = 'GIAS establishments'
        GROUP BY e.indicator, e.urn, e.as_of, e.value, e.missing
    """)
    op.drop_table('evidence_before')
