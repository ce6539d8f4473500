"""The rules of the quality check, one family per module: each looks at one concept or relation."""
