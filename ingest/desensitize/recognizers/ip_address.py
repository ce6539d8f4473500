"""IP addresses, versions 4 and 6, with or without a network length."""

# ruff: noqa: PLR2004 - lengths and digits are those of the standard named above

from __future__ import annotations

import ipaddress
import re
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LIKELY, SURE, Recognizer, words

_CONTEXT = words(
    "ip",
    "地址",
    "网关",
    "服务器",
    "主机",
    "网段",
    "address",
    "gateway",
    "server",
    "host",
    "subnet",
    "network",
)
_REACHED = words(
    "来自",
    "from",
    "端口",
    "客户端",
    "节点",
    "代理",
    "公网",
    "内网",
    "出口",
    "登录",
    "访问",
    "路由",
    "封禁",
    "白名单",
    "黑名单",
    "dns",
    "nameserver",
    "resolver",
    "ping",
    "ssh",
    "vpn",
    "client",
    "remote",
    "peer",
    "node",
    "proxy",
    "router",
    "port",
    "src",
    "dst",
    "login",
    "connect",
    "connected",
    "connection",
    "whitelist",
    "allowlist",
    "blocked",
)
"""Said of what is reached over a network; with these, numbers that read like a version are an address."""
_VERSION = words(
    "版本",
    "固件",
    "version",
    "ver",
    "v",
    "firmware",
    "驱动",
    "补丁",
    "内核",
    "driver",
    "bios",
    "bootloader",
    "image",
    "镜像",
    "规程",
    "issue",
    "software",
    "patch",
    "kernel",
    "sdk",
    "release",
    "build",
    "rev",
    "revision",
    "升级到",
    "升级至",
    "upgraded?",
    "downgraded?",
    "supports?",
    "support for",
    r"[章节条]\s*$",
    "section",
    "clause",
)
_PRIVATE, _SMALL = 10, 48
_NEAR, _FURTHER = 24, 64
_RELEASE = re.compile(r"(?<![\d.])v?\d{1,3}\.\d{1,3}\.\d{1,4}(?:-[a-z]+\.?\d*)?(?![\d.])")
"""A version of three numbers: next to one, four that read like a version are one too."""
_BEHIND_LABEL = "|".join(
    [r"(?<=[^0-9A-Fa-f:.]:)", *(rf"(?<=[G-Zg-z][0-9A-Fa-f]{{{count}}}:)" for count in range(1, 4))]
)
"""Right behind a colon, where no group of an address can stand before it: `IPv6:`, `Address:`."""


class IpAddress(Recognizer):
    """Addresses that could name a machine: loopback, masks, multicast and the unspecified address stay."""

    entity = "IP_ADDRESS"
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            r"(?:(?<![0-9A-Za-z.])|(?<=IP)|(?<=ip))(?<!\d-)(?P<value>(?:\d{1,3}\.){3}\d{1,3}(?:/(?:3[0-2]|[12]?\d))?)(?![0-9A-Za-z])(?!\.\d)(?!-[A-Za-z])"
        ),
        re.compile(
            rf"(?:(?<![0-9A-Za-z:.])|{_BEHIND_LABEL})"
            r"(?P<value>[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:/\d{1,3})?)(?![0-9A-Za-z:])"
        ),
    )

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """A valid address that the text does not call a version."""
        value = match["value"]
        try:
            address = ipaddress.ip_address(value.partition("/")[0])
        except ValueError:
            return 0.0
        if address.is_loopback or address.is_unspecified or address.is_multicast:
            return 0.0
        if isinstance(address, ipaddress.IPv6Address):
            groups = [group for group in value.partition("/")[0].split(":") if group]
            return SURE if len(groups) >= 3 and any(map(str.isdigit, value)) else 0.0
        return _version_4(match, view)

    @staticmethod
    def canonical(value: str) -> str:
        """The address in its shortest form, without the network's length."""
        try:
            return str(ipaddress.ip_address(value.partition("/")[0]))
        except ValueError:
            return value

    @staticmethod
    def generalized(value: str) -> str | None:
        """Its /16 or /48 network."""
        address = ipaddress.ip_address(IpAddress.canonical(value))
        return f"⟨IP {ipaddress.ip_network(f'{address}/{16 if address.version == 4 else 48}', strict=False)}⟩"


def _version_4(match: re.Match[str], view: TextView) -> float:
    value = match["value"]
    if value.startswith(("0.", "255.")):
        return 0.0
    before = view.before(match.start(), _NEAR)
    names = [found.end() for found in _CONTEXT.finditer(before)]
    versions = [found.end() for found in _VERSION.finditer(before)] if int(value.partition(".")[0]) < _SMALL else []
    if (versions and max(versions) > max(names, default=-1)) or view.plain.startswith("版", match.end()):
        return 0.0
    if names:
        return SURE
    follows = _FOLLOWS.match(view.plain, match.end())
    if _like_version(value) or (follows and _like_version(follows["next"])):
        further = view.before(match.start(), _FURTHER)
        if _RELEASE.search(further) or _VERSION.search(further) or not _reached(match, view, before):
            return 0.0
    return LIKELY


_FOLLOWS = re.compile(r" ?(?:to|->|→|至|到|升级到|升级至) ?v?(?P<next>(?:\d{1,3}\.){3}\d{1,3})(?![\d.])")
"""From one version to another."""


def _like_version(value: str) -> bool:
    """Whether it starts with three small numbers, as versions do; of the blocks 1 to 31 only 10 is common inside."""
    first, second, third, _ = (int(part) for part in value.partition("/")[0].split("."))
    return first != _PRIVATE and max(first, second, third) < _SMALL


def _reached(match: re.Match[str], view: TextView, before: str) -> bool:
    """Whether a network's length, a port or the words around it make it an address."""
    after = view.after(match.end(), _NEAR)
    return bool(
        "/" in match["value"]
        or re.match(r":\d{2,5}(?!\d)", after)
        or _REACHED.search(before)
        or _REACHED.search(after)
        or _CONTEXT.search(after)
    )
