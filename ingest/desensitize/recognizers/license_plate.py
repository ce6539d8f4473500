"""Chinese number plates, GA 36-2018."""

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.recognizers.base import Recognizer

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_LETTER = "[A-HJ-NP-Z]"
_CHARACTER = "[A-HJ-NP-Z0-9]"


class LicensePlate(Recognizer):
    """Province, letter, and five characters with a digit among them (six with D or F for new energy)."""

    entity = "LICENSE_PLATE"
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            rf"[{_PROVINCES}]{_LETTER} ?[·•.\-]? ?(?={_CHARACTER}*\d)"
            rf"(?:[DF]{_CHARACTER}\d{{4}}|\d{{5}}[DF]|{_CHARACTER}{{5}}|{_CHARACTER}{{4}}[学警港澳挂领])(?![0-9A-Za-z])"
        ),
    )
