"""Stock targets of a run: the question `policy` is asked for each item, and its answer as rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from forecasting import policy
from forecasting.hindsight import Reviewed, experience_of
from forecasting.lead_times import lead_times
from forecasting.lot_sizes import sized_alike
from forecasting.models import ForecastRun, NettingRules, StockPolicy, StockTarget
from forecasting.numbers import counting, said_by_item
from forecasting.pipeline import Outlook
from forecasting.policies import YEAR_DAYS, policies_of, standings
from inventory.models import Item, Location
from mes.core.copying import copy_rows
from production.bills import quantum
from production.explosion import round_up

__all__ = ["Stocked", "bridging_days", "decide", "override_ratios", "policies_of", "standings", "store"]


@dataclass(frozen=True, eq=False)
class Asked:
    """What is known of an item before its target is decided."""

    outlook: Outlook
    own: StockPolicy
    standing: policy.Class
    lead_time: policy.LeadTime
    question: policy.Question
    curve: policy.ServiceCurve

    @property
    def item(self) -> Item:
        return self.outlook.history.item

    @property
    def reviewed(self) -> Reviewed:
        waits = self.own.unmet == StockPolicy.Unmet.WAITS
        return Reviewed(self.outlook.history, self.lead_time.mean, self.own.review_days, waits)


@dataclass(frozen=True, eq=False)
class Stocked(Asked):
    """An item with the outlook, the policy and the target that its replenishment follows."""

    target: policy.Target


def bridging_days(item: Item, own: StockPolicy) -> int:
    """Lead time, as it is stated, plus review."""
    return item.lead_time_days + own.review_days


def decide(
    found: Sequence[Outlook],
    policies: Mapping[int, StockPolicy],
    overrides: Mapping[int, float],
    standing: Mapping[int, policy.Class],
    *,
    waits: Mapping[int, int] | None = None,
    as_of: date,
    at: datetime,
) -> list[Stocked]:
    """A target for every item, together no larger than the warehouses and the budgets.

    :param overrides: by item, people's number for the time to bridge over the statistical one;
    :param standing: by item, its class in this run; :param waits: by item, days that it waits for components beyond its lead time.
    """
    seen = lead_times([one.history.item for one in found], at=at)
    holding_rate = NettingRules.objects.current().holding_share_a_year
    times = [
        policy.later(seen[one.history.item.pk], (waits or {}).get(one.history.item.pk, 0)) for one in found
    ]
    plain = []
    for one, lead_time in zip(found, times, strict=True):
        item = one.history.item
        own, ratio = policies[item.pk], overrides.get(item.pk, 1.0)
        plain.append((item, own, _question(one, own, lead_time, ratio, holding_rate)))
    asked = [
        Asked(one, own, standing[item.pk], lead_time, question, policy.service_curve(question))
        for one, (item, own, _), lead_time, question in zip(
            found, plain, times, sized_alike(plain), strict=True
        )
    ]
    targets = _within_warehouses(asked, _within_budgets(asked, _wanted(asked, as_of)))
    return [Stocked(**vars(one), target=made) for one, made in zip(asked, targets, strict=True)]


def _wanted(asked: Sequence[Asked], as_of: date) -> list[policy.Target]:
    """What each policy asks for, whatever room and money there is."""
    targets: dict[int, policy.Target] = {}
    alone: dict[str, list[int]] = defaultdict(list)
    together: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(asked):
        if one.own.measure != StockPolicy.Measure.FILL_RATE:
            targets[place] = policy.target(one.question)
        elif one.own.is_shared:
            together[one.own.pk].append(place)
        else:
            alone[one.own.unmet].append(place)
    for places in alone.values():
        learnt = experience_of([asked[place].reviewed for place in places], as_of)
        targets |= {
            place: policy.alone(asked[place].question, asked[place].curve, learnt) for place in places
        }
    for places in together.values():
        group = [asked[place] for place in places]
        learnt = experience_of([one.reviewed for one in group], as_of)
        level = float(group[0].own.service_level)
        made = policy.share([one.question for one in group], [one.curve for one in group], level, learnt)
        targets |= dict(zip(places, made, strict=True))
    return [targets[place] for place in range(len(asked))]


def _within_budgets(asked: Sequence[Asked], targets: Sequence[policy.Target]) -> list[policy.Target]:
    """Each policy's stock within its budget."""
    bound: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(asked):
        if one.own.budget is not None:
            bound[one.own.pk].append(place)
    result = list(targets)
    for places in bound.values():
        budget = float(asked[places[0]].own.budget or 0)
        cut = policy.fit_budget([asked[p].question for p in places], [result[p] for p in places], budget)
        for place, made in zip(places, cut, strict=True):
            result[place] = made
    return result


def _within_warehouses(asked: Sequence[Asked], targets: Sequence[policy.Target]) -> list[policy.Target]:
    """Each site's stock within its warehouse."""
    by_site: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(asked):
        by_site[one.item.site_id].append(place)
    result = list(targets)
    for site, capacity in room_by_site(by_site).items():
        places = by_site[site]
        cut = policy.fit_into([asked[p].question for p in places], [result[p] for p in places], capacity)
        for place, made in zip(places, cut, strict=True):
            result[place] = made
    return result


