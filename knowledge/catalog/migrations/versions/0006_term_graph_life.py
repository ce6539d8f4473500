"""The term graph's life: proposals, comments, releases, candidates, labels that are not to be offered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "graph_proposals",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("change", sa.JSON, nullable=False),
        sa.Column("subjects", sa.JSON, nullable=False),
        sa.Column("named", sa.JSON, nullable=False),
        sa.Column("base", sa.String, nullable=False),
        sa.Column("added", sa.Text, nullable=False),
        sa.Column("removed", sa.Text, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("decided_by", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("revision", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_graph_proposals"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_graph_proposals_state", "graph_proposals", ["state"])
    op.create_index("ix_graph_proposals_revision", "graph_proposals", ["revision"])
    op.create_table(
        "graph_comments",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_graph_comments"),
    )
    op.create_index("ix_graph_comments_about", "graph_comments", ["about"])
    op.create_table(
        "graph_releases",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("revision", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_graph_releases"),
    )
    op.create_index("ix_graph_releases_revision", "graph_releases", ["revision"])
    _create_candidates()


def _create_candidates() -> None:
    op.create_table(
        "graph_candidates",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("claim", sa.JSON, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("proposal", sa.String, nullable=False),
        sa.Column("decided_by", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_graph_candidates"),
        sa.UniqueConstraint("key", name="uq_graph_candidates_key"),
    )
    op.create_index("ix_graph_candidates_state", "graph_candidates", ["state"])
    op.create_table(
        "graph_candidate_documents",
        sa.Column("candidate", sa.Integer, nullable=False),
        sa.Column("document_id", sa.String, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("sentences", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("candidate", "document_id", name="pk_graph_candidate_documents"),
        sa.ForeignKeyConstraint(
            ["candidate"],
            ["graph_candidates.number"],
            name="fk_graph_candidate_documents_candidate_graph_candidates",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_graph_candidate_documents_document_id_documents",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_graph_candidate_documents_document_id", "graph_candidate_documents", ["document_id"])
    op.create_table(
        "graph_blocked",
        sa.Column("key", sa.String, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_graph_blocked"),
    )
