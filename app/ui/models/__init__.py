"""The Models page: versions, who is answered by which, trainings and datasets. One view a file."""

from app.ui.models.frame import may_open, models_page

__all__ = ["may_open", "models_page"]
