"""E-mail addresses, found from their @ outward; nothing is looked up anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import SURE, Recognizer

_LOCAL_FROM_END = re.compile(r"[A-Za-z0-9_+%&'.~-]{1,64}")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,40})(?![A-Za-z0-9])"
)
_IDN = re.compile(
    r"(?:[A-Za-z0-9\u4e00-\u9fff-]{1,63}\.)+(?:[A-Za-z]{2,24}|中国|公司|网络|商城|在线|我爱你)(?![A-Za-z0-9])"
)
_URL_USER = re.compile(r"://[^\s/@]{0,64}:[^\s/@]{0,128}$")
_LONGEST_LOCAL = 64


class EmailAddress(Recognizer):
    """A local part of up to 64 characters, an @, and a domain of at least two labels, international ones included."""

    entity = "EMAIL_ADDRESS"

    def find(self, view: TextView) -> Iterator[tuple[int, int, float]]:
        """From each @: the domain after it, the local part before it."""
        text = view.plain
        at = text.find("@")
        while at >= 0:
            domain = _DOMAIN.match(text, at + 1) or _IDN.match(text, at + 1)
            if domain is not None:
                backwards = text[max(0, at - _LONGEST_LOCAL) : at][::-1]
                local = _LOCAL_FROM_END.match(backwards)
                if local is not None and (start := _start(text, at, local.end())) < at and not _is_url_user(text, at):
                    yield start, domain.end(), SURE
            at = text.find("@", at + 1)

    @staticmethod
    def canonical(value: str) -> str:
        """Lower case."""
        return value.lower()

    @staticmethod
    def generalized(value: str) -> str | None:
        """Its domain."""
        return f"⟨EMAIL @{value.rpartition('@')[2].lower()}⟩"


def _start(text: str, at: int, length: int) -> int:
    """Where the local part begins, without dots and quotes in front of it."""
    start = at - length
    while start < at and text[start] in ".'-&~%":
        start += 1
    return start


def _is_url_user(text: str, at: int) -> bool:
    """Whether this @ ends the `user:password` part of a URL, of which only the password is a secret."""
    return _URL_USER.search(text, max(0, at - 200), at) is not None
