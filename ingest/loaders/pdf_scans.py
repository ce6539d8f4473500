"""Pages of a PDF that are pictures of text: found, and read through OCR when tesseract is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from ingest.loaders import ocr
from ingest.loaders.layout import Line

_DOTS_PER_INCH = 220
_LONGEST_SIDE = 5000
_GARBLED = 0.2
_FEW_LETTERS = 60
"""What a scanner or stamp program writes beside the picture, at most."""
_LARGE = 0.4
"""Share of the page that a picture covers which may be a scan of all of it."""
_NO_LETTERS = 3


@dataclass(slots=True)
class ScanReader:
    """Reads scanned pages until `budget` of them are read; counts those that were read and those that stay unread."""

    budget: int
    read: int = 0
    unread: int = 0
    _sure: list[float] = field(default_factory=list)

    def lines(self, page: Any, number: int, lines: list[Line]) -> list[Line]:
        """What OCR reads on a page that is a picture or garbled; the page's own `lines` when it is neither."""
        if not _needs_ocr(page, lines):
            return lines
        if self.budget <= 0 or ocr.engine() is None:
            self.unread += 1
            return lines
        self.budget -= 1
        found = ocr.recognize(_picture(page), number)
        if found is None:
            return lines
        self.read += 1
        self._sure.append(found.confidence)
        return list(found.lines)

    def metadata(self) -> dict[str, str]:
        """What is worth knowing of it: how sure the reading is, and how many pages were not read."""
        found: dict[str, str] = {}
        if self._sure:
            found |= {
                "ocr": "tesseract",
                "ocr_pages": str(self.read),
                "ocr_confidence": f"{fmean(self._sure):.0f}",
            }
        if self.unread:
            found["pages without text"] = str(self.unread)
        return found


def is_garbled(letters: Sequence[str]) -> bool:
    """Whether more than a fifth of the characters are none: a font without a character map."""
    odd = sum(1 for letter in letters if letter == "\ufffd" or "\ue000" <= letter <= "\uf8ff" or letter < " ")
    return odd > _GARBLED * len(letters)


def _needs_ocr(page: Any, lines: Sequence[Line]) -> bool:
    letters = [character for line in lines for character in line.text if not character.isspace()]
    if len(letters) >= _FEW_LETTERS:
        return is_garbled(letters)
    share = _largest_picture(page)
    return share > _LARGE or (len(letters) < _NO_LETTERS and share > 0)


def _largest_picture(page: Any) -> float:
    """The share of the page that its largest picture covers; 0 without pictures."""
    import pypdfium2 as pdfium
    from pypdfium2 import raw

    width, height = page.get_size()
    largest = 0.0
    for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        try:
            left, bottom, right, top = picture.get_bounds()
        except pdfium.PdfiumError:  # a picture of no size
            continue
        largest = max(largest, (right - left) * (top - bottom))
    return float(largest / max(1.0, width * height))


def _picture(page: Any) -> Any:
    width, height = page.get_size()
    scale = min(_DOTS_PER_INCH / 72, _LONGEST_SIDE / max(width, height, 1.0))
    return page.render(scale=scale, grayscale=True).to_pil()
