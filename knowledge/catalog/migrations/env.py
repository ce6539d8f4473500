"""Alembic's entry: runs the migrations inside the transaction that `knowledge.catalog.migrating` opened."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False, render_as_batch=True)
context.run_migrations()
