"""Free school meals of now are one indicator, whether a register or a census tells of them; what a register leaves out is no figure."""

from alembic import op

revision = '0017'
down_revision = '0016'


def upgrade() -> None:
    op.execute("DELETE FROM evidence WHERE indicator = 'fsm_share' AND value IS NULL")
    for table in ('evidence', 'area_evidence'):
        op.execute(f"UPDATE {table} SET indicator = 'fsm_share' WHERE indicator = 'fsm_now_share'")
