"""Playing a plant for some days."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from inventory.models import Site
from mes.core.outbox import dispatch_facts
from mes.plant.simulation.days import arrange_days
from mes.plant.simulation.floor import Floor
from mes.plant.simulation.world import World


def play(
    sites: list[Site],
    *,
    start: datetime,
    days: float,
    seed: int = 0,
    speed: float | None = None,
    leave: timedelta = timedelta(),
    say: Callable[[str], object] = lambda _line: None,
) -> World:
    """Play `days` days from `start` on at these sites; the world that results holds what was done and refused.

    :param speed: simulated hours per hour of waiting; None = as fast as it goes.
    :param leave: inspections that open within this time of the end are left open.
    """
    world = World.begin(sites, until=start + timedelta(days=days), seed=seed, leave=leave)
    floor = Floor(world)
    pace = _Pace(start, speed, say)
    floor.take_up(start)
    arrange_days(world, floor, start)
    world.play(pace.tell)
    _deliver_facts(pace.last)
    return world


class _Pace:
    """Slows the simulation down to its speed, lets subscribers keep up, and tells of every new day."""

    def __init__(self, start: datetime, speed: float | None, say: Callable[[str], object]) -> None:
        self.start, self.speed, self.say = start, speed, say
        self.began = time.monotonic()
        self.last = start
        self.told: date | None = None

    def tell(self, moment: datetime) -> None:
        """Called before each event."""
        if moment != self.last:
            _deliver_facts(self.last)
        day = moment.astimezone(UTC).date()
        if day != self.told:
            self.say(f"  {day:%A %d %B %Y}")
        self.last, self.told = moment, day
        if self.speed:
            due = (moment - self.start).total_seconds() / self.speed
            time.sleep(max(0.0, due - (time.monotonic() - self.began)))


def _deliver_facts(played: datetime) -> None:
    """What a worker does meanwhile in a plant that is served: whoever subscribed hears of what happened, and acts then."""
    while dispatch_facts(at=timezone.now(), acting_at=played).more:
        pass
