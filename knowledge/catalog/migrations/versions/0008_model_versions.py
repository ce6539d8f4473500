"""Model versions, the lines that they answer, their use and their changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of model versions; until something is put into them, the base of the settings answers."""
    op.create_table(
        "model_versions",
        sa.Column("id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "number", "base", "method")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("folder", "prompt")),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("dataset", sa.JSON, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("metrics", sa.JSON, nullable=False),
        sa.Column("evaluation", sa.JSON, nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_versions"),
    )
    op.create_index("ix_model_versions_name", "model_versions", ["name"])
    op.create_table(
        "version_lines",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "stable", "canary")),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_version_lines"),
    )
    op.create_table(
        "version_uses",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("version", "line", "channel")),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("total_ms", sa.Float, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=True),
    )
    op.create_index("ix_version_uses_message_id", "version_uses", ["message_id"])
    op.create_index("ix_version_uses_line_version_at", "version_uses", ["line", "version", "at"])
    op.create_table(
        "version_events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("by", "action", "line", "version", "reason")),
    )
