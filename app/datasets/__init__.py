"""Training examples from private data: made, checked, looked through, struck out."""

from __future__ import annotations

from app.datasets.datasets import Datasets
from app.datasets.drift import ChangedTerm, DriftReport, Measure
from app.datasets.types import DatasetRow, Datasheet, Limits, Recipe, RowPage, StruckRow, TooFew

__all__ = [
    "ChangedTerm",
    "DatasetRow",
    "Datasets",
    "Datasheet",
    "DriftReport",
    "Limits",
    "Measure",
    "Recipe",
    "RowPage",
    "StruckRow",
    "TooFew",
]
