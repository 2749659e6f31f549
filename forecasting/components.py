"""Components that somebody keeps in stock, decided together with the products that they go into.

A component is kept when it has a policy of its own; what goes into many products then pools what their demands do not share. How much,
and whether rather the products keep it, is the guaranteed service of `forecasting.policy.echelons`: a stage's stock covers the days that
it waits and takes less those that it promises. Products promise to deliver at once. What lies between a product and such a component
and is not kept itself only passes its demand on, as netting plans it with the order that needs it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Final

from forecasting import policy
from forecasting.faults import told
from forecasting.lot_sizes import sized_alike
from forecasting.models import ForecastRun, NettingRules, StockPolicy, StockTarget
from forecasting.pipeline import MOST, Outlook
from forecasting.wording import amount
from inventory.models import Item
from production.bills import rounded_up
from production.models import Component, ProcessPlan

_DEEPEST: Final = 30


@dataclass(frozen=True, eq=False)
class Below:
    """What is kept below a run's items.

    :ivar policies: by the key of a component that has one of its own; :ivar uses: for products, and for the kept components that they come
        to, what of kept components one unit takes; those that take none are left out.
    """

    policies: Mapping[int, StockPolicy] = field(default_factory=dict)
    uses: Mapping[int, Mapping[int, float]] = field(default_factory=dict)

    @property
    def products(self) -> set[int]:
        """Keys of the items that take kept components and are none themselves."""
        return self.uses.keys() - self.policies.keys()


@dataclass(frozen=True, eq=False)
class Chain:
    """What is kept between suppliers and products.

    :ivar kept: by the key of a component; :ivar waits: days that a product waits for its components, by its key;
    :ivar uses: by the key of a component, the products that it goes into;
    :ivar faults: by the key of a component for which nothing could be decided, why.
    """

    policies: Mapping[int, StockPolicy] = field(default_factory=dict)
    kept: Mapping[int, policy.Kept] = field(default_factory=dict)
    waits: Mapping[int, int] = field(default_factory=dict)
    uses: Mapping[int, Sequence[Item]] = field(default_factory=dict)
    faults: Mapping[int, str] = field(default_factory=dict)


def below(products: Collection[int], *, unknown: Iterable[int] = ()) -> Below:
    """What of components these items take; in three queries whatever their number.

    :param unknown: keys of items that are sold but could not be forecast: they are no components, and keep what they had.
    """
    sold = {*products, *unknown}
    rows = StockPolicy.objects.filter(item__isnull=False, item__is_active=True).select_related("item__site")
    own = {_item(row).pk: row for row in rows if row.item_id not in sold}
    return Below(own, _chained(products, own)) if own else Below()


def chain_of(taken: Below, found: Sequence[Outlook], policies: Mapping[int, StockPolicy]) -> Chain:
    """What the components of these items keep, decided with them.

    :param found: the outlooks of the products that take any, :param policies: theirs.
    """
    own, uses = taken.policies, taken.uses
    kept_ones = sorted({part for parts in uses.values() for part in parts})
    if not kept_ones:
        return Chain()
    products = {one.history.item.pk: one for one in found}
    rate = NettingRules.objects.current().holding_share_a_year
    stages = [
        *(_product(one, policies[key], uses[key], rate) for key, one in products.items()),
        *(_component(own[key], uses.get(key, {}), rate) for key in kept_ones),
    ]
    kept, faults = _decided(stages)
    used_in: dict[int, list[Item]] = defaultdict(list)
    for key, parts in uses.items():
        for part in parts:
            used_in[part].append(products[key].history.item if key in products else _item(own[key]))
    return Chain(
        policies=own,
        kept={key: kept[key] for key in kept_ones if key in kept},
        waits={key: kept[key].waits_days for key in products if key in kept},
        uses=used_in,
        faults={key: faults[key] for key in kept_ones if key in faults},
    )


def store(run: ForecastRun, chain: Chain) -> dict[int, str]:
    """Write the targets of components beside those of a run's items. Call it in a transaction.

    Returns those that get none, by key, each with why.
    """
    rate = NettingRules.objects.current().holding_share_a_year
    beyond = dict(chain.faults)
    asked = [
        (_item(chain.policies[key]), chain.policies[key], _question(chain.policies[key], one, rate))
        for key, one in chain.kept.items()
    ]
    rows = []
    for (item, own, _), question in zip(asked, sized_alike(asked), strict=True):
        try:
            rows.append(_row(run, own, chain.kept[item.pk], chain.uses[item.pk], question))
        except OverflowError as error:
            beyond[item.pk] = told(error)
    StockTarget.objects.bulk_create(rows, batch_size=1_000)
    return beyond


def _decided(stages: Sequence[policy.Stage]) -> tuple[dict[int, policy.Kept], dict[int, str]]:
    """What is kept, by key; and of stages that hang together with one that is beyond numbers, what is wrong."""
    kept: dict[int, policy.Kept] = {}
    faults: dict[int, str] = {}
    for part in policy.joined(stages):
        try:
            kept |= {int(one.name): one for one in policy.guaranteed_service(part)}
        except OverflowError as error:
            faults |= {int(stage.name): told(error) for stage in part}
    return kept, faults


def _parts() -> dict[int, dict[int, float]]:
    """What one unit of each item takes, by effective process plans."""
    found: dict[int, dict[int, float]] = defaultdict(dict)
    rows = Component.objects.filter(plan__in=ProcessPlan.objects.effective()).values_list(
        "plan__item", "item", "quantity_per"
    )
    for made, item, quantity in rows:
        found[made][item] = found[made].get(item, 0.0) + float(quantity)
    return found


def _chained(products: Iterable[int], kept: Mapping[int, StockPolicy]) -> dict[int, dict[int, float]]:
    """For products, and for the kept components that they come to, what of kept components one unit takes; those that take none are left out."""
    parts = _parts()
    found: dict[int, dict[int, float]] = {}
    reach = list(products)
    seen = set(reach)
    while reach:
        maker = reach.pop()
        if taken := _uses(maker, parts, kept):
            found[maker] = taken
            reach += taken.keys() - seen
            seen |= taken.keys()
    return found


def _uses(
    maker: int, parts: Mapping[int, Mapping[int, float]], kept: Mapping[int, StockPolicy]
) -> dict[int, float]:
    """Kept components that one unit takes, through whatever is made on the way and not kept."""
    found: dict[int, float] = defaultdict(float)
    level = {maker: 1.0}
    for _ in range(_DEEPEST):
        below: dict[int, float] = defaultdict(float)
        for made, units in level.items():
            for item, each in parts.get(made, {}).items():
                (found if item in kept else below)[item] += units * each
        if not below:
            break
        level = below
    return dict(found)


def _product(one: Outlook, own: StockPolicy, uses: Mapping[int, float], rate: float) -> policy.Stage:
    item = one.history.item
    days = item.lead_time_days + own.review_days
    bridging = one.over(days)
    return policy.Stage(
        name=str(item.pk),
        days=days,
        holding_cost=_cost(item) * rate,
        deviation=bridging.deviation / days**0.5,
        mean=bridging.mean / days,
        safety=_safety(own),
        promise=0,
        uses={str(key): units for key, units in uses.items()},
    )


def _component(own: StockPolicy, uses: Mapping[int, float], rate: float) -> policy.Stage:
    item = _item(own)
    return policy.Stage(
        name=str(item.pk),
        days=item.lead_time_days + own.review_days,
        holding_cost=_cost(item) * rate,
        safety=_safety(own),
        uses={str(key): units for key, units in uses.items()},
    )


def _safety(own: StockPolicy) -> float:
    return max(NormalDist().inv_cdf(float(own.service_level)), 0.0)


def _cost(item: Item) -> float:
    """Of a unit; what costs nothing is still not kept for nothing."""
    return float(item.unit_cost or item.unit_price) or 1e-6


def _item(own: StockPolicy) -> Item:
    if own.item is None:
        raise TypeError("The policy of a class keeps no component.")
    return own.item


def _question(own: StockPolicy, kept: policy.Kept, rate: float) -> policy.Question:
    """What its lots are sized by; how much of it is kept has been decided with its products."""
    item = _item(own)
    days = item.lead_time_days + own.review_days
    return policy.Question(
        item=str(item),
        bridging=policy.NormalDemand(kept.mean * days, kept.deviation * days**0.5),
        lead=policy.NormalDemand(kept.mean * item.lead_time_days, kept.deviation * item.lead_time_days**0.5),
        rate=kept.mean,
        lead_days=item.lead_time_days,
        review_days=own.review_days,
        holding_cost=_cost(item) * rate / 365,
        bounds=policy.Bounds(minimum=float(item.order_minimum), multiple=float(item.order_multiple)),
    )


def _row(
    run: ForecastRun, own: StockPolicy, kept: policy.Kept, used_in: Iterable[Item], question: policy.Question
) -> StockTarget:
    """:raises OverflowError: when it comes to more than there can be."""
    item = _item(own)
    lot = policy.lot_size(question)
    order_up_to = kept.base_stock + max(lot - kept.mean * own.review_days, 0.0)
    if not max(order_up_to, kept.echelon_base_stock) < MOST:
        raise OverflowError(f"{order_up_to:,.4g} would be kept")
    reorder = rounded_up(item, kept.base_stock)
    named = _named(used_in)
    return StockTarget(
        run=run,
        item=item,
        safety_stock=rounded_up(item, kept.safety_stock),
        reorder_point=reorder,
        order_up_to=max(rounded_up(item, order_up_to), reorder),
        why=_why(own, kept, named)[:400],
        explanation=_explanation(own, kept, lot, _lines(own, kept, question, lot, named)),
    )


def _named(used_in: Iterable[Item]) -> str:
    products = sorted(str(one) for one in used_in)
    return ", ".join(products[:3]) + (f" and {len(products) - 3} more" if len(products) > 3 else "")


def _lines(
    own: StockPolicy, kept: policy.Kept, question: policy.Question, lot: float, named: str
) -> list[policy.Line]:
    """The arithmetic of a target, step by step.

    :param named: the products that it goes into, in words.
    """
    return [
        policy.Line("needed a day", kept.mean, f"for {named}"),
        policy.Line("varies by, a day", kept.deviation, "what the demands for them do not share evens out"),
        policy.Line("lead time and review in days", _item(own).lead_time_days + own.review_days),
        policy.Line("waits for its own components, days", kept.waits_days),
        policy.Line("may be waited for, days", kept.service_days, "its products count on that"),
        policy.Line("days that its stock covers", kept.net_days),
        policy.Line("base stock", kept.base_stock),
        policy.Line(
            "base stock of its echelon", kept.echelon_base_stock, "with what is made of it, in its own unit"
        ),
        policy.Line("safety stock", kept.safety_stock),
        *policy.lot_lines(question, lot),
    ]


def _why(own: StockPolicy, kept: policy.Kept, named: str) -> str:
    return (
        f"{amount(kept.mean)} a day go into {named}; a safety stock of {amount(kept.safety_stock)} covers {kept.net_days} days "
        f"of it at {own.service_level:.1%}, which with the stock of the products costs the least."
        if kept.net_days
        else f"{amount(kept.mean)} a day go into {named}; it costs less to keep those than to keep this."
    )


def _explanation(
    own: StockPolicy, kept: policy.Kept, lot: float, lines: Iterable[policy.Line]
) -> dict[str, Any]:
    """What a target is kept with, as JSON values."""
    return {
        "lines": [{"what": line.what, "value": round(line.value, 4), "note": line.note} for line in lines],
        "lot": round(lot, 4),
        "service": float(own.service_level) if kept.net_days else 0.0,
        "measure": own.measure,
        "service_level": float(own.service_level),
        "policy": str(own),
        "lead_time_days": _item(own).lead_time_days,
        "review_days": own.review_days,
        "cover_days": own.cover_days,
        "echelon": {
            "service_days": kept.service_days,
            "net_days": kept.net_days,
            "base_stock": round(kept.base_stock, 4),
            "echelon_base_stock": round(kept.echelon_base_stock, 4),
        },
    }
