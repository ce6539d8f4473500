"""Pictures of trainings and comparisons as SVG, for reports; every text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.training.plan import Step

_WIDTH, _HEIGHT, _EDGE = 640, 320, 48
_LINES = ("#1b6e8c", "#b0721c", "#5a7d2a", "#8a3b6e")
_OURS, _THEIRS = "#1b6e8c", "#b0721c"
_SHARES = ("f1", "em", "bert_score", "key_facts", "general")


def curve_picture(curve: Sequence[Step], title: str = "loss (line: training, dots: held back)") -> str:
    """Loss over steps: a line for training, dots for the held-back rows."""
    if not curve:
        return _svg([_text(_EDGE, _EDGE, "no steps")])
    held_back = [(step.number, step.validation) for step in curve if step.validation is not None]
    highest = max([step.loss for step in curve] + [loss for _, loss in held_back]) or 1.0
    last = curve[-1].number

    def place(number: int, loss: float) -> tuple[float, float]:
        across = _EDGE + (_WIDTH - 2 * _EDGE) * number / last
        return across, _HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * loss / highest

    points = " ".join("{:.1f},{:.1f}".format(*place(step.number, step.loss)) for step in curve)
    parts = [
        *_frame(),
        f'<polyline fill="none" stroke="{_OURS}" stroke-width="2" points="{points}"/>',
        *(_dot(*place(*each)) for each in held_back),
        _text(_EDGE, 20, title),
        _text(4, _EDGE, f"{highest:.2f}"),
        _text(_WIDTH - _EDGE - 40, _HEIGHT - 16, f"step {last}"),
    ]
    return _svg(parts)


def comparison_picture(report: Mapping[str, Any], called: Mapping[str, str] = MappingProxyType({})) -> str:
    """The measures between 0 and 1 of both versions as bars with their intervals, under the names in `called`."""
    names = [name for name in _SHARES if name in report["measures"]]
    parts = [
        *_frame(),
        _text(_EDGE, 20, str(report["version"]), _OURS),
        _text(_WIDTH / 2, 20, str(report["against"]), _THEIRS),
    ]
    slot = (_WIDTH - 2 * _EDGE) / max(len(names), 1)
    for number, name in enumerate(names):
        left = _EDGE + slot * number + slot * 0.15
        parts += _bar(left, slot * 0.3, report["measures"][name], _OURS)
        parts += _bar(left + slot * 0.35, slot * 0.3, report["others"][name], _THEIRS)
        parts.append(_text(left, _HEIGHT - 28, called.get(name, name.replace("_", " "))))
    return _svg(parts)


def drift_picture(
    series: Mapping[str, Sequence[tuple[float, float]]],
    threshold: float,
    title: str,
    ends: tuple[str, str],
) -> str:
    """How large each measure was over time, from 0 to 1, and the threshold as a broken line.

    `series` has for each name points (seconds, statistic) in order of time; `ends` say when the first and the last is.
    """
    times = [at for points in series.values() for at, _ in points]
    first, span = min(times, default=0.0), max(times, default=0.0) - min(times, default=0.0)
    left, right = _EDGE + 12, _WIDTH - _EDGE
    level = _up(threshold)
    parts = [
        *_frame(),
        _text(_EDGE, 20, title),
        f'<path d="M{_EDGE},{level:.1f} H{right}" stroke="#888" stroke-dasharray="6 4"/>',
        _text(8, _up(1) + 5, "1.0"),
        _text(8, level + 5, f"{threshold:.2f}"),
        _text(left, _HEIGHT - 28, ends[0]),
    ]
    if span:
        parts.append(_text(right - 90, _HEIGHT - 28, ends[1]))
    for number, (name, points) in enumerate(series.items()):
        colour = _LINES[number % len(_LINES)]
        across = [left + (right - left - 12) * (at - first) / span if span else left for at, _ in points]
        places = [(x, _up(value)) for x, (_, value) in zip(across, points, strict=True)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{line}"/>')
        parts += [_dot(*place, colour) for place in places]
        parts.append(_text(_EDGE + 145 * number, _HEIGHT - 8, f"● {name}", colour))
    return _svg(parts)


def _dot(across: float, down: float, colour: str = _THEIRS) -> str:
    return f'<circle cx="{across:.1f}" cy="{down:.1f}" r="4" fill="{colour}"/>'


def _bar(left: float, width: float, measure: Mapping[str, float], colour: str) -> list[str]:
    low, high, top = (_up(measure[key]) for key in ("low", "high", "mean"))
    middle = left + width / 2
    return [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{_up(0) - top:.1f}" fill="{colour}"/>',
        f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="#222" stroke-width="2"/>',
    ]


def _up(share: float) -> float:
    return _HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * share


def _frame() -> list[str]:
    bottom, right = _HEIGHT - _EDGE, _WIDTH - _EDGE
    return [f'<path d="M{_EDGE},{_EDGE} V{bottom} H{right}" fill="none" stroke="#888"/>']


def _text(left: float, top: float, text: str, colour: str = "#222") -> str:
    place = f'x="{left:.1f}" y="{top:.1f}" fill="{colour}"'
    return f'<text {place} font-family="sans-serif" font-size="13">{escape(text)}</text>'


def _svg(parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *parts, "</svg>", ""])