def store(run: ForecastRun, decided: Iterable[Stocked]) -> None:
    """Write a run's targets, in place of what an interrupted attempt may have left. Call it in a transaction."""
    run.targets.all().delete()
    copy_rows(StockTarget, (_row(run, one) for one in decided))


def override_ratios(
    as_of: date, found: Sequence[Outlook], policies: Mapping[int, StockPolicy]
) -> dict[int, float]:
    """By item, people's number for the time to bridge over the statistical one, where people gave a number."""
    own = said_by_item(as_of)
    ratios = {}
    for one in found:
        item = one.history.item
        if item.pk in own:
            days = min(bridging_days(item, policies[item.pk]), len(one.weekly.mean) * 7)
            plain = one.mean_by_day(as_of, days)
            changed = counting(plain.tolist(), as_of, own[item.pk])
            if plain.sum() > 0:
                ratios[item.pk] = sum(changed) / float(plain.sum())
    return ratios


def _question(
    one: Outlook, own: StockPolicy, lead_time: policy.LeadTime, ratio: float, holding_rate: float
) -> policy.Question:
    item = one.history.item
    bridging = _scaled(policy.demand_during(one.over, lead_time, review=own.review_days), ratio)
    lead = _scaled(policy.demand_during(one.over, lead_time), ratio)
    year = one.history.series.values[-YEAR_DAYS // 7 :]
    unit_cost = float(item.unit_cost or item.unit_price)
    return policy.Question(
        item=str(item),
        bridging=bridging,
        lead=lead,
        rate=bridging.mean / (lead_time.mean + own.review_days),
        usual=float(year.mean()) / 7 if year.size else 0.0,
        lead_days=lead_time.mean,
        review_days=own.review_days,
        measure=policy.Measure(own.measure),
        unmet=policy.Unmet(own.unmet),
        service_level=float(own.service_level),
        unit_cost=unit_cost,
        holding_cost=unit_cost * holding_rate / 365,
        shortage_cost=unit_cost * float(own.shortage_percent) / 100,
        bounds=policy.Bounds(
            minimum=float(item.order_minimum),
            multiple=float(item.order_multiple),
            shelf_life_days=item.shelf_life_days,
            volume_m3=float(item.storage_volume_m3),
        ),
    )


def _scaled(known: policy.QuantileDemand, ratio: float) -> policy.QuantileDemand:
    return known if ratio == 1 else policy.QuantileDemand(known.levels, known.values * ratio)


def room_by_site(sites: Iterable[int]) -> dict[int, float]:
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
    lines = [*made.lines[:1], *_lead_line(one.lead_time), *made.lines[1:]]
    return StockTarget(
        run=run,
        item=one.item,
        safety_stock=_whole(one.item, made.safety_stock),
        reorder_point=reorder,
        order_up_to=max(_whole(one.item, made.order_up_to), reorder),
        abc=one.standing.abc.value,
        xyz=one.standing.xyz.value,
        curve=_curve(one),
        why=made.why[:400],
        explanation={
            "lines": [
                {"what": line.what, "value": round(line.value, 4), "note": line.note} for line in lines
            ],
            "lot": round(made.lot, 4),
            "covering": round(made.covering, 4),
            "service": round(made.service, 4),
            "measure": one.own.measure,
            "unmet": one.own.unmet,
            "service_level": float(one.own.service_level),
            "policy": str(one.own) if one.own.pk else "Defaults",
            "class": one.standing.name,
            "class_why": one.standing.why,
            "lead_time_days": one.item.lead_time_days,
            "lead_time_seen": _seen(one.lead_time),
            "review_days": one.own.review_days,
            "cover_days": one.own.cover_days,
        },
    )


def _lead_line(known: policy.LeadTime) -> list[policy.Line]:
    waits = f"; {known.waits_days:.0f} of them wait for components" if known.waits_days else ""
    if not known.seen:
        return [policy.Line("lead time in days", known.mean, f"as stated; none was measured yet{waits}")]
    note = f"{known.seen} measured, give or take {known.deviation:.1f}; stated {known.stated_days:.0f}{waits}"
    return [policy.Line("lead time in days", known.mean, note)]


def _seen(known: policy.LeadTime) -> dict[str, float]:
    return {"mean": round(known.mean, 2), "deviation": round(known.deviation, 2), "measured": known.seen}


def _curve(one: Stocked) -> dict[str, Any]:
    """What `forecasting.what_if` and later runs read of this one's curve; five digits are more than is known."""
    curve = one.curve
    return {
        "stocks": _short(curve.stocks),
        "missed": _short(curve.missed),
        "left": _short(curve.left),
        "lot": curve.lot,
        "mean": curve.mean,
        "rate": curve.rate,
        "review_days": curve.review_days,
        "weight": policy.weight(one.question),
    }


def _short(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.5g}") for value in values]


def _whole(item: Item, quantity: float) -> Decimal:
    return round_up(Decimal(str(round(quantity, 4))), quantum(item))
