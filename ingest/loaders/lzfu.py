"""The compressed RTF of Outlook messages, unpacked after [MS-OXRTFCP]."""

from __future__ import annotations

import struct

from ingest.types import Unreadable

_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_HEADER = 16
_MOST = 50 * 1024 * 1024
_WINDOW = 4096
_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n"
    b"\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the window holds in the beginning, as the specification gives it."""


def decompressed_rtf(data: bytes) -> bytes:
    """The RTF in a compressed property. Raises Unreadable when it is damaged."""
    if len(data) < _HEADER:
        raise Unreadable("a damaged Outlook message")
    _, size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == _PLAIN:
        return data[_HEADER : _HEADER + size]
    if kind != _COMPRESSED or size > _MOST:
        raise Unreadable("a damaged Outlook message")
    window = bytearray(_WINDOW)
    window[: len(_START)] = _START
    return _unpacked(data[_HEADER:], window, len(_START), size)


def _unpacked(data: bytes, window: bytearray, write: int, size: int) -> bytes:
    out = bytearray()
    place = 0
    while place < len(data) and len(out) < size:
        control = data[place]
        place += 1
        for bit in range(8):
            if not control >> bit & 1:
                if place >= len(data):
                    break
                run = data[place : place + 1]
                place += 1
            else:
                if place + 2 > len(data):
                    break
                word = data[place] << 8 | data[place + 1]
                place += 2
                start, length = word >> 4, (word & 15) + 2
                if start == write:
                    return bytes(out[:size])
                run = _copied(window, start, write, length)
            for byte in run:
                window[write] = byte
                write = (write + 1) % _WINDOW
            out += run
    return bytes(out[:size])


def _copied(window: bytearray, start: int, write: int, length: int) -> bytes:
    """A run of the window that may reach into what it writes itself."""
    run = bytearray()
    for offset in range(length):
        source = (start + offset) % _WINDOW
        ahead = (source - write) % _WINDOW
        run.append(run[ahead] if ahead < len(run) else window[source])
    return bytes(run)
