"""Planners: they firm what must start soon, release what is scheduled soon, and plan anew every morning."""

from datetime import datetime, timedelta
from functools import partial

from forecasting.models import ForecastRun
from forecasting.services import firm_due, replenish, run_forecast
from inventory.models import Item
from mes.core.history import done_by
from mes.plant.simulation.world import World
from production.models import ProductionOrder
from production.planning import reschedule
from production.services import release_order

FIRMED_AHEAD_DAYS = 3
RELEASED_AHEAD = timedelta(days=2)
FORECAST_EVERY = timedelta(days=7)


def plan_the_day(world: World, now: datetime) -> None:
    """Replenish, schedule and release, in this order: each stands on the one before."""
    _replenish(world, now)
    schedule_anew(world, "Every morning", now)
    release_what_is_near(world, now)


def schedule_anew(world: World, reason: str, now: datetime) -> None:
    planner, seed = world.people["planner"], world.rng.randrange(2**31)
    act = partial(reschedule, reason=reason, at=now, seconds=0, seed=seed)
    world.attempt("schedules published", act, by=planner)


def _replenish(world: World, now: datetime) -> None:
    if not Item.objects.made_to_stock().filter(site__in=world.sites).exists():
        return
    latest = ForecastRun.objects.latest_done()
    planner = world.people["planner"]
    if latest is None or now - latest.started_at >= FORECAST_EVERY:
        world.attempt("forecasts made", partial(run_forecast, at=now), by=planner)
    else:
        world.attempt("replenishment runs", partial(replenish, at=now), by=planner)
    with done_by(planner.pk):
        firmed, refused = firm_due(within_days=FIRMED_AHEAD_DAYS, by=planner, at=now)
    world.tally["proposals firmed"] += len(firmed)
    for _, refusal in refused:
        world.refusals[f"proposals firmed: {refusal.code}"] += 1


def release_what_is_near(world: World, now: datetime) -> None:
    """Release orders of which an operation is scheduled within the next days, from the top of their tree."""
    near = ProductionOrder.objects.filter(
        site__in=world.sites,
        status=ProductionOrder.Status.PLANNED,
        batches__operations__slots__is_published=True,
        batches__operations__slots__starts_at__lte=now + RELEASED_AHEAD,
    )
    tops = {
        _top(order).pk: _top(order)
        for order in near.select_related("parent__parent").distinct().order_by("pk")
    }
    for order in tops.values():
        act = partial(release_order, order, at=now)
        world.attempt("production orders released", act, by=world.people["planner"])


def _top(order: ProductionOrder) -> ProductionOrder:
    """The highest order of the tree that is not released yet."""
    while order.parent is not None and order.parent.status == ProductionOrder.Status.PLANNED:
        order = order.parent
    return order
