"""Language centres of embedding models, kept so that they are embedded once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import delete, insert, select

from knowledge.catalog.schema import language_centres
from knowledge.centring import Centres

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

_STORED = np.dtype("<f4")


class LanguageCentres:
    """The centres in a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def get(self, fingerprint: str) -> Centres | None:
        """The centres of the model with this fingerprint; None when they were never made."""
        query = select(language_centres).where(language_centres.c.fingerprint == fingerprint)
        sides: dict[str, dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]]] = {"passage": {}, "question": {}}
        with self._catalog.connect() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            sides[row.side][row.language] = np.frombuffer(row.vector, dtype=_STORED).astype(np.float32)
        return Centres(sides["passage"], sides["question"]) if rows else None

    def put(self, fingerprint: str, centres: Centres) -> None:
        """Keep them in place of earlier ones."""
        rows = [
            {"fingerprint": fingerprint, "side": side, "language": language, "vector": vector.astype(_STORED).tobytes()}
            for side, vectors in (("passage", centres.passages), ("question", centres.questions))
            for language, vector in vectors.items()
        ]
        with self._catalog.begin() as connection:
            connection.execute(delete(language_centres).where(language_centres.c.fingerprint == fingerprint))
            connection.execute(insert(language_centres), rows)
