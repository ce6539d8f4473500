"""The Documents page: what operators do to keep the company's documents in good order. One view a file."""

from app.ui.documents.frame import documents_page

__all__ = ["documents_page"]
