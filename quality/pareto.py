"""Nonconformances counted and costed by cause or by supplier, the dearest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Case, CharField, Count, F, Q, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from inventory.models import Item
from quality.models import CauseCategory, CostEntry, Nonconformance

BY = {"cause": "cause_category", "supplier": "lot__supplier__name", "item": "lot__item__number"}
UNKNOWN = {"cause": "Not named yet", "item": "–"}
MADE_HERE, UNKNOWN_SUPPLIER = "Made here", "Supplier unknown"


@dataclass(frozen=True)
class Bar:
    """One cause or supplier: how often, what it cost, and the share of all cost (or of all cases, where nothing cost anything) up to it."""

    name: str
    cases: int
    cost: Decimal
    cumulated_percent: float


def pareto(by: str, *, since: datetime, until: datetime) -> list[Bar]:
    """Bars of the nonconformances opened in a period, the dearest first, then the most frequent; two queries.

    :param by: cause, supplier or item.
    """
    found = Nonconformance.objects.filter(opened_at__gte=since, opened_at__lt=until)
    cases = dict(found.order_by().values_list(_sorted_by(by)).annotate(cases=Count("pk")))
    costs = (
        CostEntry.objects.standing()
        .filter(nonconformance__opened_at__gte=since, nonconformance__opened_at__lt=until)
        .order_by()
        .values_list(_sorted_by(by, "nonconformance__"))
        .annotate(total=Sum("amount"))
    )
    by_cost = dict(costs)
    rows = sorted(
        ((name, count, by_cost.get(name) or Decimal(0)) for name, count in cases.items()),
        key=lambda row: (-row[2], -row[1], str(row[0])),
    )
    return list(_cumulated((_named(by, name), count, cost) for name, count, cost in rows))


def _sorted_by(by: str, of: str = "") -> Combinable:
    """What a nonconformance counts for; what was bought of nobody known was not made here for that."""
    if by != "supplier":
        return F(f"{of}{BY[by]}")
    bought = When(**{f"{of}lot__item__supply": Item.Supply.BUY}, then=Value(UNKNOWN_SUPPLIER))
    nobody = Case(bought, default=Value(MADE_HERE), output_field=CharField())
    return Coalesce(F(f"{of}{BY[by]}"), nobody)


def _named(by: str, name: str | None) -> str:
    if not name:
        return UNKNOWN[by]
    return str(CauseCategory(name).label) if by == "cause" else name


def _cumulated(rows: Iterable[tuple[str, int, Decimal]]) -> Iterable[Bar]:
    known = list(rows)
    whole_cost = sum((cost for _, _, cost in known), Decimal(0))
    whole = whole_cost or Decimal(sum(count for _, count, _ in known))
    running = Decimal(0)
    for name, count, cost in known:
        running += cost if whole_cost else Decimal(count)
        yield Bar(name, count, cost, round(float(running / whole * 100), 1))


def unnamed(since: datetime) -> int:
    """How many nonconformances of the period have no cause named."""
    return Nonconformance.objects.filter(Q(cause_category=""), opened_at__gte=since).count()
