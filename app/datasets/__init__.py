"""Training examples from private data: made, checked, looked through, struck out."""

from __future__ import annotations

from app.datasets.datasets import Datasets
from app.datasets.types import DatasetRow, Datasheet, Limits, Recipe, RowPage, StruckRow

__all__ = ["DatasetRow", "Datasets", "Datasheet", "Limits", "Recipe", "RowPage", "StruckRow"]
