"""What `policy` is asked of each item: demand over the time to bridge, costs and bounds, before its lots are sized."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from forecasting import policy
from forecasting.lead_times import lead_times
from forecasting.models import ForecastRun, NettingRules, StockPolicy
from forecasting.numbers import counting, said_by_item
from forecasting.pipeline import YEAR_DAYS, Outlook
from inventory.models import Item


@dataclass(frozen=True, eq=False)
class Questioned:
    """An item with its policy, its lead time and the question that these and its outlook ask."""

    item: Item
    own: StockPolicy
    lead_time: policy.LeadTime
    question: policy.Question


def bridging_days(item: Item, own: StockPolicy) -> int:
    """Lead time, as it is stated, plus review."""
    return item.lead_time_days + own.review_days


def questions_of(
    run: ForecastRun,
    found: Sequence[Outlook],
    policies: Mapping[int, StockPolicy],
    waits: Mapping[int, int],
) -> list[Questioned]:
    """The question of each item, in their order.

    :param waits: by item, days that it waits for components beyond its lead time.
    """
    seen = lead_times([one.history.item for one in found], at=run.started_at)
    ratios = _override_ratios(run.as_of, found, policies)
    holding_rate = NettingRules.objects.current().holding_share_a_year
    asked = []
    for one in found:
        item = one.history.item
        own, lead_time = policies[item.pk], policy.later(seen[item.pk], waits.get(item.pk, 0))
        question = _question(one, own, lead_time, ratios.get(item.pk, 1.0), holding_rate)
        asked.append(Questioned(item, own, lead_time, question))
    return asked


def _override_ratios(
    as_of: date, found: Sequence[Outlook], policies: Mapping[int, StockPolicy]
) -> dict[int, float]:
    """By item, people's number for the time to bridge over the statistical one, where people gave a number.

    What was sensed since the run before is in the forecast by now.
    """
    told = said_by_item(as_of, items=[one.history.item.pk for one in found])
    own = {key: [each for each in said if each.what != "sensed"] for key, said in told.items()}
    ratios = {}
    for one in found:
        item = one.history.item
        if own.get(item.pk):
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
