"""Stock targets of a run: the question `policy` is asked for each item, and its answer as rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum

from forecasting import policy
from forecasting.models import ForecastRun, Override, StockPolicy, StockTarget
from forecasting.pipeline import Outlook
from inventory.models import Item, Location
from production.bills import quantum
from production.explosion import round_up


@dataclass(frozen=True, eq=False)
class Stocked:
    """An item with the outlook, the policy and the target that its replenishment follows."""

    outlook: Outlook
    own: StockPolicy
    target: policy.Target

    @property
    def item(self) -> Item:
        return self.outlook.history.item


def policies_of(items: Iterable[Item]) -> dict[int, StockPolicy]:
    """The stock policy of each item; one without a row of its own has the defaults."""
    wanted = {item.pk: item for item in items}
    found = {row.item_id: row for row in StockPolicy.objects.filter(item__in=list(wanted))}
    return {pk: found.get(pk) or StockPolicy(item=item) for pk, item in wanted.items()}


def bridging_days(item: Item, own: StockPolicy) -> int:
    """Lead time plus review."""
    return item.lead_time_days + own.review_days


def decide(
    found: Sequence[Outlook], policies: Mapping[int, StockPolicy], overrides: Mapping[int, float]
) -> list[Stocked]:
    """A target for every item, together no larger than the warehouses.

    :param overrides: by item, people's number for the time to bridge over the statistical one.
    """
    questions = [
        _question(one, policies[one.history.item.pk], overrides.get(one.history.item.pk, 1.0))
        for one in found
    ]
    targets = [policy.target(question) for question in questions]
    by_site: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(found):
        by_site[one.history.item.site_id].append(place)
    for site, capacity in _capacities(by_site).items():
        places = by_site[site]
        cut = policy.fit_into([questions[p] for p in places], [targets[p] for p in places], capacity)
        for place, made in zip(places, cut, strict=True):
            targets[place] = made
    return [
        Stocked(one, policies[one.history.item.pk], made) for one, made in zip(found, targets, strict=True)
    ]


def store(run: ForecastRun, decided: Iterable[Stocked]) -> None:
    """Write a run's targets, in place of what an interrupted attempt may have left. Call it in a transaction."""
    run.targets.all().delete()
    StockTarget.objects.bulk_create([_row(run, one) for one in decided], batch_size=1_000)


def override_ratios(
    as_of: date, found: Sequence[Outlook], policies: Mapping[int, StockPolicy]
) -> dict[int, float]:
    """By item, people's number for the time to bridge over the statistical one, where people gave a number."""
    own = overrides_by_item(as_of)
    ratios = {}
    for one in found:
        item = one.history.item
        if item.pk in own:
            days = min(bridging_days(item, policies[item.pk]), len(one.weekly.mean) * 7)
            plain = one.mean_by_day(as_of, days)
            changed = overridden(plain.tolist(), as_of, own[item.pk])
            if plain.sum() > 0:
                ratios[item.pk] = sum(changed) / float(plain.sum())
    return ratios


def overrides_by_item(as_of: date) -> dict[int, list[Override]]:
    """Active overrides that reach beyond `as_of`, oldest first, by item."""
    found: dict[int, list[Override]] = defaultdict(list)
    for row in Override.objects.filter(is_active=True, last_date__gte=as_of).order_by("made_at", "pk"):
        found[row.item_id].append(row)
    return found


def overridden(means: Sequence[float], as_of: date, overrides: Iterable[Override]) -> list[float]:
    """Daily means from `as_of` on with people's numbers put in: each stretch keeps its pattern and gets their total."""
    days = list(means)
    for row in overrides:
        first = max((row.first_date - as_of).days, 0)
        last = min((row.last_date - as_of).days, len(days) - 1)
        length = (row.last_date - row.first_date).days + 1
        wanted = float(row.quantity) * (last - first + 1) / length
        known = sum(days[first : last + 1])
        for day in range(first, last + 1):
            days[day] = days[day] * wanted / known if known > 0 else wanted / (last - first + 1)
    return days


def _question(one: Outlook, own: StockPolicy, ratio: float) -> policy.Question:
    item = one.history.item
    days = bridging_days(item, own)
    bridging, lead = _scaled(one.over(days), ratio), _scaled(one.over(item.lead_time_days), ratio)
    return policy.Question(
        item=str(item),
        bridging=bridging,
        lead=lead,
        rate=bridging.mean / days,
        lead_days=item.lead_time_days,
        review_days=own.review_days,
        measure=policy.Measure(own.measure),
        unmet=policy.Unmet(own.unmet),
        service_level=float(own.service_level),
        cover_days=own.cover_days,
        unit_cost=float(item.unit_cost or item.unit_price),
        bounds=policy.Bounds(
            minimum=float(item.order_minimum),
            multiple=float(item.order_multiple),
            shelf_life_days=item.shelf_life_days,
            volume_m3=float(item.storage_volume_m3),
        ),
    )


def _scaled(known: policy.QuantileDemand, ratio: float) -> policy.QuantileDemand:
    return known if ratio == 1 else policy.QuantileDemand(known.levels, known.values * ratio)


def _capacities(sites: Iterable[int]) -> dict[int, float]:
    """Cubic metres for finished goods by site; a site with any place that is not limited is not limited."""
    places = Location.objects.filter(site__in=list(sites), kind=Location.Kind.FINISHED)
    rows = (
        places.order_by()
        .values("site")
        .annotate(room=Sum("capacity_m3"), unlimited=Sum(1, filter=Q(capacity_m3__isnull=True)))
    )
    return {row["site"]: float(row["room"]) for row in rows if row["room"] and not row["unlimited"]}


def _row(run: ForecastRun, one: Stocked) -> StockTarget:
    made = one.target
    reorder = _whole(one.item, made.reorder_point)
    return StockTarget(
        run=run,
        item=one.item,
        safety_stock=_whole(one.item, made.safety_stock),
        reorder_point=reorder,
        order_up_to=max(_whole(one.item, made.order_up_to), reorder),
        why=made.why[:400],
        explanation={
            "lines": [
                {"what": line.what, "value": round(line.value, 4), "note": line.note} for line in made.lines
            ],
            "lot": round(made.lot, 4),
            "service": round(made.service, 4),
            "measure": one.own.measure,
            "unmet": one.own.unmet,
            "service_level": float(one.own.service_level),
            "lead_time_days": one.item.lead_time_days,
            "review_days": one.own.review_days,
            "cover_days": one.own.cover_days,
        },
    )


def _whole(item: Item, quantity: float) -> Decimal:
    return round_up(Decimal(str(round(quantity, 4))), quantum(item))
