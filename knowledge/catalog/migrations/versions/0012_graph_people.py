"""For what of the term graph somebody may speak, the queries that they keep, and where news of it are sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """All of it goes with its account."""
    op.create_table(
        "graph_reaches",
        sa.Column("account_key", sa.Text, nullable=False),
        sa.Column("languages", sa.JSON, nullable=False),
        sa.Column("schemes", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_key"], ["accounts.key"], name="fk_graph_reaches_account_key_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_key", name="pk_graph_reaches"),
    )
    op.create_table(
        "graph_queries",
        sa.Column("account_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_key"], ["accounts.key"], name="fk_graph_queries_account_key_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_key", "name", name="pk_graph_queries"),
    )
    op.create_table(
        "graph_news",
        sa.Column("account_key", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_key"], ["accounts.key"], name="fk_graph_news_account_key_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_key", name="pk_graph_news"),
    )
