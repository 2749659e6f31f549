"""The clock of a simulation, what happens next, and who does it."""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Self

from django.db import transaction

from inventory.models import Site
from mes.core.history import done_by
from mes.core.models import User
from mes.core.refusals import DomainError
from mes.plant.actors import ensure_actor

Happening = Callable[[datetime], None]

ROLES = {
    "planner": "Petra Planner",
    "inspector": "Ines Inspector",
    "storekeeper": "Stefan Stores",
    "buyer": "Bea Buyer",
    "sales": "Sven Sales",
}


@dataclass
class World:
    """The state of one simulation. Events are handled in the order of their times, and of their making within one time."""

    sites: list[Site]
    rng: random.Random
    until: datetime
    people: dict[str, User]
    left_from: datetime  # what opens from here on is left to whoever takes over
    tally: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    _queue: list[tuple[datetime, int, Happening]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    @classmethod
    def begin(cls, sites: list[Site], *, until: datetime, seed: int, leave: timedelta = timedelta()) -> Self:
        """A world in which nothing is going to happen yet, with an account for every part that is played."""
        return cls(sites=sites, rng=random.Random(seed), until=until, people=_cast(), left_from=until - leave)

    def at(self, moment: datetime, happening: Happening) -> None:
        """Let something happen then, unless the simulation has ended by then."""
        if moment <= self.until:
            heapq.heappush(self._queue, (moment, next(self._order), happening))

    def play(self, tell: Callable[[datetime], None]) -> None:
        """Let everything happen. `tell` is called with the time of each event before it happens."""
        while self._queue:
            moment, _, happening = heapq.heappop(self._queue)
            tell(moment)
            happening(moment)

    def attempt(self, what: str, act: Callable[..., object], *, by: User) -> bool:
        """Whether it was done, in whose name: a refusal is heeded, as by a person, and counted."""
        try:
            with done_by(by.pk), transaction.atomic():
                act(by=by)
        except DomainError as refusal:
            self.refusals[f"{what}: {refusal.code}"] += 1
            return False
        self.tally[what] += 1
        return True

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def soon(self, now: datetime, minutes: float, spread: float = 0.3) -> datetime:
        """About so many minutes from now."""
        return now + timedelta(minutes=minutes * self.rng.uniform(1 - spread, 1 + spread))


def _cast() -> dict[str, User]:
    """The accounts in whose name things are done: those of these names where there are some, else accounts of our own."""
    known: dict[str, User] = {user.username: user for user in User.objects.filter(username__in=ROLES)}
    return {role: known.get(role) or ensure_actor(f"plays-{role}", name) for role, name in ROLES.items()}
