"""Concepts that somebody watches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A watch goes with its account."""
    op.create_table(
        "graph_watches",
        sa.Column("account_key", sa.Text, nullable=False),
        sa.Column("concept", sa.Text, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_key"], ["accounts.key"], name="fk_graph_watches_account_key_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_key", "concept", name="pk_graph_watches"),
    )
