"""Whether two quantities are the same, may be meant as the same, or measure the same kind of thing at all."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from knowledge.alignment.quantities import Quantity
from knowledge.alignment.units import Unit

_ABOUT_SHARE = Decimal("0.05")
_BELOW_SHARE = Decimal("0.10")
_FAR_SHARE = Decimal("0.30")


def same(said: Quantity, true: Quantity) -> bool:
    """Whether `said` is a fair way to state `true`: equal after rounding to the less precise of the two."""
    if said.is_date or true.is_date:
        return _same_date(said, true)
    factor = _conversion(said.unit, true.unit)
    if factor is None:
        return False
    value, step = said.value * factor, said.step * factor
    gap = abs(value - true.value)
    if said.bound in ("above", "range"):
        return False
    if gap == 0:
        return True
    tolerance = step / 2 if said.scale or said.bound or step < 1 else Decimal(0)
    if said.bound == "about":
        tolerance = max(tolerance, abs(true.value) * _ABOUT_SHARE)
    if said.bound == "below":
        # "nearly 20" for 16: the next round number
        return value >= true.value and gap <= max(abs(true.value) * _BELOW_SHARE, roundness(value) / 2)
    if true.scale or true.step < 1:
        tolerance = max(tolerance, true.step / 2)
    # A conversion may leave a remainder in the last digit
    if factor != 1:
        tolerance = max(tolerance, step / 2)
    return gap <= tolerance


def roundness(value: Decimal) -> Decimal:
    """The place value of the last digit that is not zero: 10 for 20, 100 for 1,500."""
    exponent = value.normalize().as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(0)


def differs(said: Quantity, true: Quantity) -> bool:
    """Whether `said` is certainly not meant as `true`: what is said roughly must be far off."""
    if same(said, true) or said.bound in ("above", "range"):
        return False
    if not said.bound or said.is_date or true.is_date:
        return True
    factor = _conversion(said.unit, true.unit)
    return factor is None or abs(said.value * factor - true.value) > abs(true.value) * _FAR_SHARE


def _same_date(said: Quantity, true: Quantity) -> bool:
    if not (said.is_date and true.is_date) or said.year != true.year:
        return False
    if said.month and true.month and said.month != true.month:
        return False
    return not (said.day and true.day) or said.day == true.day


def _conversion(one: Unit | None, other: Unit | None) -> Decimal | None:
    """What a value in `one` is multiplied with to be in `other`; None when they measure different things."""
    if one is None or other is None:
        return Decimal(1) if one is other or one is None else None
    if one.dimension != other.dimension:
        return None
    return one.factor / other.factor


def comparable(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities measure the same kind of thing."""
    if one.is_date or other.is_date:
        return one.is_date and other.is_date
    return _conversion(one.unit, other.unit) is not None


def stands_among(said: Quantity, quantities: Iterable[Quantity]) -> bool:
    """Whether one of the quantities is the same value."""
    return any(comparable(said, each) and comparable(each, said) and same(said, each) for each in quantities)
