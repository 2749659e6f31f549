"""A day at a plant: when deliveries come, people plan, work, inspect, and lorries leave; in the site's own time."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from inventory.models import Site
from mes.plant.simulation.bench import decide_what_failed, inspect_what_is_open
from mes.plant.simulation.dock import change_an_order, send_shipments, take_deliveries, take_orders
from mes.plant.simulation.floor import Floor
from mes.plant.simulation.office import plan_the_day
from mes.plant.simulation.world import World
from production.services import open_due_samples

PLANNING, DELIVERIES, ORDERS, DECISIONS = time(5, 30), time(7), time(9), time(10)
CHANGES, SHIPMENTS = time(11), time(15)
FIRST_LOOK, LAST_LOOK = time(6), time(22)
BETWEEN_LOOKS = timedelta(minutes=30)


def arrange_days(world: World, floor: Floor, start: datetime) -> None:
    """Put everything that happens at fixed times into the world's queue, from `start` to its end."""

    def begin(now: datetime) -> None:
        plan_the_day(world, now)
        floor.begin_day(now)

    world.at(start, begin)
    day = start.astimezone(world.sites[0].zone).date()
    while datetime.combine(day, time(), tzinfo=world.sites[0].zone) <= world.until:
        if day.weekday() < 5:
            _arrange(world, start, day, PLANNING, world.sites[0], begin)
            for site in world.sites:
                _arrange_site(world, start, day, site)
        _arrange_looks(world, floor, start, day)
        day += timedelta(days=1)


def _arrange(
    world: World, start: datetime, day: date, at: time, site: Site, happening: Callable[[datetime], None]
) -> None:
    moment = datetime.combine(day, at, tzinfo=site.zone)
    if moment > start:
        world.at(moment, happening)


def _arrange_site(world: World, start: datetime, day: date, site: Site) -> None:
    _arrange(world, start, day, DELIVERIES, site, lambda now: take_deliveries(world, site, now))
    _arrange(world, start, day, ORDERS, site, lambda now: take_orders(world, site, now))
    _arrange(world, start, day, DECISIONS, site, lambda now: decide_what_failed(world, now))
    _arrange(world, start, day, CHANGES, site, lambda now: change_an_order(world, site, now))
    _arrange(world, start, day, SHIPMENTS, site, lambda now: send_shipments(world, site, now))


def _arrange_looks(world: World, floor: Floor, start: datetime, day: date) -> None:
    """Every half hour of the working day, also on Saturdays: inspectors inspect, operators start what is next."""

    def look(now: datetime) -> None:
        open_due_samples(sites=world.sites, at=now)
        inspect_what_is_open(world, now)
        floor.start_what_is_next(now)

    zone = world.sites[0].zone
    moment = datetime.combine(day, FIRST_LOOK, tzinfo=zone)
    while moment <= datetime.combine(day, LAST_LOOK, tzinfo=zone) and day.weekday() < 6:
        if moment >= start:
            world.at(moment, look)
        moment += BETWEEN_LOOKS
