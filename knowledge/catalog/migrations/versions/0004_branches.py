"""Messages form a tree: a question may be asked again or otherwise, and every version stays reachable."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each message follows the one before it; each conversation shows the path to its last message."""
    op.add_column("messages", sa.Column("parent_id", sa.Text, nullable=True))
    op.add_column("messages", sa.Column("trace", sa.JSON, nullable=True))
    op.add_column("conversations", sa.Column("leaf_id", sa.Text, nullable=True))
    op.execute(
        "UPDATE messages SET parent_id = (SELECT before.id FROM messages AS before "
        "WHERE before.conversation_id = messages.conversation_id AND before.ordinal < messages.ordinal "
        "ORDER BY before.ordinal DESC LIMIT 1)"
    )
    op.execute(
        "UPDATE conversations SET leaf_id = (SELECT messages.id FROM messages "
        "WHERE messages.conversation_id = conversations.id ORDER BY messages.ordinal DESC LIMIT 1)"
    )
