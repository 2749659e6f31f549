"""What somebody enters as a result, judged: in the unit of its characteristic, hardly possible or not, conforming or not."""

from dataclasses import dataclass
from decimal import Decimal

from inventory.quantities import plain
from mes.core.refusals import InvalidInput
from quality import sampling, units
from quality.models import Characteristic, Gauge, Inspection

DECIMALS = 6
LARGEST = Decimal(10) ** 10


class InvalidMeasurement(InvalidInput):
    code = "quality.invalid_measurement"
    title = "Not a result of this characteristic"


class WrongUnit(InvalidInput):
    code = "quality.wrong_unit"
    title = "Not a unit of this characteristic"


class Implausible(InvalidInput):
    code = "quality.implausible"
    title = "Hardly possible"


@dataclass(frozen=True)
class Entry:
    """One result as somebody enters it; its fields as in `measuring.record_measurement`."""

    characteristic: Characteristic
    piece: int = 1
    value: Decimal | None = None
    conforms: bool | None = None
    uom: str = ""
    is_real: bool = False
    identity: str = ""
    gauge: Gauge | None = None
    note: str = ""


def in_its_unit(entry: Entry) -> Decimal | None:
    """The value in the unit of its characteristic.

    :raises WrongUnit: when it was measured in what measures something else.
    """
    wanted = entry.characteristic.uom
    if entry.value is None or not entry.uom or not entry.value.is_finite():
        return entry.value
    try:
        converted = units.convert(entry.value, entry.uom, wanted)
    except units.UnitMismatch as mismatch:
        fits = ", ".join(units.same_dimension(wanted)) or "a number without a unit"
        raise WrongUnit(
            f"{entry.characteristic} is in {wanted or 'no unit'}: {mismatch}",
            remedy=f"Enter it in one of: {fits}.",
            errors={"uom": [str(mismatch)]},
        ) from mismatch
    return entry.value if converted == entry.value else round(converted, DECIMALS)


def judge(inspection: Inspection, entry: Entry, value: Decimal | None) -> bool:
    """Whether it conforms, by the limits that bind in its inspection or in the word of whoever looked.

    :param value: in the unit of its characteristic.
    :raises InvalidMeasurement: when the result is not of the characteristic's kind.
    """
    characteristic, conforms = entry.characteristic, entry.conforms
    if characteristic.kind == Characteristic.Kind.ATTRIBUTE:
        if conforms is None or value is not None:
            raise InvalidMeasurement.at_field(
                "conforms", "Say whether it conforms; there is nothing to measure."
            )
        return conforms
    counted = characteristic.kind == Characteristic.Kind.COUNT
    if value is None or conforms is not None:
        unit = f", in {characteristic.uom}" if characteristic.uom else ""
        raise InvalidMeasurement.at_field(
            "value",
            "Enter how many nonconformities it has." if counted else f"Enter the value measured{unit}.",
        )
    if not value.is_finite() or abs(value) >= LARGEST or value != round(value, DECIMALS):
        raise InvalidMeasurement.at_field("value", f"A value is a number with at most {DECIMALS} decimals.")
    if counted and (value < 0 or value != value.to_integral_value()):
        raise InvalidMeasurement.at_field("value", "Nonconformities are counted: a whole number from 0 on.")
    return sampling.within(value, *inspection.limits_of(characteristic))


def is_confirmed_real(entry: Entry, value: Decimal | None) -> bool:
    """Whether it is beyond what is plausible, was looked at again and is so.

    :param value: in the unit of its characteristic.
    :raises Implausible: when it is beyond, and nobody says that it is real.
    """
    characteristic = entry.characteristic
    if value is None or sampling.within(value, *characteristic.plausible):
        return False
    if not entry.is_real:
        raise _implausible(characteristic, value)
    return True


def _implausible(characteristic: Characteristic, value: Decimal) -> Implausible:
    lower, upper = characteristic.plausible
    ends = [
        f"at least {plain(lower)}" if lower is not None else "",
        f"at most {plain(upper)}" if upper is not None else "",
    ]
    told = (
        f"{plain(value)} is hardly possible: {' and '.join(filter(None, ends))} {characteristic.uom}".strip()
    )
    return Implausible(
        f"{told}.",
        remedy="Measure again. If it is so, enter it once more and say that you looked again.",
        errors={"value": [told]},
    )
