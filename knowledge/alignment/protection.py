"""What must never be edited: code, addresses, quotations, citation markers, file names, and old names told as such."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ProtectionKind = Literal["code", "address", "quotation", "title", "citation", "file"]

_EXTENSIONS = (
    "7z|bat|bmp|cfg|conf|csv|dat|db|dll|dmg|doc|docx|dwg|eml|epub|exe|gif|gz|htm|html|ini|ipynb|jar|java|jpeg|jpg|js|"
    "json|log|md|mov|mp3|mp4|msg|msi|odp|ods|odt|pdf|php|png|ppt|pptx|ps1|py|rar|rdf|rtf|sh|sql|sqlite|svg|tar|tex|"
    "tif|tiff|toml|ts|tsv|ttl|txt|vsdx|wav|xls|xlsx|xlsm|xml|yaml|yml|zip"
)
_ZONES = "com|cn|org|net|io|example|local|internal|intra|corp"
_PATH_PART = r"[^\s\\/:*?\"<>|，。；、]"
_PATTERNS: tuple[tuple[ProtectionKind, re.Pattern[str], tuple[str, ...]], ...] = (
    (
        "code",
        re.compile(r"^[ \t]*(```+|~~~+)[^\n]*\n.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL),
        ("```", "~~~"),
    ),
    ("code", re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL), ("`",)),
    ("code", re.compile(r"<(code|pre)\b[^>]*>.*?</\1>|</?[A-Za-z][^<>\n]{0,200}>", re.DOTALL | re.IGNORECASE), ("<",)),
    ("quotation", re.compile(r"^[ \t]*>[^\n]*$", re.MULTILINE), (">",)),
    (
        "address",
        re.compile(r"(?:[a-z][a-z0-9+.-]{1,15}://|www\.)[^\s<>\"'”’）)\]，。；、]+", re.IGNORECASE),
        ("://", "."),
    ),
    ("address", re.compile(r"(?<=\]\()[^)\s]+(?=\))"), ("](",)),
    ("address", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), ("@",)),
    ("address", re.compile(rf"(?<![\w.])(?:[A-Za-z]:\\|\\\\|~?/)(?:{_PATH_PART}+[\\/])+{_PATH_PART}*"), ("\\", "/")),
    ("address", re.compile(rf"\b(?:[a-z0-9-]+\.)+(?:{_ZONES})\b(?:/[^\s，。；、）)]*)?", re.IGNORECASE), (".",)),
    ("file", re.compile(rf"[\w\-–()（）.]*[\w\-)）]\.(?:{_EXTENSIONS})\b", re.IGNORECASE), (".",)),
    ("file", re.compile(r"\w*(?:\w_\w)+\w*"), ("_",)),
    ("citation", re.compile(r"\[\d{1,3}\]|【\d{1,3}】"), ("[", "【")),
    (
        "quotation",
        re.compile(r"“[^“”\n]*”|‘[^‘’\n]*’|「[^「」\n]*」|『[^『』\n]*』|«[^«»\n]*»|„[^„“\n]*“"),
        ("“", "‘", "「", "『", "«", "„"),
    ),
    ("quotation", re.compile(r"\"[^\"\n]+\""), ('"',)),
    ("quotation", re.compile(r"(?<!\w)'(?=\S)[^'\n]{1,300}(?:(?<=\w)'(?=\w)[^'\n]*)*(?<=\S)'(?!\w)"), ("'",)),
    ("title", re.compile(r"《[^《》\n]*》|〈[^〈〉\n]*〉"), ("《", "〈")),
)
"""What is protected, each with marks of which its texts have at least one: looking for these is much quicker."""

# Directly before an old name: it is told as one
_TOLD_BEFORE = re.compile(
    r"""(?:\b(?:former(?:ly)?|previous(?:ly)?|once\s+called|original(?:ly)?|old|older|earlier|ex|legacy|
              (?:used\s+to|had)\s+be(?:en)?(?:\s+called|\s+known\s+as|\s+named)?|renamed\s+from|rename(?:s|d)?|
              (?:successor|predecessor)\s+(?:to|of)|replac(?:es|ed|ing)|supersed(?:es|ed|ing)|instead\s+of|
              née|aka|a\.k\.a\.|
              (?:was|were|been|be)\s+(?:still\s+|then\s+)?(?:called|named|known\s+as|referred\s+to\s+as)|
              (?:called|named|known)\s+(?:it|them|this|that)|
              (?:older?|former|earlier|previous)\s+(?:\w+\s+){1,3}(?:called|named|known\s+as))
          \s*[:,]?\s*(?:as\s+|the\s+|an?\s+|called\s+|known\s+as\s+|named\s+|name(?:d)?\s+(?:was\s+|is\s+)?)*
        |(?:原称|原名|原为|原叫|原先叫|原来叫|旧称|旧名|旧名称|曾称|曾用名|曾名|曾叫|曾经叫|前身|前称|又曾称|老名字|
           老名称|以前叫|以前称|过去叫|当时叫|当时称|那时叫|叫过|俗称过|改自|更名前|改名前|取代了?|替代了?|代替了?|
           不再(?:叫|称|使用|用)|禁用|停用|废止)
          (?:的)?(?:名称|名字|叫法|称呼|说法)?(?:曾)?(?:是|为|叫|叫作|叫做|称为|称作|作|做)?[:：]?\s*[“"'‘「《]?)\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
# Directly after an old name
_TOLD_AFTER = re.compile(
    r"""^[”"'’」》]?\s*(?:
        (?:was|were|is|has\s+been|had\s+been|have\s+been|got|being|,\s*)?\s*(?:since\s+|now\s+|later\s+|then\s+)?
        (?:re-?named|re-?branded|replaced|superseded|retired|discontinued|shut\s+down|succeeded|merged)\b
       |(?:\(|,)?\s*now\s+(?:called\s+|known\s+as\s+|named\s+)?(?=["'“A-Z(])
       |(?:was|were|is)\s+(?:the\s+)?(?:former|old|earlier|previous|original)\b
       |(?:was|were)\s+the\s+name\b
       |(?:现|今|后|已|于[^，。；]{1,12}|在[^，。；]{1,12})*
        (?:更名|改名|改称|改叫|更改为|换名|停用|下线|废止|取代|被取代|被替代|合并)
       |[（(](?:现称|现名|今称|现为|现)
       |(?:是|为|这个|这一|的)?(?:[^，。；]{0,10})(?:旧称|旧名|曾用名|原名|前身|旧叫法)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
# Anywhere in the sentence: it speaks about a time when the old name was the right one
_PAST_SENTENCE = re.compile(
    r"""\b(?:before|until|till|up\s+to|prior\s+to)\s+(?:the\s+)?
        (?:end\s+of\s+|early\s+|late\s+|mid-?\s*|
           (?:January|February|March|April|May|June|July|August|September|October|November|December|Q[1-4])\s+)?
        (?:1[89]|20)\d\d\b
       |\bback\s+then\b|\bin\s+those\s+days\b|\bat\s+(?:that|the)\s+time\s+(?:called|named|known)\b
       |\bused\s+to\s+(?:be\s+)?(?:call|know|name)|\bno\s+longer\s+(?:called|named|known)|\b(?:renamed|rebranded)\b
       |(?:(?:1[89]|20)\d\d|[一二〇零九]{4})\s*年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:初|底|末)?(?:之前|以前|前)(?![往后])
       |以前(?:叫|称|名)|过去(?:叫|称)|那时候?(?:叫|称)|当年(?:叫|称)|更名|改名|改称|旧称|曾用名
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Protected:
    """A place that no edit may touch; offsets count characters."""

    start: int
    end: int
    kind: ProtectionKind


def protected_places(text: str) -> list[Protected]:
    """The protected places of a text by start; they may overlap."""
    found = [
        Protected(match.start(), match.end(), kind)
        for kind, pattern, marks in _PATTERNS
        if any(mark in text for mark in marks)
        for match in pattern.finditer(text)
        if match.end() > match.start()
    ]
    code = [place for place in found if place.kind == "code"]
    # A quotation mark inside code opens nothing
    kept = [place for place in found if place.kind == "code" or not any(_crosses(place, other) for other in code)]
    return sorted(kept, key=lambda place: (place.start, place.end))


def is_protected(places: Sequence[Protected], text: str, start: int, end: int) -> bool:
    """Whether a place in the text overlaps a protected one.

    A title that consists of nothing but the place is how a document's name is written, and is not protected.
    """
    for place in places:
        if place.start >= end:
            break
        if place.end <= start or (place.kind == "title" and _fills(place, text, start, end)):
            continue
        return True
    return False


def is_quoted(places: Sequence[Protected], text: str, start: int, end: int) -> bool:
    """Whether the words there are somebody else's, code or an address: they state nothing that we answer for."""
    for place in places:
        if place.start >= end:
            break
        inside = place.start <= start and end <= place.end
        if not inside or place.kind == "citation":
            continue
        if place.kind in ("title", "quotation") and _fills(place, text, start, end):
            continue
        return True
    return False


def told_as_old(text: str, start: int, end: int, sentence: tuple[int, int]) -> bool:
    """Whether the sentence gives the name there as one that was used once: it must stay."""
    before, after = text[sentence[0] : start], text[end : sentence[1]]
    whole = text[sentence[0] : sentence[1]]
    return bool(_TOLD_BEFORE.search(before) or _TOLD_AFTER.match(after) or _PAST_SENTENCE.search(whole))


def _fills(place: Protected, text: str, start: int, end: int) -> bool:
    return text[place.start + 1 : place.end - 1].strip() == text[start:end]


def _crosses(place: Protected, code: Protected) -> bool:
    """Whether `place` begins or ends inside the code, but is not outside around it."""
    starts, ends = code.start <= place.start < code.end, code.start < place.end <= code.end
    return starts != ends
