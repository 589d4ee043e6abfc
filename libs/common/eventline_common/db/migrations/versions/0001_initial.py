"""The whole schema of the first release."""

from alembic import op

from eventline_common.db.migrations.sql import drops_of, read_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in read_sql("0001_initial.sql"):
        op.execute(statement)


def downgrade() -> None:
    for statement in drops_of("0001_initial.sql"):
        op.execute(statement)
