"""Stock targets of a run: the question `policy` is asked for each item, and its answer as rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Sum

from forecasting import lot_sizes, policy
from forecasting.learning import Learnt, group_of
from forecasting.models import ForecastRun, StockPolicy, StockTarget
from forecasting.pipeline import MOST, Outlook
from forecasting.questions import questions_of
from inventory.models import Item, Location
from production.bills import rounded_up


@dataclass(frozen=True, eq=False)
class Asked:
    """What is known of an item before its target is decided."""

    item: Item
    own: StockPolicy
    standing: policy.Class
    lead_time: policy.LeadTime
    question: policy.Question
    curve: policy.ServiceCurve


@dataclass(frozen=True, eq=False)
class Stocked:
    """An item with the target that its replenishment follows."""

    asked: Asked
    target: policy.Target


def asked_of(
    run: ForecastRun,
    found: Sequence[Outlook],
    standing: Mapping[int, policy.Class],
    policies: Mapping[int, StockPolicy],
    learnt: Learnt,
) -> list[Asked]:
    """What is to be decided of each item, with the curve that the answer is read off."""
    known = questions_of(run, found, policies, learnt.waits)
    sized = lot_sizes.sized([(one.item, one.own, one.question) for one in known], learnt.cycles)
    return [
        Asked(
            one.item, one.own, standing[one.item.pk], one.lead_time, question, policy.service_curve(question)
        )
        for one, question in zip(known, sized, strict=True)
    ]


def wanted(one: Asked, learnt: Learnt) -> policy.Target:
    """What the policy of an item asks for that is kept by itself, whatever room and money there is."""
    if one.own.measure != StockPolicy.Measure.FILL_RATE:
        return policy.target(one.question)
    return policy.alone(one.question, one.curve, learnt.experiences.get(group_of(one.own), policy.UNTRIED))


def rows(run: ForecastRun, decided: Iterable[Stocked]) -> Iterator[StockTarget]:
    """Targets as unsaved rows.

    :raises OverflowError: when one comes to more than there can be.
    """
    return (row(run, one) for one in decided)


def room_by_site(sites: Iterable[int]) -> dict[int, float]:
    """Cubic metres for finished goods by site; a site with any place that is not limited is not limited."""
    places = Location.objects.filter(site__in=list(sites), kind=Location.Kind.FINISHED)
    rows = (
        places.order_by()
        .values("site")
        .annotate(room=Sum("capacity_m3"), unlimited=Sum(1, filter=Q(capacity_m3__isnull=True)))
    )
    return {row["site"]: float(row["room"]) for row in rows if row["room"] and not row["unlimited"]}


def row(run: ForecastRun, stocked: Stocked) -> StockTarget:
    """A target as an unsaved row.

    :raises OverflowError: when it comes to more than there can be.
    """
    one, made = stocked.asked, stocked.target
    if not made.order_up_to < MOST:
        raise OverflowError(f"{made.order_up_to:,.4g} would be kept")
    reorder = rounded_up(one.item, made.reorder_point)
    lines = [*made.lines[:1], *_lead_line(one.lead_time), *made.lines[1:]]
    return StockTarget(
        run=run,
        item=one.item,
        safety_stock=rounded_up(one.item, made.safety_stock),
        reorder_point=reorder,
        order_up_to=max(rounded_up(one.item, made.order_up_to), reorder),
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


def _curve(one: Asked) -> dict[str, Any]:
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
