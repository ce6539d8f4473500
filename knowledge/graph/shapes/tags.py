"""Language tags (BCP 47): which are none, and what was probably meant."""

from __future__ import annotations

import re
from typing import Literal

_SHAPE = re.compile(r"(?:[a-z]{2,3}|x)(?:-[a-z0-9]{1,8})*", re.ASCII)
_TWO_LETTERS = frozenset(
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz "
    "ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik "
    "io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml "
    "mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd "
    "se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve "
    "vi vo wa wo xh yi yo za zh zu".split()
)
"""ISO 639-1."""

_MEANT = {
    "cn": "zh", "zn": "zh", "zh_cn": "zh-CN", "zh_tw": "zh-TW", "chi": "zh", "zho": "zh", "chinese": "zh",
    "eng": "en", "english": "en", "uk-en": "en-GB", "jp": "ja", "jpn": "ja", "kr": "ko", "kor": "ko", "deu": "de",
    "ger": "de", "german": "de", "fra": "fr", "fre": "fr", "french": "fr", "spa": "es", "sp": "es", "dk": "da",
    "cz": "cs", "gr": "el", "se-sv": "sv", "ua": "uk", "rus": "ru", "ita": "it", "por": "pt", "nld": "nl", "dut": "nl",
}  # fmt: skip


def tag_fault(tag: str) -> Literal["", "missing", "invalid"]:
    """What is wrong with a tag in lower case: missing, invalid (not BCP 47, or a longer code than there is), or ""."""
    if not tag:
        return "missing"
    first = tag.split("-", maxsplit=1)[0]
    if first in _MEANT or not _SHAPE.fullmatch(tag):
        return "invalid"
    return "invalid" if len(first) == 2 and first not in _TWO_LETTERS else ""  # noqa: PLR2004 - two letters


def corrected_tag(tag: str) -> str:
    """The tag that was probably meant; "" when nobody can tell."""
    if tag in _MEANT:
        return _MEANT[tag]
    first, _, rest = tag.replace("_", "-").partition("-")
    meant = _MEANT.get(first, first if first in _TWO_LETTERS else "")
    return f"{meant}-{rest}" if meant and rest and _SHAPE.fullmatch(f"{meant}-{rest}") else meant
