"""Why an order ends when the published plan says so, as it is told: the chain that leads to its end, and what its links name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from inventory.models import Lot
from production.causes import Cause, Lane, Link
from production.material import Awaited
from production.models import Machine, ProductionOrder, WorkCenter


@dataclass(frozen=True)
class Named:
    """An operation as people speak of it."""

    operation: int
    batch: str
    step: str
    order: int
    order_number: str
    item: str
    priority: int
    strategy: str  # made to order or to stock
    is_pinned: bool = False


@dataclass(frozen=True)
class Place:
    """A machine, or (`machine` None) a work center without limit."""

    key: str
    name: str
    work_center: WorkCenter
    machine: Machine | None = None


@dataclass(frozen=True)
class Explanation:
    """Why an order ends when it does. `links` follow each other from `at` to `ends_at`; the first cause binds.

    Without `ends_at` it is not in the published plan; `reasons` say why, where anybody knows.
    """

    order: ProductionOrder
    at: datetime
    ends_at: datetime | None = None
    links: tuple[Link, ...] = ()
    causes: tuple[Cause, ...] = ()
    operations: Mapping[int, Named] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    awaited: Mapping[str, Awaited] = field(default_factory=dict)
    lots: Mapping[str, Lot] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    @property
    def lateness(self) -> timedelta | None:
        """Negative when there is time to spare."""
        return None if self.ends_at is None else self.ends_at - self.order.due_at

    @property
    def is_late(self) -> bool:
        return self.lateness is not None and self.lateness > timedelta()

    @property
    def binding(self) -> Cause | None:
        return self.causes[0] if self.causes else None
