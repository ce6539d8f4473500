"""Headings in text that has no marks for them: by their numbers and their shape."""

from __future__ import annotations

import re

_ZH_NUMBER = "[一二三四五六七八九十百零〇]{1,4}"
_NUMBERED = (
    (re.compile(rf"第(?:{_ZH_NUMBER}|\d{{1,3}})[编篇部章](?:[\s　:：]|$|(?=[^\s。，；]))"), 1),
    (re.compile(r"(?:附录|附件)\s*[A-Z0-9一二三四五六七八九十]{0,2}(?:[\s:：]|$)"), 1),
    (re.compile(r"(?:Chapter|Part|Appendix|Annex|Section)\s+[\dIVXA-Z]{1,4}\b"), 1),
    (re.compile(rf"第(?:{_ZH_NUMBER}|\d{{1,3}})节"), 2),
    (re.compile(rf"{_ZH_NUMBER}、"), 2),
    (re.compile(rf"（{_ZH_NUMBER}）"), 3),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{1,2}\.?[\s　]+\S"), 3),
    (re.compile(r"\d{1,2}\.\d{1,2}\.?[\s　]+\S"), 2),
    (re.compile(r"\d{1,2}[.．、]?[\s　]+[A-Z\u4e00-\u9fff]"), 1),
)
_LONGEST = 60
_SENTENCE_END = tuple("。；;，,！!？?：:、…")


def heading_level(line: str) -> int | None:
    """The level of a numbered heading that stands on its own line; None when the line reads like a sentence or item."""
    line = line.strip()
    if not line or len(line) > _LONGEST or line.endswith(_SENTENCE_END) or (line.endswith(".") and " " in line):
        return None
    if "。" in line or "；" in line or re.search(r"[.!?] [A-Z]", line[4:]):
        return None
    return next((level for pattern, level in _NUMBERED if pattern.match(line)), None)
