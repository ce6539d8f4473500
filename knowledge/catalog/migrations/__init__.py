"""Alembic's environment: drop `NNNN_name.py` into `versions/`, with the revision before it as `down_revision`."""
