"""Notes of visit by template: their content as one value, every version kept, what schools tell before a visit, and where a plan's actions come from."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import models.base

revision = '0009'
down_revision = '0008'

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')
_ROLES = ('engine', 'adviser', 'lead', 'commissioner', 'supporter', 'school', 'auditor')
_WAS, _NOW = ('with_school', 'disputed', 'published'), ('draft', 'with_school', 'disputed', 'with_lead', 'published')


def _word(name, *words):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table('school_parts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('answers', _JSON, nullable=False),
    sa.Column('role', _word('role', *_ROLES), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_school_parts_case_id_cases')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_school_parts_visit_id_visits')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_school_parts')),
    sa.UniqueConstraint('visit_id', name=op.f('uq_school_parts_visit_id'))
    )
    op.create_index(op.f('ix_school_parts_case_id'), 'school_parts', ['case_id'], unique=False)
    op.create_table('note_versions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('note_id', sa.Integer(), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('content', _JSON, nullable=False),
    sa.Column('role', _word('role', *_ROLES), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('why', sa.String(), nullable=True),
    sa.Column('statement', sa.String(), nullable=True),
    sa.Column('at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('published_at', models.base.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['note_id'], ['notes_of_visit.id'], name=op.f('fk_note_versions_note_id_notes_of_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_note_versions')),
    sa.UniqueConstraint('note_id', 'edition', name=op.f('uq_note_versions_note_id_edition'))
    )
    with op.batch_alter_table('notes_of_visit', recreate='auto') as batch_op:
        batch_op.add_column(sa.Column('content', _JSON, nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('edition', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('replied_at', models.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('statement', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('returned', sa.String(), nullable=True))
        batch_op.alter_column('status', existing_type=_word('notestatus', *_WAS), type_=_word('notestatus', *_NOW), existing_nullable=False)
        batch_op.alter_column('written_at', existing_type=models.base.UtcDateTime(timezone=True), nullable=True)
        batch_op.alter_column('reply_due', existing_type=sa.Date(), nullable=True)
    with op.batch_alter_table('actions', recreate='auto') as batch_op:
        batch_op.add_column(sa.Column('note_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('note_action', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_actions_note_id_notes_of_visit'), 'notes_of_visit', ['note_id'], ['id'])
    _carry_over(op.get_bind())
    with op.batch_alter_table('notes_of_visit', recreate='auto') as batch_op:
        batch_op.drop_column('strengths')
        batch_op.drop_column('areas')
        batch_op.drop_column('agreed_actions')


def _carry_over(connection) -> None:
    """Make each note's text the first version of it, and give actions that came of a note their origin.

    Until now an agreed action had no owner and no day: the plan gave it to the headteacher.
    """
    notes = sa.table('notes_of_visit', *(sa.column(name) for name in ('id', 'visit_id', 'case_id', 'status', 'strengths', 'areas', 'edition')),
                     sa.column('agreed_actions', _JSON), sa.column('content', _JSON), sa.column('written_at', models.base.UtcDateTime()),
                     sa.column('replied_at', models.base.UtcDateTime()), sa.column('published_at', models.base.UtcDateTime()))
    versions = sa.table('note_versions', *(sa.column(name) for name in ('note_id', 'edition', 'role', 'by', 'why')),
                        sa.column('content', _JSON), sa.column('at', models.base.UtcDateTime()), sa.column('published_at', models.base.UtcDateTime()))
    events = sa.table('events', *(sa.column(name) for name in ('id', 'case_id', 'kind', 'role', 'by')), sa.column('detail', _JSON),
                      sa.column('at', models.base.UtcDateTime()))
    wanted = sa.select(events).where(events.c.kind.in_(['visit.held', 'note.published', 'note.disputed', 'note.settled'])).order_by(events.c.id)
    told = {}
    for event in connection.execute(wanted).mappings():
        told.setdefault((event['case_id'], event['detail'].get('visit_id')), []).append(event)
    for row in connection.execute(sa.select(notes).order_by(notes.c.id)).mappings().all():
        mine = told.get((row['case_id'], row['visit_id']), [])
        content = _content(row['strengths'], row['areas'], row['agreed_actions'])
        replied = next((event['at'] for event in mine if event['kind'] != 'visit.held' and event['kind'] != 'note.settled' and event['role'] != 'engine'), None)
        settled = next((event for event in mine if event['kind'] == 'note.settled'), None)
        writer = next((event for event in mine if event['kind'] == 'visit.held'), None)
        written = {'note_id': row['id'], 'role': writer['role'] if writer else 'supporter', 'by': writer['by'] if writer else 'supporter', 'at': row['written_at']}
        was = settled['detail'].get('was') if settled else None
        kept = []
        if was and (was.get('strengths'), was.get('areas')) != (row['strengths'], row['areas']):
            # What the school disputed is a version of its own, before the one that was published.
            kept.append({**written, 'edition': 1, 'content': _content(was.get('strengths', ''), was.get('areas', ''), row['agreed_actions']), 'why': None, 'published_at': None})
            written |= {'role': settled['role'], 'by': settled['by'], 'at': settled['at']}
        kept.append({**written, 'edition': len(kept) + 1, 'content': content, 'why': settled['detail'].get('reason') if kept else None, 'published_at': row['published_at']})
        connection.execute(sa.insert(versions), kept)
        connection.execute(sa.update(notes).where(notes.c.id == row['id']).values(content=content, edition=len(kept), replied_at=replied))
    _origins(connection, notes)


def _content(strengths, areas, actions):
    sections = [('strengths', 'Strengths', strengths), ('areas', 'Areas to work on', areas)]
    return {
        'template': 1, 'told': [], 'evidence': [], 'suggestion': None,
        'sections': [{'id': name, 'title': title, 'text': text} for name, title, text in sections if text],
        'actions': [{'action': action, 'owner': 'headteacher', 'due': None, 'area': None, 'number': number}
                    for number, action in enumerate(dict.fromkeys(one for one in actions if one), start=1)],
    }


def _origins(connection, notes) -> None:
    """Find the note of each action that a plan took from one: the first of its case that agreed just that."""
    actions = sa.table('actions', *(sa.column(name) for name in ('id', 'objective_id', 'action', 'note_id', 'note_action')))
    objectives = sa.table('objectives', *(sa.column(name) for name in ('id', 'plan_id', 'area', 'objective')))
    plans = sa.table('action_plans', sa.column('id'), sa.column('case_id'))
    said = {}
    for row in connection.execute(sa.select(notes.c.id, notes.c.case_id, notes.c.content).order_by(notes.c.id)).mappings():
        content = row['content'] if isinstance(row['content'], dict) else json.loads(row['content'])
        for one in content['actions']:
            said.setdefault((row['case_id'], one['action']), []).append((row['id'], one['number']))
    query = sa.select(actions.c.id, actions.c.action, objectives.c.plan_id, plans.c.case_id).select_from(
        actions.join(objectives, objectives.c.id == actions.c.objective_id).join(plans, plans.c.id == objectives.c.plan_id)
    ).where(objectives.c.area == 'From the visit').order_by(actions.c.id)
    taken = set()
    for row in connection.execute(query).mappings().all():
        for note_id, number in said.get((row['case_id'], row['action']), []):
            if (row['plan_id'], note_id, number) not in taken:
                taken.add((row['plan_id'], note_id, number))
                connection.execute(sa.update(actions).where(actions.c.id == row['id']).values(note_id=note_id, note_action=number))
                break
    connection.execute(sa.update(objectives).where(objectives.c.area == 'From the visit').values(area='Agreed at visits'))
