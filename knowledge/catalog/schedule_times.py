"""The calendar of schedules: intervals and cron expressions, and when they come true next."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from knowledge.catalog.schedules import Schedule
from knowledge.errors import InvalidInput

_EVERY = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_SHORTEST = 1.0
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def schedule_for(source_id: str, every: str, cron: str, now: float) -> Schedule:
    """A schedule of one of the two kinds: an interval is due at once, cron when it comes true. Raises InvalidInput."""
    if bool(every) == bool(cron):
        raise InvalidInput("a schedule needs either --every 6h or --cron '0 6 * * 1-5'; give one of the two")
    if every:
        return Schedule(source_id=source_id, every_seconds=seconds_of(every), next_at=now)
    schedule = Schedule(source_id=source_id, cron=checked_cron(cron))
    return schedule.model_copy(update={"next_at": next_time(schedule, now)})


def seconds_of(every: str) -> float:
    """`90s`, `15m`, `6h`, `2d` or `1w` in seconds. Raises InvalidInput."""
    match = _EVERY.fullmatch(every.strip().lower())
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if seconds < _SHORTEST:
        raise InvalidInput(f"--every {every!r}: write a number and a unit: 90s, 15m, 6h, 2d or 1w")
    return seconds


def checked_cron(cron: str) -> str:
    """The expression if it is one with five fields that comes true at some time. Raises InvalidInput."""
    text = " ".join(cron.split())
    try:
        next_time = _cron_after(text, time.time())
    except ValueError as error:
        raise InvalidInput(
            f"--cron {cron!r}: {error}; write five fields: minute hour day month weekday, as in '0 6 * * 1-5'"
        ) from error
    if next_time is None:
        raise InvalidInput(f"--cron {cron!r}: never comes true; check day and month")
    return text


def next_time(schedule: Schedule, after: float) -> float:
    """The first time of a schedule later than `after`, both in seconds since 1970."""
    if schedule.every_seconds is not None:
        return after + schedule.every_seconds
    found = _cron_after(schedule.cron, after)
    return after + _UNITS["w"] if found is None else found


def _cron_after(cron: str, after: float) -> float | None:
    from apscheduler.triggers.cron import CronTrigger

    fields = cron.split()
    if len(fields) != 5:  # noqa: PLR2004 - the five fields of crontab
        raise ValueError(f"has {len(fields)} fields")
    minute, hour, day, month, weekday = fields
    trigger = CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=_weekdays(weekday))
    # The trigger gives a time at or after the moment it is asked for
    found = trigger.get_next_fire_time(None, datetime.fromtimestamp(after + 1, UTC))
    return None if found is None else found.timestamp()


def next_times(schedule: Schedule, count: int) -> Sequence[float]:
    """The next times of a schedule; the first is in the past when it is due."""
    times = [schedule.next_at]
    while len(times) < count:
        times.append(next_time(schedule, times[-1]))
    return times[:count]


def _weekdays(field: str) -> str:
    """The field as APScheduler reads it: there 0 is Monday, and no range may begin with Sunday."""
    if field == "*":
        return field
    found: set[int] = set()
    for part in field.lower().split(","):
        whole, _, step = part.partition("/")
        first, dash, last = ("0", "-", "6") if whole == "*" else whole.partition("-")
        begin, end = _day(first), _day(last) if dash else _day(first)
        found |= {day % 7 for day in range(begin, (end if end >= begin else end + 7) + 1, int(step or 1))}
    return ",".join(_DAYS[day] for day in sorted(found))


def _day(text: str) -> int:
    """0 to 7 or a name; raises ValueError."""
    number = _DAYS.index(text) if text in _DAYS else int(text)
    if not 0 <= number <= 7:  # noqa: PLR2004 - crontab knows two Sundays
        raise ValueError(f"weekday {number} is not one of 0 to 7")
    return number
