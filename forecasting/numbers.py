"""The numbers that count: the forecast of a run with what was sensed, overridden, agreed and frozen since.

What was said later prevails: an agreed number over the override it was agreed in the light of, a frozen one over all that
was said before, and over later ones only by somebody who may change what is frozen. Sensing comes first: it mends the
statistical number, not a person's.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import DecimalField, F, FloatField, JSONField, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim

from forecasting.models import Consensus, ForecastAlert, Freeze, Override
from forecasting.stating import Daily, Fading, Statement, Total, stated


@dataclass(frozen=True, slots=True)
class Said:
    """One statement about an item's days, by whom and when."""

    what: str  # sensed, override, consensus, frozen
    first_date: date
    last_date: date
    at: datetime
    by: str
    reason: str
    quantity: float | None = None
    means: tuple[float, ...] = ()
    factor: float | None = None
    key: int = 0

    def from_day(self, as_of: date) -> Statement:
        first, last = (self.first_date - as_of).days, (self.last_date - as_of).days
        if self.means:
            return Daily(first, self.means)
        if self.factor is not None:
            return Fading(first, last, self.factor)
        return Total(first, last, self.quantity or 0.0)


def said_by_item(as_of: date, *, items: Iterable[int] | None = None) -> dict[int, list[Said]]:
    """What counts from `as_of` on, by item, in the order in which it prevails; in one query.

    What was sensed is of the newest run: a run ends what was sensed of the one before.

    :param items: only of these.
    """
    among: Mapping[str, Any] = {"last_date__gte": as_of}
    if items is not None:
        among = {**among, "item__any_of": list(items)}
    rows = _told(ForecastAlert.objects.adjusting().filter(**among), "sensed", "raised_at", None, "why").union(
        _told(Override.objects.filter(is_active=True, **among), "override", "made_at", "owner", "reason"),
        _told(
            Consensus.objects.filter(is_active=True, **among), "consensus", "agreed_at", "agreed_by", "reason"
        ),
        _told(Freeze.objects.filter(is_active=True, **among), "frozen", "frozen_at", "frozen_by", "reason"),
        all=True,
    )
    found: dict[int, list[Said]] = defaultdict(list)
    for item, what, key, first, last, at, by, reason, quantity, factor, means in rows:
        found[item].append(
            Said(
                what,
                first,
                last,
                at,
                by or "",
                reason,
                None if quantity is None else float(quantity),
                tuple(means or ()),
                factor,
                key,
            )
        )
    for own in found.values():
        own.sort(key=lambda said: (said.what != "sensed", said.at, said.what, said.key))
    return found


def _told(
    rows: QuerySet[Any], what: str, at: str, by: str | None, reason: str
) -> QuerySet[Any, tuple[Any, ...]]:
    """Rows of one kind in the columns that all kinds share."""
    name: Any = _text("")
    if by is not None:
        words = TextField()
        full = Trim(Concat(F(f"{by}__first_name"), _text(" "), F(f"{by}__last_name"), output_field=words))
        name = Coalesce(NullIf(full, _text("")), F(f"{by}__username"), output_field=words)
    number, real, listed = DecimalField(max_digits=16, decimal_places=4), FloatField(), JSONField()
    has = {field.name for field in rows.model._meta.concrete_fields}
    return rows.order_by().values_list(
        "item",
        Cast(Value(what), TextField()),
        "pk",
        "first_date",
        "last_date",
        at,
        Cast(name, TextField()),
        Cast(reason, TextField()),
        Cast(F("quantity") if "quantity" in has else Value(None), number),
        Cast(F("factor") if "factor" in has else Value(None), real),
        F("means") if "means" in has else Cast(Value(None, output_field=TextField()), listed),
    )


def _text(words: str) -> Value:
    return Value(words, output_field=TextField())


def counting(means: Sequence[float], as_of: date, said: Iterable[Said]) -> list[float]:
    """Daily means from `as_of` on with what was said put in."""
    return stated(means, [each.from_day(as_of) for each in said])
