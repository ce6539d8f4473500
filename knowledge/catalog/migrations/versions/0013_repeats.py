"""Paragraphs that documents repeat, and the chunks that are held out of the indexes for it."""

from __future__ import annotations

import hashlib
import re

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_AT_ONCE = 2000
_UNIT = re.compile(r"[㐀-鿿]|[^\W_]+")
_FEWEST_UNITS = 15


def upgrade() -> None:
    """Chunks that are there already are counted as those to come."""
    op.create_table(
        "repeats",
        sa.Column("key", sa.String, nullable=False),
        sa.Column("document_id", sa.String, nullable=False),
        sa.Column("row", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("key", "document_id", name="pk_repeats"),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="fk_repeats_document_id_documents", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_repeats_document_id", "repeats", ["document_id"])
    op.create_table(
        "held_chunks",
        sa.Column("row", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("row", name="pk_held_chunks"),
        sa.ForeignKeyConstraint(["row"], ["chunks.row"], name="fk_held_chunks_row_chunks", ondelete="CASCADE"),
    )
    _fill_repeats()


def _fill_repeats() -> None:
    connection = op.get_bind()
    lengths = sa.text("SELECT document_id, sum(length(text)) FROM chunks GROUP BY document_id")
    whole = {row[0]: int(row[1]) for row in connection.execute(lengths)}
    query = sa.text('SELECT "row", document_id, text FROM chunks WHERE "row" > :after ORDER BY "row" LIMIT :limit')
    note = sa.text('INSERT OR IGNORE INTO repeats ("key", document_id, "row") VALUES (:key, :document, :row)')
    after = -1
    while found := connection.execute(query, {"after": after, "limit": _AT_ONCE}).all():
        values = [
            {"key": key, "document": document, "row": row if 2 * len(text) <= whole[document] else None}
            for row, document, text in found
            if (key := _key(text))
        ]
        if values:
            connection.execute(note, values)
        after = found[-1][0]


def _key(text: str) -> str:
    """As the catalog named paragraphs when this migration was written."""
    if len(_UNIT.findall(text)) < _FEWEST_UNITS:
        return ""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:32]
