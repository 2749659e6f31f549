"""Units that results are entered in: which measure the same thing, and how one becomes the other. Plain data, exact in decimals.

Factors are those of the SI Brochure (2019) and, for customary units, NIST SP 811 appendix B, where the inch, pound and gallon are exact
by definition. A unit that is not listed (pH, HRC, CFU/g) measures only itself.
"""

from dataclasses import dataclass
from decimal import Decimal


class UnitMismatch(ValueError):
    """The two units measure different things, or one of them is not known."""


@dataclass(frozen=True)
class Unit:
    """So many of the base unit of its dimension, counted from an offset (temperatures)."""

    dimension: str
    factor: Decimal
    offset: Decimal = Decimal(0)


_POUND_FORCE = Decimal("4.4482216152605")
_INCH = Decimal("0.0254")
_TABLE: dict[str, dict[str, str]] = {
    "length": {"m": "1", "cm": "0.01", "mm": "0.001", "µm": "0.000001", "nm": "0.000000001", "km": "1000",
               "in": "0.0254", "ft": "0.3048", "mil": "0.0000254"},
    "mass": {"kg": "1", "g": "0.001", "mg": "0.000001", "µg": "0.000000001", "t": "1000", "lb": "0.45359237",
             "oz": "0.028349523125"},
    "volume": {"m³": "1", "l": "0.001", "cl": "0.00001", "ml": "0.000001", "µl": "0.000000001", "cm³": "0.000001",
               "gal": "0.003785411784", "floz": "0.0000295735295625"},
    "area": {"m²": "1", "cm²": "0.0001", "mm²": "0.000001"},
    "time": {"s": "1", "ms": "0.001", "min": "60", "h": "3600"},
    "force": {"N": "1", "kN": "1000", "cN": "0.01", "lbf": str(_POUND_FORCE)},
    "torque": {"Nm": "1", "Ncm": "0.01", "cNm": "0.01", "kNm": "1000", "lbfin": str(_POUND_FORCE * _INCH),
               "lbfft": str(_POUND_FORCE * _INCH * 12)},
    "pressure": {"Pa": "1", "kPa": "1000", "MPa": "1000000", "N/mm²": "1000000", "hPa": "100", "bar": "100000",
                 "mbar": "100"},
    "viscosity": {"Pas": "1", "mPas": "0.001", "cP": "0.001"},
    "density": {"kg/m³": "1", "g/l": "1", "g/ml": "1000", "g/cm³": "1000", "kg/l": "1000"},
    "angle": {"°": "1", "deg": "1", "′": str(Decimal(1) / 60), "arcmin": str(Decimal(1) / 60)},
    "share": {"%": "1", "‰": "0.1", "ppm": "0.0001"},
    "frequency": {"Hz": "1", "kHz": "1000", "MHz": "1000000"},
    "voltage": {"V": "1", "mV": "0.001", "kV": "1000"},
    "current": {"A": "1", "mA": "0.001", "µA": "0.000001"},
    "resistance": {"Ω": "1", "kΩ": "1000", "MΩ": "1000000", "mΩ": "0.001"},
}  # fmt: skip
UNITS: dict[str, Unit] = {
    **{
        symbol: Unit(dimension, Decimal(factor))
        for dimension, row in _TABLE.items()
        for symbol, factor in row.items()
    },
    "K": Unit("temperature", Decimal(1)),
    "°C": Unit("temperature", Decimal(1), Decimal("273.15")),
    "°F": Unit("temperature", Decimal(5) / 9, Decimal("459.67") * 5 / 9),
}
_CODES = {
    "MMT": "mm", "CMT": "cm", "MTR": "m", "INH": "in", "FOT": "ft", "4H": "µm", "KGM": "kg", "GRM": "g", "MGM": "mg", "TNE": "t",
    "LBR": "lb", "ONZ": "oz", "LTR": "l", "MLT": "ml", "MTQ": "m³", "MTK": "m²", "NEW": "N", "NU": "Nm", "PAL": "Pa", "KPA": "kPa",
    "MPA": "MPa", "BAR": "bar", "CEL": "°C", "FAH": "°F", "KEL": "K", "SEC": "s", "MIN": "min", "HUR": "h", "P1": "%", "VLT": "V",
}  # fmt: skip
_SPELLINGS = str.maketrans({"·": "", "*": "", " ": "", "μ": "µ", "L": "l"})


def convert(value: Decimal, given: str, wanted: str) -> Decimal:
    """A value of one unit in another of the same dimension.

    :raises UnitMismatch: when they measure different things.
    """
    if _plain(given) == _plain(wanted):
        return value
    source, target = unit_of(given), unit_of(wanted)
    if source is None or target is None or source.dimension != target.dimension:
        raise UnitMismatch(f"{given} cannot become {wanted or 'a number without a unit'}.")
    base = value * source.factor + source.offset
    return (base - target.offset) / target.factor


def convert_difference(value: Decimal, given: str, wanted: str) -> Decimal:
    """A difference of two values, as an error is, in another unit: where scales begin does not count.

    :raises UnitMismatch: as `convert`.
    """
    return convert(value, given, wanted) - convert(Decimal(0), given, wanted)


def unit_of(text: str) -> Unit | None:
    """The unit that a text names, by symbol or UN/ECE Rec 20 code; None for one that measures only itself."""
    return UNITS.get(_plain(text))


def same_dimension(text: str) -> list[str]:
    """Symbols that may be entered instead of this one, itself first."""
    unit = unit_of(text)
    if unit is None:
        return [text] if text else []
    own = _plain(text)
    others = [symbol for symbol, each in UNITS.items() if each.dimension == unit.dimension and symbol != own]
    return [text, *others]


def _plain(text: str) -> str:
    text = text.strip()
    if text in _CODES:
        return _CODES[text]
    plain = text.translate(_SPELLINGS)
    return {"ozfl": "floz", "inlbf": "lbfin", "ftlbf": "lbfft", '"': "in", "μm": "µm", "um": "µm"}.get(
        plain, plain
    )
