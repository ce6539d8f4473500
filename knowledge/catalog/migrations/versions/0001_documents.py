"""Documents, chunks, embeddings, runs, quarantine, leases, generations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "counters",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    _create_documents()
    _create_chunks()
    _create_operations()


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("source_root", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("first_row", sa.Integer, nullable=False),
        sa.Column("chunk_count", sa.Integer, nullable=False),
        sa.Column("access_key", sa.String, nullable=False),
        sa.Column("stamp", sa.Integer, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("text_hash", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("embedder", sa.String, nullable=False),
        sa.Column("modified_at", sa.Float, nullable=False),
        sa.Column("ingested_at", sa.Float, nullable=False),
        sa.Column("effective_date", sa.String, nullable=False),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.Column("desensitized", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("number", name="uq_documents_number"),
        sa.UniqueConstraint("source_root", "path", name="uq_documents_source_root_path"),
    )
    for column in ("path", "access_key", "state", "text_hash"):
        op.create_index(f"ix_documents_{column}", "documents", [column])
    op.create_table(
        "document_texts",
        sa.Column("document_id", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("document_id", name="pk_document_texts"),
        _belongs_to("document_texts", "document_id", "documents", "id"),
    )
    op.create_table(
        "document_labels",
        sa.Column("document_id", sa.String, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("document_id", "label", name="pk_document_labels"),
        _belongs_to("document_labels", "document_id", "documents", "id"),
    )
    op.create_index("ix_document_labels_label", "document_labels", ["label"])


def _create_chunks() -> None:
    op.create_table(
        "chunks",
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("document_id", sa.String, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("heading", sa.Text, nullable=False),
        sa.Column("page", sa.Integer),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("concepts", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("row", name="pk_chunks"),
        sa.UniqueConstraint("id", name="uq_chunks_id"),
        _belongs_to("chunks", "document_id", "documents", "id"),
    )
    op.create_index("ix_chunks_document_id", "chunks", ["document_id"])
    op.create_table(
        "embeddings",
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("row", name="pk_embeddings"),
        _belongs_to("embeddings", "row", "chunks", "row"),
    )
    op.create_table(
        "language_centres",
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("side", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "side", "language", name="pk_language_centres"),
    )


def _create_operations() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("finished_at", sa.Float),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_started_at", "runs", ["started_at"])
    op.create_table(
        "quarantine",
        sa.Column("source_root", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("kept_as", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("source_root", "path", name="pk_quarantine"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process_started", sa.String, nullable=False),
        sa.Column("machine", sa.String, nullable=False),
        sa.Column("beat", sa.Integer, nullable=False),
        sa.Column("acquired_at", sa.Float, nullable=False),
        sa.Column("beat_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "generations",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("folder", sa.String, nullable=False),
        sa.Column("manifest_sha256", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("documents", sa.Integer, nullable=False),
        sa.Column("chunks", sa.Integer, nullable=False),
        sa.Column("published_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_generations"),
        sa.UniqueConstraint("folder", name="uq_generations_folder"),
    )


def _belongs_to(table: str, column: str, referred: str, key: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{referred}"
    return sa.ForeignKeyConstraint([column], [f"{referred}.{key}"], name=name, ondelete="CASCADE")
