"""Pictures with text in them, page by page where the format has pages (TIFF), through OCR."""

from __future__ import annotations

import io
import warnings
from statistics import fmean
from typing import Any

from ingest.loaders import ocr
from ingest.loaders.layout import Line, blocks_of_pages, without_running_heads
from ingest.types import Limits, LoadedDocument, Unreadable

_MOST_PIXELS = 100_000_000


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The text that tesseract finds. Raises Unreadable when it finds none, or is not installed."""
    if ocr.engine() is None:
        raise Unreadable(f"an image; {ocr.ABSENT}")
    pages: list[list[Line]] = []
    sure: list[float] = []
    with _opened(data) as picture:
        count = min(getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1, limits.max_ocr_pages)
        for number in range(count):
            found = ocr.recognize(_page(picture, number), number + 1)
            pages.append(list(found.lines) if found is not None else [])
            sure += [found.confidence] if found is not None else []
    if not sure:
        raise Unreadable("an image without text that could be recognized")
    metadata = {"ocr": "tesseract", "ocr_confidence": f"{fmean(sure):.0f}"}
    blocks = blocks_of_pages(without_running_heads(pages), [()] * count)
    return LoadedDocument("image", tuple(blocks), metadata=metadata, pages=count)


def _opened(data: bytes) -> Any:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(data))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable(f"an image of more than {_MOST_PIXELS // 1_000_000} million pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise Unreadable("a damaged image, or one of an unknown kind") from error


def _page(picture: Any, number: int) -> Any:
    from PIL import ImageOps

    try:
        picture.seek(number)
        picture.load()
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise Unreadable("a damaged image") from error
    return ImageOps.exif_transpose(picture)
