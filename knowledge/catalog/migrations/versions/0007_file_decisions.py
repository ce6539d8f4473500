"""What operators decided about single files outlasts the runs that read them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Labels that were set by hand, and files that are left out."""
    op.create_table(
        "file_decisions",
        sa.Column("source_root", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("access", sa.JSON, nullable=True),
        sa.Column("left_out", sa.Boolean, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("source_root", "path", name="pk_file_decisions"),
    )
