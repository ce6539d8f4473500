"""The checker on a small invented company."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.alignment import Checker
from knowledge.graph import Linker, TermGraph

TODAY = date(2026, 1, 15)


@pytest.fixture(scope="session")
def company() -> TermGraph:
    return TermGraph.from_files([Path(__file__).with_name("company.ttl")])


@pytest.fixture(scope="session")
def checker(company: TermGraph) -> Checker:
    return Checker(company, Linker(company), today=lambda: TODAY)
