"""Groups of cases with their meetings and attendance, and several matches a case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import models.base

revision = '0006'
down_revision = '0005'

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')


def _word(name, *words):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table('support_groups',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('commission_id', sa.Integer(), nullable=False),
    sa.Column('further', sa.String(), nullable=False),
    sa.Column('supporter_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('formed_at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['commission_id'], ['commissions.id'], name=op.f('fk_support_groups_commission_id_commissions')),
    sa.ForeignKeyConstraint(['supporter_id'], ['supporters.id'], name=op.f('fk_support_groups_supporter_id_supporters')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_support_groups'))
    )
    op.create_index(op.f('ix_support_groups_commission_id'), 'support_groups', ['commission_id'], unique=False)
    op.create_table('group_places',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('joined_on', sa.Date(), nullable=False),
    sa.Column('left_on', sa.Date(), nullable=True),
    sa.Column('why_left', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_group_places_case_id_cases')),
    sa.ForeignKeyConstraint(['group_id'], ['support_groups.id'], name=op.f('fk_group_places_group_id_support_groups')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_places'))
    )
    op.create_index(op.f('ix_group_places_case_id'), 'group_places', ['case_id'], unique=False)
    op.create_index(op.f('ix_group_places_group_id'), 'group_places', ['group_id'], unique=False)
    op.create_table('meetings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('commission_id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('session', sa.String(), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('supporter_id', sa.Integer(), nullable=True),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('host_urn', sa.Integer(), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('part', _word('daypart', 'morning', 'afternoon', 'whole_day'), nullable=False),
    sa.Column('status', _word('visitstatus', 'proposed', 'confirmed', 'to_move', 'held', 'cancelled'), nullable=False),
    sa.Column('not_on', _JSON, nullable=False),
    sa.Column('why', sa.String(), nullable=True),
    sa.Column('held_on', sa.Date(), nullable=True),
    sa.Column('speaker', sa.String(), nullable=True),
    sa.Column('resources', _JSON, nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['commission_id'], ['commissions.id'], name=op.f('fk_meetings_commission_id_commissions')),
    sa.ForeignKeyConstraint(['group_id'], ['support_groups.id'], name=op.f('fk_meetings_group_id_support_groups')),
    sa.ForeignKeyConstraint(['supporter_id'], ['supporters.id'], name=op.f('fk_meetings_supporter_id_supporters')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meetings'))
    )
    op.create_index(op.f('ix_meetings_commission_id'), 'meetings', ['commission_id'], unique=False)
    op.create_index('ix_meetings_diary', 'meetings', ['supporter_id', 'day'], unique=False)
    op.create_index(op.f('ix_meetings_group_id'), 'meetings', ['group_id'], unique=False)
    op.create_table('attendances',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('status', _word('attendancestatus', 'expected', 'apologies', 'came', 'absent', 'given_back'), nullable=False),
    sa.Column('booked', sa.Boolean(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=True),
    sa.Column('why', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_attendances_case_id_cases')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meetings.id'], name=op.f('fk_attendances_meeting_id_meetings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendances')),
    sa.UniqueConstraint('meeting_id', 'case_id', name=op.f('uq_attendances_meeting_id_case_id'))
    )
    op.create_index(op.f('ix_attendances_case_id'), 'attendances', ['case_id'], unique=False)
    op.create_index(op.f('ix_attendances_meeting_id'), 'attendances', ['meeting_id'], unique=False)
    with op.batch_alter_table('cases', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('further', sa.String(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('begins', sa.Date(), nullable=True))
    with op.batch_alter_table('matches', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('further', sa.String(), nullable=False, server_default=''))
    with op.batch_alter_table('visits', recreate='auto') as batch_op:
        batch_op.add_column(sa.Column('meeting_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_visits_meeting_id_meetings'), 'meetings', ['meeting_id'], ['id'])
    # The first visit that was offered tells from when the weeks of a case counted; without one they have not begun.
    op.execute("""
        UPDATE cases SET begins = (
            SELECT MIN(CAST(substr(CAST(e.at AS TEXT), 1, 10) AS DATE)) FROM events e WHERE e.case_id = cases.id AND e.kind = 'case.propose-dates'
        )
    """ if op.get_bind().dialect.name == 'postgresql' else """
        UPDATE cases SET begins = (
            SELECT MIN(substr(e.at, 1, 10)) FROM events e WHERE e.case_id = cases.id AND e.kind = 'case.propose-dates'
        )
    """)
    op.drop_table('attendees')
