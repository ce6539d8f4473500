"""Everything that loads or trains weights."""
