"""Presentations: a section per slide under its title, texts from top to bottom, tables, chart data, speaker notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.loaders.containers import checked_container
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_DEEPEST_GROUP = 20


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The slides in order, their numbers as pages; hidden slides are left out."""
    from lxml.etree import XMLSyntaxError
    from pptx import Presentation
    from pptx.exc import PackageNotFoundError

    try:
        presentation = Presentation(checked_container(data))
        slides = list(presentation.slides)
    except (PackageNotFoundError, KeyError, ValueError, AttributeError, XMLSyntaxError) as error:
        raise Unreadable("a damaged presentation") from error
    blocks = []
    for number, slide in enumerate(slides[: limits.max_pages], start=1):
        if slide.element.get("show") != "0":
            blocks += list(_slide(slide, number))
    core = presentation.core_properties
    metadata = {
        key: str(value) for key in ("author", "created", "modified", "subject") if (value := getattr(core, key))
    }
    return LoadedDocument("pptx", tuple(blocks), _useful_title(core.title), metadata, pages=len(slides))


def _useful_title(title: str | None) -> str:
    return (
        ""
        if not title or title.strip().lower().startswith(("powerpoint", "presentation", "演示文稿", "幻灯片"))
        else title
    )


def _slide(slide: Any, number: int) -> Iterator[Block]:
    title = slide.shapes.title
    if title is not None and title.has_text_frame and title.text_frame.text.strip():
        yield Block("heading", " ".join(title.text_frame.text.split()), 2, number)
    for shape in _in_reading_order(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape(shape, number, 0)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        if notes:
            yield Block("text", notes, page=number)


def _in_reading_order(shapes: Any) -> list[Any]:
    """From top to bottom, then from left to right; shapes about as high as each other count as one row."""
    return sorted(shapes, key=lambda shape: ((shape.top or 0) // 457_200, shape.left or 0))  # half an inch


def _shape(shape: Any, number: int, depth: int) -> Iterator[Block]:
    from pptx.enum.shapes import MSO_SHAPE_TYPE

    if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
        if depth < _DEEPEST_GROUP:
            for inner in _in_reading_order(shape.shapes):
                yield from _shape(inner, number, depth + 1)
    elif getattr(shape, "has_table", False):
        rows = [[cell.text_frame.text for cell in row.cells] for row in shape.table.rows]
        yield Block("table", markdown_table(rows), page=number)
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape.chart, number)
    elif shape.has_text_frame:
        yield from _text(shape.text_frame, number)


def _text(frame: Any, number: int) -> Iterator[Block]:
    paragraphs = [(paragraph.level, _line(paragraph)) for paragraph in frame.paragraphs]
    paragraphs = [(level, text) for level, text in paragraphs if text]
    if len(paragraphs) == 1:
        yield Block("text", paragraphs[0][1], page=number)
    elif paragraphs:
        yield Block("list", "\n".join(f"{'  ' * level}- {text}" for level, text in paragraphs), page=number)


def _line(paragraph: Any) -> str:
    return " ".join(paragraph.text.replace("\v", " ").split())


def _chart(chart: Any, number: int) -> Iterator[Block]:
    if chart.has_title and chart.chart_title.has_text_frame and chart.chart_title.text_frame.text.strip():
        yield Block("text", chart.chart_title.text_frame.text.strip(), page=number)
    for plot in chart.plots:
        series = list(plot.series)
        header = ["", *(one.name for one in series)]
        columns = [list(one.values) for one in series]
        rows = [
            [str(category), *(_figure(column[place]) if place < len(column) else "" for column in columns)]
            for place, category in enumerate(plot.categories)
        ]
        if rows:
            yield Block("table", markdown_table([header, *rows]), page=number)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"
