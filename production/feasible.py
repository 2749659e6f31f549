"""What a question about a date is answered with: where the work would go, when it would be done, and what it waits for.

Data alone; `production.promising` works it out, `production.services.hold_production` keeps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from inventory.models import Item
from production import explosion
from production.bills import Recipes
from production.insertion import Room
from production.models import Machine, Step

WORK_OUTWEIGHS = 4  # a wait this many times shorter than the work does not bind


class Kind(StrEnum):
    """What the way to a date is spent on."""

    STOCK = "stock"
    MATERIAL = "material"
    MACHINE = "machine"
    TOOL = "tool"  # or people
    KEPT = "kept"  # what others may have of the week
    CALENDAR = "calendar"
    HOLD = "hold"
    WORK = "work"


@dataclass(frozen=True)
class Cause:
    """A stretch of the way, in words."""

    kind: Kind
    text: str
    starts_at: datetime
    ends_at: datetime

    @property
    def seconds(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds()


@dataclass(frozen=True)
class Piece:
    """One step of one batch that does not exist yet: `order` and `batch` as the explosion numbers them."""

    key: int
    order: int
    batch: int
    step: Step
    quantity: Decimal

    def __str__(self) -> str:
        return f"{self.step.name} of {self.step.plan.item}"


def binding_of(chain: Sequence[Cause]) -> Cause:
    """The longest wait of a chain; the work itself where nothing worth telling is waited for."""
    waits = [cause for cause in chain if cause.kind != Kind.WORK]
    works = [cause for cause in chain if cause.kind == Kind.WORK]
    seconds = sum(cause.seconds for cause in works)
    longest = max(waits, key=lambda cause: cause.seconds, default=None)
    if longest is not None and (longest.seconds * WORK_OUTWEIGHS > seconds or not works):
        return longest
    steps = f"{len(works)} step{'' if len(works) == 1 else 's'}"
    told = f"The work itself: {steps}, {seconds / 3600:.1f} hours from the first to the last"
    return Cause(Kind.WORK, told, works[0].starts_at, works[-1].ends_at)


@dataclass(frozen=True)
class Planned:
    """An operation that does not exist yet and where it would go; order and batch as the explosion numbers them."""

    piece: Piece
    machine: Machine | None
    starts_at: datetime
    setup_ends_at: datetime
    ends_at: datetime
    work_seconds: int  # set-up included


@dataclass(frozen=True)
class Shortage:
    """Material that nobody has ordered; taken as there after the item's lead time."""

    item: Item
    quantity: Decimal
    expected_at: datetime


@dataclass(frozen=True)
class Feasible:
    """When so much could be made, how, and the chain of what it waits for, earliest first."""

    item: Item
    quantity: Decimal
    tree: explosion.Explosion
    recipes: Recipes
    places: tuple[Planned, ...]
    rooms: tuple[Room, ...]
    ends_at: datetime
    chain: tuple[Cause, ...]
    shortages: tuple[Shortage, ...]

    @property
    def binding(self) -> Cause:
        """What keeps it most from being sooner."""
        return binding_of(self.chain)
