"""Revisions of the term graph."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of revisions."""
    op.create_table(
        "graph_revisions",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("parent", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("added", sa.Text, nullable=False),
        sa.Column("removed", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_graph_revisions"),
        sa.UniqueConstraint("id", name="uq_graph_revisions_id"),
    )
