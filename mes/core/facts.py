"""Facts: what happened, recorded in the transaction in which it happened, delivered to subscribers after commit.

    # inventory/facts.py                                   # quality/subscribers.py
    @dataclass(frozen=True)                                @subscriber(LotReceived)
    class LotReceived(Fact):                               def open_receiving_inspection(fact: LotReceived) -> None:
        lot: int                                               services.ensure_inspection(lot=fact.lot, at=moment())
        quantity: Decimal

    # inventory/services.py, inside @transaction.atomic
    record(LotReceived(lot=lot.pk, quantity=quantity))

A fact holds ids and plain values: int, str, bool, float, Decimal, date, datetime, UUID, None and tuples of these.
A subscriber reads the state afresh by these ids, makes one service call and tolerates repeats; `mes.core.outbox` says what order it may
rely on. A subscriber hears of facts recorded after it was first deployed.
"""

import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, TypeVar

from django.core.cache import cache
from django.db import connection, transaction

from mes.core import models, outbox, tasks
from mes.core.payloads import as_json, read_as

F = TypeVar("F", bound="Fact")

_classes: dict[str, type["Fact"]] = {}


@dataclass(frozen=True)
class Fact:
    """Base of every fact; subclasses are frozen dataclasses named in the past tense.

    :cvar name: stored with every row, `<app>.<Class>` unless stated. A class that is renamed keeps the old name, and new fields
        have defaults, so that facts already recorded can still be read.
    """

    name: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            cls.name = f"{cls.__module__.split('.')[-2]}.{cls.__name__}"
        known = _classes.setdefault(cls.name, cls)
        if known.__qualname__ != cls.__qualname__ or known.__module__ != cls.__module__:
            raise TypeError(
                f"{cls!r} and {known!r} share the name {cls.name}; give one of them a name of its own."
            )
        _classes[cls.name] = cls

    def payload(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return {field.name: as_json(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """The fact as it was recorded; fields that the class no longer has are left out."""
        hints = typing.get_type_hints(cls)
        present = (field.name for field in fields(cls) if field.name in payload)
        return cls(**{name: read_as(hints[name], payload[name]) for name in present})


def record(*facts: Fact) -> None:
    """Record what happened, in the running transaction; subscribers hear of it after commit.

    :raises RuntimeError: outside a transaction, where the fact could outlive what it tells of.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(
            "Facts are recorded inside the transaction in which they happen; add @transaction.atomic."
        )
    rows = models.Fact.objects.bulk_create(
        [models.Fact(name=fact.name, payload=fact.payload()) for fact in facts]
    )
    deliveries = [
        models.FactDelivery(fact=row, subscriber=path)
        for row in rows
        for path in outbox.subscribers_of(row.name)
    ]
    if deliveries:
        models.FactDelivery.objects.bulk_create(deliveries)
        # robust: when broker or cache is away the commit stands all the same, and the sweep delivers.
        transaction.on_commit(_nudge, robust=True)


def subscriber(*fact_classes: type[F]) -> Callable[[Callable[[F], None]], Callable[[F], None]]:
    """Deliver every fact of these classes to the decorated function, once each, in the function's own transaction.

    Belongs in an app's `subscribers.py`. The function is known by its dotted path: to rename it, first let its deliveries run out.
    """

    def decorate(react: Callable[[F], None]) -> Callable[[F], None]:
        path = f"{react.__module__}.{react.__qualname__}"
        for fact_class in fact_classes:
            outbox.register(fact_class.name, path, _handler(fact_class, react))
        return react

    return decorate


def read(row: models.Fact) -> Fact:
    """The fact that a row of the log holds.

    :raises KeyError: when its class no longer exists.
    """
    return _classes[row.name].from_payload(row.payload)


def _handler(fact_class: type[F], react: Callable[[F], None]) -> outbox.Handler:
    def handle(payload: outbox.Payload) -> None:
        react(fact_class.from_payload(payload))

    return handle


def _nudge() -> None:
    """Wake a dispatcher, unless one has been woken and has not looked yet."""
    if cache.add(tasks.NUDGED, True, timeout=tasks.SWEEP_SECONDS):
        tasks.deliver_facts.delay()
