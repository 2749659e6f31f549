"""What if more were asked for? The plan for it, held against machines, warehouses and suppliers. Reads only.

The forecast of the items in question is multiplied, and their safety stock with it; orders that are there stay what they are. Netting plans
as ever, and what it proposes is held against the hours that work centers have free, the room for finished goods and the lead times of material.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from forecasting.lot_rules import Planned
from forecasting.models import ForecastRun
from forecasting.netting.limits import Limit, Means, Work, first_limits
from forecasting.proposals import Book, book_of, plan_of
from forecasting.stored import planned_of
from forecasting.targets import room_by_site
from forecasting.today import today_at
from inventory.models import Item
from inventory.quantities import plain
from mes.core.refusals import DomainError, InvalidInput
from production.load import Load, load_by_day
from production.models import ProcessPlan, Step

MOST: Final = Decimal(100)
UNITS: Final = {"machine": "h", "warehouse": "m³"}


class NothingPlanned(DomainError):
    code = "forecasting.no_forecast"
    title = "Nothing has been forecast yet"


class WrongFactor(InvalidInput):
    code = "forecasting.wrong_factor"
    title = "That is no demand to plan for"


class NothingSelected(InvalidInput):
    code = "forecasting.nothing_selected"
    title = "No such items are forecast"


@dataclass(frozen=True)
class FirstLimit:
    """What gives way, on which day; so much is needed of it and so much is there, in `unit`: hours, cubic metres or the item's own. `anyway` where it
    does with demand as it is.
    """

    breaks: str
    what: str
    date: date
    needed: float
    available: float
    unit: str
    sentence: str
    anyway: bool = False


@dataclass(frozen=True)
class ScaledUp:
    """The answer: in one sentence, and the first limit of each work center, warehouse and material, the earliest first."""

    factor: Decimal
    items: int
    until: date
    sentence: str
    limits: Sequence[FirstLimit]


def scale_up(*, factor: Decimal, family: str = "", item: Item | None = None, at: datetime) -> ScaledUp:
    """Plan for so many times the forecast of an item, a family or everything, and say what breaks first and when.

    :raises WrongFactor: unless the factor is above 0 and at most 100.
    :raises NothingPlanned: before the first run is done.
    :raises NothingSelected: when none of these items is forecast.
    """
    if not 0 < factor <= MOST:
        raise WrongFactor.at_field(
            "factor", f"A factor is above 0 and at most {MOST}.", remedy="Ask for 2 to double the demand."
        )
    run = ForecastRun.objects.latest_done()
    if run is None:
        raise NothingPlanned("There are no forecasts to multiply.", remedy="Run the forecast first.")
    today = today_at(at, not_before=run.as_of)
    stocked = planned_of(run, today)
    chosen = {one.item.pk for one in stocked if _is_meant(one.item, family, item)}
    if not chosen:
        field = "item" if item is not None else "family"
        raise NothingSelected.at_field(
            field,
            f"No item that is forecast is {item or f'of family {family}'}.",
            remedy="Choose one of the portfolio.",
        )
    days = run.horizon_days
    usual = book_of(stocked, at=at, today=today, horizon_days=days)
    more = [_times(one, float(factor)) if one.item.pk in chosen else one for one in stocked]
    scaled = book_of(more, at=at, today=today, horizon_days=days)
    loads = load_by_day(today.earliest, today.latest + timedelta(days=days - 1), at=at)
    day_of = _calendar(scaled, loads)
    broken = first_limits(
        plan_of(scaled, horizon_days=days),
        plan_of(usual, horizon_days=days),
        _means(scaled, loads, days, day_of),
    )
    limits = sorted(
        (_dated(limit, scaled, day_of) for limit in broken), key=lambda one: (one.date, one.breaks, one.what)
    )
    until = today.earliest + timedelta(days=days - 1)
    return ScaledUp(
        factor=factor,
        items=len(chosen),
        until=until,
        sentence=_told(limits, factor, until),
        limits=limits,
    )


def _is_meant(own: Item, family: str, item: Item | None) -> bool:
    if item is not None:
        return own.pk == item.pk
    return not family or own.family == family


def _times(one: Planned, factor: float) -> Planned:
    return replace(
        one,
        means=[mean * factor for mean in one.means],
        safety_stock=one.safety_stock * factor,
        order_up_to=one.order_up_to * factor,
        deviation=one.deviation * factor,
    )


def _calendar(book: Book, loads: Iterable[Load]) -> Callable[[str, int], date]:
    """What date a day of the plan is for an item, a work center or a warehouse, by its key: each is counted from the day at its own site."""
    sites = {f"center {load.work_center.pk}": load.work_center.site_id for load in loads}
    sites |= {f"site {item.site_id}": item.site_id for item in book.items.values()}

    def day_of(key: str, number: int) -> date:
        if key in sites:
            return book.today.at_site(sites[key]) + timedelta(days=number)
        return book.day(key, number)

    return day_of


def _means(book: Book, loads: Iterable[Load], days: int, day_of: Callable[[str, int], date]) -> Means:
    free: dict[str, list[float]] = defaultdict(list)
    titles = {key: str(item) for key, item in book.items.items()}
    for load in loads:
        key = f"center {load.work_center.pk}"
        titles[key] = load.work_center.name
        if day_of(key, 0) <= load.day <= day_of(key, days - 1):
            free[key].append(load.free_hours)
    sites = {item.site_id: item.site for item in book.items.values()}
    rooms = {f"site {site}": room for site, room in room_by_site(sites).items()}
    titles |= {f"site {site}": f"The room for finished goods of {sites[site]}" for site in sites}
    return Means(
        work=_work(book),
        free_hours=free,
        rooms=rooms,
        stored={
            key: (f"site {item.site_id}", float(item.storage_volume_m3))
            for key, item in book.items.items()
            if item.kind == Item.Kind.FINISHED and item.storage_volume_m3
        },
        bought=frozenset(key for key, item in book.items.items() if item.supply == Item.Supply.BUY),
        titles=titles,
        name_of_day=lambda key, number: f"{day_of(key, number):%a %d %b}",
    )


def _work(book: Book) -> list[Work]:
    made = [item.pk for item in book.items.values() if item.supply == Item.Supply.MAKE]
    plans = ProcessPlan.objects.effective().filter(item__in=made)
    steps = Step.objects.filter(plan__in=plans, work_center__is_unlimited=False).select_related("plan")
    return [
        Work(
            item=str(step.plan.item_id),
            center=f"center {step.work_center_id}",
            hours_a_unit=float(step.run_seconds) / 3600,
            hours_a_batch=(step.setup_seconds + step.fixed_seconds) / 3600,
        )
        for step in steps.order_by("pk")
    ]


def _dated(limit: Limit, book: Book, day_of: Callable[[str, int], date]) -> FirstLimit:
    what = str(book.items[limit.what]) if limit.what in book.items else limit.sentence.partition(" is ")[0]
    return FirstLimit(
        breaks=limit.breaks.value,
        what=what,
        date=day_of(limit.what, limit.day),
        needed=round(limit.needed, 3),
        available=round(limit.available, 3),
        unit=UNITS.get(limit.breaks.value) or book.items[limit.what].unit,
        sentence=limit.sentence,
        anyway=limit.anyway,
    )


def _told(limits: Sequence[FirstLimit], factor: Decimal, until: date) -> str:
    asked = f"{plain(factor)} times the demand"
    if not limits:
        return f"{asked} can be met until {until:%d %b %Y}: machines, room and material suffice."
    new = [limit for limit in limits if not limit.anyway]
    anyway = f"{_limits(len(limits) - len(new))} that {'gives' if len(limits) - len(new) == 1 else 'give'} way with demand as it is"
    if not new:
        return f"{asked} breaks nothing but {anyway}. The first: {limits[0].sentence}"
    beside = f", beside {anyway}" if len(new) < len(limits) else ""
    return f"{asked} breaks {_limits(len(new))}{beside}. The first: {new[0].sentence}"


def _limits(count: int) -> str:
    return f"{count} limit{'' if count == 1 else 's'}"
