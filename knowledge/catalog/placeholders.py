"""Which placeholders of desensitized values still stand somewhere in a catalog."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import Integer, LargeBinary, Numeric, Text, func, or_, select, type_coerce

from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

_ESCAPED = {"\\u27e8": "⟨", "\\u27e9": "⟩", "\\u00b7": "·"}  # how JSON may write them
_PLACEHOLDER = re.compile("⟨[^⟨⟩\n]{1,60}⟩")
_WITHOUT = frozenset({"audit"})
"""The audit log names placeholders for ever, but keeps nobody's value alive."""


def standing(catalog: Catalog) -> frozenset[str]:
    """Every ⟨…⟩ in a text of the catalog: documents, conversations, feedback, names of files; not the audit log."""
    found: set[str] = set()
    with catalog.connect() as connection:
        for table in metadata.sorted_tables:
            if table.name in _WITHOUT:
                continue
            for column in table.columns:
                if isinstance(column.type, Integer | LargeBinary | Numeric):
                    continue
                text = type_coerce(column, Text())  # JSON as it is written, so that all of it can be searched
                marked = or_(func.instr(text, "⟨") > 0, func.instr(text, "\\u27e8") > 0)
                for (value,) in connection.execute(select(text).where(marked)):
                    found.update(_PLACEHOLDER.findall(_plain(value)))
    return frozenset(found)


def _plain(text: str) -> str:
    for escaped, sign in _ESCAPED.items():
        text = text.replace(escaped, sign)
    return text
