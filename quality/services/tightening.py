"""Narrower limits that customers ask of an inspection."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from quality import sampling
from quality.models import Characteristic, Inspection, Tightening


@dataclass(frozen=True)
class Tightened:
    """Narrower limits that a customer asks of one characteristic; None leaves that side to the plan."""

    characteristic: Characteristic
    lower_limit: Decimal | None
    upper_limit: Decimal | None
    source: str


def merged(inspection: Inspection, tightened: Sequence[Tightened]) -> list[Tightening]:
    """One row per characteristic: where two customers' wishes meet, the narrower of each side binds, and both are named."""
    rows: dict[int, Tightening] = {}
    for each in tightened:
        row = rows.setdefault(
            each.characteristic.pk, Tightening(inspection=inspection, characteristic=each.characteristic)
        )
        row.lower_limit, row.upper_limit = sampling.tighter(
            (row.lower_limit, row.upper_limit), (each.lower_limit, each.upper_limit)
        )
        row.source = f"{row.source}; {each.source}"[:200] if row.source else each.source[:200]
    return list(rows.values())
