"""The tables of documents, vectors, runs, leases and generations, and the metadata that all families share.

What stands in the file is made by the migrations; a test holds the two equal.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Integer, nullable=False),
)
"""Numbers that only grow: `document_number` and `chunk_row` hand out keys, `documents` counts changes."""

documents = Table(
    "documents",
    metadata,
    Column("id", String, primary_key=True),
    Column("source_root", String, nullable=False),
    Column("path", String, nullable=False),
    # Names one version of a document in the indexes: replaced text gets a new one, so old index rows can never match
    Column("number", Integer, nullable=False, unique=True),
    # The rows of its chunks are first_row … first_row + chunk_count - 1
    Column("first_row", Integer, nullable=False),
    Column("chunk_count", Integer, nullable=False),
    # Equal for equal sets of access labels
    Column("access_key", String, nullable=False, index=True),
    # Counts changes that the keyword index must follow without new text: access labels, concepts
    Column("stamp", Integer, nullable=False, default=0),
    Column("title", String, nullable=False),
    Column("language", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("format", String, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("text_hash", String, nullable=False, index=True),
    Column("fingerprint", String, nullable=False),
    # The embedding model's fingerprint; empty: not told
    Column("embedder", String, nullable=False),
    Column("modified_at", Float, nullable=False),
    Column("ingested_at", Float, nullable=False),
    Column("effective_date", String, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("desensitized", JSON, nullable=False),
    # What its run found to be said about its text; see ingest/quality.py
    Column("quality", JSON, nullable=False, server_default="{}"),
    UniqueConstraint("source_root", "path"),
    Index(None, "path"),
)

document_texts = Table(
    "document_texts",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Text, nullable=False),
)

document_labels = Table(
    "document_labels",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("label", String, primary_key=True),
    Index(None, "label"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("heading", Text, nullable=False),
    Column("page", Integer),
    Column("language", String, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("concepts", JSON, nullable=False),
    # Hash of the text that was embedded; empty: not told. Equal ones need embedding once
    Column("embedded", String, nullable=False, server_default="", index=True),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("row", ForeignKey("chunks.row", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    # Little-endian 16-bit floats of a unit vector
    Column("vector", LargeBinary, nullable=False),
)

repeats = Table(
    "repeats",
    metadata,
    # Names a paragraph, see knowledge/likeness.py
    Column("key", String, primary_key=True),
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True),
    # The chunk that is nothing but this paragraph; null: it stands in a larger one, or is what the document says
    Column("row", Integer),
)
"""Paragraphs that other documents may repeat, see knowledge/catalog/repeats.py."""

held_chunks = Table(
    "held_chunks",
    metadata,
    Column("row", ForeignKey("chunks.row", ondelete="CASCADE"), primary_key=True, autoincrement=False),
)
"""Chunks that are held out of the indexes because many documents repeat them."""

sketches = Table(
    "sketches",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("sketch", LargeBinary, nullable=False),
)
"""MinHash sketches of documents, see knowledge/likeness.py."""

sketch_bands = Table(
    "sketch_bands",
    metadata,
    Column("band", Integer, primary_key=True, autoincrement=False),
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True),
)
"""Parts of the sketches: documents that share one may be alike."""

likenesses = Table(
    "likenesses",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("other_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("likeness", Float, nullable=False),
)
"""Documents that are alike, each pair both ways."""

language_centres = Table(
    "language_centres",
    metadata,
    Column("fingerprint", String, primary_key=True),
    Column("side", String, primary_key=True),
    Column("language", String, primary_key=True),
    # Little-endian 32-bit floats
    Column("vector", LargeBinary, nullable=False),
)
"""What an embedding model makes of a language itself, see knowledge/centring.py."""

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("started_at", Float, nullable=False, index=True),
    Column("finished_at", Float),
    Column("message", Text, nullable=False),
    Column("report", JSON, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("source_root", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("kept_as", String, nullable=False),
    Column("at", Float, nullable=False),
    # The labels that it would have got; null: not told
    Column("access", JSON),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", String, nullable=False),
    Column("machine", String, nullable=False),
    Column("beat", Integer, nullable=False),
    Column("acquired_at", Float, nullable=False),
    Column("beat_at", Float, nullable=False),
)

generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("folder", String, nullable=False, unique=True),
    Column("manifest_sha256", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("published_at", Float, nullable=False),
)
"""The newest row is the live generation; older ones stay listed while their folders may still be read."""
