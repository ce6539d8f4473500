"""Reuse of vectors by what was embedded, labels of refused files, near-duplicates, quality."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_AT_ONCE = 2000


def upgrade() -> None:
    """Add what runs reuse and compare; chunks that are there already get the hash of what was embedded of them."""
    op.add_column("chunks", sa.Column("embedded", sa.String, nullable=False, server_default=""))
    op.create_index("ix_chunks_embedded", "chunks", ["embedded"])
    op.add_column("quarantine", sa.Column("access", sa.JSON, nullable=True))
    op.add_column("documents", sa.Column("quality", sa.JSON, nullable=False, server_default="{}"))
    op.create_table(
        "sketches",
        sa.Column("document_id", sa.String, nullable=False),
        sa.Column("sketch", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("document_id", name="pk_sketches"),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="fk_sketches_document_id_documents", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "sketch_bands",
        sa.Column("band", sa.Integer, nullable=False),
        sa.Column("key", sa.Integer, nullable=False),
        sa.Column("document_id", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("band", "key", "document_id", name="pk_sketch_bands"),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="fk_sketch_bands_document_id_documents", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_sketch_bands_document_id", "sketch_bands", ["document_id"])
    op.create_table(
        "likenesses",
        sa.Column("document_id", sa.String, nullable=False),
        sa.Column("other_id", sa.String, nullable=False),
        sa.Column("likeness", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("document_id", "other_id", name="pk_likenesses"),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="fk_likenesses_document_id_documents", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["documents.id"], name="fk_likenesses_other_id_documents", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_likenesses_other_id", "likenesses", ["other_id"])
    _fill_embedded()


def _fill_embedded() -> None:
    connection = op.get_bind()
    query = sa.text(
        "SELECT c.row, d.title, c.heading, c.text FROM chunks c JOIN documents d ON d.id = c.document_id "
        "WHERE c.row > :after ORDER BY c.row LIMIT :limit"
    )
    after = -1
    while rows := connection.execute(query, {"after": after, "limit": _AT_ONCE}).all():
        values = [{"row": row, "hash": _embedded(title, heading, text)} for row, title, heading, text in rows]
        connection.execute(sa.text("UPDATE chunks SET embedded = :hash WHERE row = :row"), values)
        after = rows[-1][0]


def _embedded(title: str, heading: str, text: str) -> str:
    """As the pipeline made and hashed it when this migration was written."""
    head = " › ".join(part for part in (title, heading) if part)
    whole = f"{head}\n{text}" if head else text
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]
