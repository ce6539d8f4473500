"""An answer checked while it is being written: each time a sentence is finished, all finished ones are looked at."""

from __future__ import annotations

from collections.abc import Callable

from knowledge.sentences import split_sentences
from knowledge.types import AlignmentReport


class SentenceWatch:
    """Checks the finished sentences of one growing text with `check`, as `Checker.checking` gives it. For one thread.

    What it says holds until the text is complete: a later sentence may change what an earlier one means. Of a complete
    text it says what `Checker.check` says.
    """

    def __init__(self, check: Callable[[str], AlignmentReport]) -> None:
        self._check = check
        self._checked = ""

    def take(self, text: str, *, complete: bool = False) -> AlignmentReport | None:
        """The report on the finished sentences of `text`, if there are more than last time; its draft begins `text`.

        The last sentence is finished when another one has begun, or when the text is `complete`.
        """
        sentences = split_sentences(text)
        if not complete:
            text = text[: sentences[-2].end] if len(sentences) > 1 else ""
        if text == self._checked:
            return None
        self._checked = text
        return self._check(text)
