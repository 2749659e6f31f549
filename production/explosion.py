"""Bill-of-material explosion: what must be made, taken from stock and bought for a demand, level by level.

Plain data in, plain data out. Needs are netted against free stock in the order in which they arise (by level, then by
date); what is left of a made component becomes an order whose parent is the order that consumes it (pegging), in
batches that fit the equipment; what is left of a bought one becomes a purchase. An order is due when its parent starts,
and starts one lead time before it is due; the scheduler replaces these guesses by a finite-capacity plan.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

ItemKey = int
LineKey = int

MOST_BATCHES = 500
"""In one order. More is a slip of the keyboard, or work for years: nobody would wait for a plan of it."""


class CyclicBill(ValueError):
    """An item is, at some level, a component of itself; `path` names the items in a circle."""

    def __init__(self, path: tuple[ItemKey, ...]) -> None:
        super().__init__(f"circle of items: {path}")
        self.path = path


class BatchTooSmall(ValueError):
    """No batch of an item may hold even its smallest quantity."""

    def __init__(self, item: ItemKey) -> None:
        super().__init__(f"no batch holds anything of item {item}")
        self.item = item


class TooManyBatches(ValueError):
    """So much of an item that it would take more batches than one order is made in."""

    def __init__(self, item: ItemKey, quantity: Decimal, count: int) -> None:
        super().__init__(f"{count} batches of item {item}")
        self.item, self.quantity, self.count = item, quantity, count


@dataclass(frozen=True, slots=True)
class Line:
    """A component: so much of an item for one unit of the product. `key` is the caller's own name for the line.

    Needs of it are rounded up to the component's `quantum`: whole pieces of what is counted.
    """

    key: LineKey
    item: ItemKey
    quantity_per: Decimal
    quantum: Decimal = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Bill:
    """How a made item is made. Batches never exceed `batch_maximum`; quantities are multiples of `quantum`.

    `order_minimum` and `order_multiple` size orders for components, not the demand itself. `lead` is from start to end.
    """

    lines: tuple[Line, ...] = ()
    batch_maximum: Decimal | None = None
    quantum: Decimal = Decimal("0.0001")
    order_minimum: Decimal = Decimal(0)
    order_multiple: Decimal = Decimal(0)
    lead: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Demand:
    """So much of a made item, by then."""

    item: ItemKey
    quantity: Decimal
    due: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """Something to make. `number` counts from 0 in the order of the explosion; a parent comes before its sub-orders."""

    number: int
    parent: int | None
    level: int
    item: ItemKey
    quantity: Decimal
    due: datetime
    start: datetime
    batches: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """What an order needs of a component, and how it is covered: `stock` + `made` + `bought` = `quantity`."""

    order: int
    line: LineKey
    item: ItemKey
    quantity: Decimal
    needed: datetime
    stock: Decimal
    made: Decimal
    bought: Decimal


@dataclass(frozen=True, slots=True)
class Explosion:
    """Orders, parents first, and the needs of each."""

    orders: tuple[Order, ...]
    needs: tuple[Need, ...]


def explode(
    demands: Iterable[Demand], *, bills: Mapping[ItemKey, Bill], free: Mapping[ItemKey, Decimal]
) -> Explosion:
    """Explode demands for made items through their bills.

    :param bills: of every made item that can be reached; an item without one is bought.
    :param free: stock that nobody else claims, by item; it covers components, never the demands themselves.
    :raises CyclicBill: when an item is, at some level, a component of itself.
    :raises BatchTooSmall: when no batch of something to be made holds anything.
    :raises TooManyBatches: when something would be made in more than `MOST_BATCHES`.
    :raises KeyError: when an item asked for has no bill.
    """
    left = dict(free)
    orders: list[Order] = []
    needs: list[Need] = []
    paths: dict[int, tuple[ItemKey, ...]] = {}
    level = [
        _order(number, None, 0, demand.item, demand.quantity, demand.due, bills[demand.item])
        for number, demand in enumerate(sorted(demands, key=lambda demand: demand.due))
    ]
    paths |= {order.number: (order.item,) for order in level}
    while level:
        orders += level
        below: list[Order] = []
        for order in sorted(level, key=lambda order: (order.start, order.number)):
            for need in _needs(order, bills, left):
                needs.append(need)
                if not need.made:
                    continue
                path = (*paths[order.number], need.item)
                if need.item in paths[order.number]:
                    raise CyclicBill(path)
                bill = bills[need.item]
                number = len(orders) + len(below)
                size = lot_size(need.made, bill)
                below.append(
                    _order(number, order.number, order.level + 1, need.item, size, order.start, bill)
                )
                paths[number] = path
        level = below
    return Explosion(tuple(orders), tuple(needs))


def find_circle(
    start: ItemKey, components: Mapping[ItemKey, Iterable[ItemKey]]
) -> tuple[ItemKey, ...] | None:
    """A circle of items through `start`, first item repeated at the end; None where its bills form a tree."""
    todo: list[tuple[ItemKey, ...]] = [(start,)]
    seen: set[ItemKey] = set()
    while todo:
        path = todo.pop()
        for item in components.get(path[-1], ()):
            if item == start:
                return (*path, item)
            if item not in seen:
                seen.add(item)
                todo.append((*path, item))
    return None


def lot_size(quantity: Decimal, bill: Bill) -> Decimal:
    """The quantity to make for a need: at least the minimum, in whole multiples, rounded up to the quantum."""
    size = max(quantity, bill.order_minimum)
    step = bill.order_multiple or bill.quantum
    return round_up(size, step)


def round_up(quantity: Decimal, quantum: Decimal) -> Decimal:
    """The next multiple of `quantum` at or above a quantity."""
    return (quantity / quantum).to_integral_value(ROUND_CEILING) * quantum


def split(quantity: Decimal, maximum: Decimal | None, quantum: Decimal) -> tuple[Decimal, ...]:
    """Split a quantity into the fewest batches that respect the maximum, as equal as the quantum allows.

    :raises ValueError: when the maximum is smaller than the quantum.
    """
    count = batches_of(quantity, maximum, quantum)
    return (quantity,) if count == 1 else divide(quantity, count, quantum)


def batches_of(quantity: Decimal, maximum: Decimal | None, quantum: Decimal) -> int:
    """How many batches that respect the maximum a quantity takes.

    :raises ValueError: when the maximum is smaller than the quantum.
    """
    if maximum is None or quantity <= maximum:
        return 1
    units = (maximum / quantum).to_integral_value(ROUND_FLOOR)
    if units < 1:
        raise ValueError(f"A batch of at most {maximum} cannot hold {quantum}.")
    total = (quantity / quantum).to_integral_value(ROUND_CEILING)
    return int((total / units).to_integral_value(ROUND_CEILING))


def divide(quantity: Decimal, count: int, quantum: Decimal) -> tuple[Decimal, ...]:
    """Divide a quantity into so many parts, as equal as the quantum allows; of less than `count` quanta some get nothing."""
    total = (quantity / quantum).to_integral_value(ROUND_CEILING)
    share, rest = divmod(int(total), count)
    parts = [(share + (number < rest)) * quantum for number in range(count)]
    parts[-1] -= sum(parts) - quantity  # a quantity finer than the quantum is not rounded up
    return tuple(parts)


def _order(
    number: int, parent: int | None, level: int, item: ItemKey, quantity: Decimal, due: datetime, bill: Bill
) -> Order:
    if bill.batch_maximum is not None and bill.batch_maximum < bill.quantum:
        raise BatchTooSmall(item)
    count = batches_of(quantity, bill.batch_maximum, bill.quantum)
    if count > MOST_BATCHES:
        raise TooManyBatches(item, quantity, count)
    batches = split(quantity, bill.batch_maximum, bill.quantum)
    return Order(number, parent, level, item, quantity, due, due - bill.lead, batches)


def _needs(order: Order, bills: Mapping[ItemKey, Bill], left: dict[ItemKey, Decimal]) -> Iterator[Need]:
    for line in bills[order.item].lines:
        quantity = round_up(order.quantity * line.quantity_per, line.quantum)
        stock = min(quantity, max(left.get(line.item, Decimal(0)), Decimal(0)))
        left[line.item] = left.get(line.item, Decimal(0)) - stock
        missing = quantity - stock
        is_made = line.item in bills
        yield Need(
            order=order.number,
            line=line.key,
            item=line.item,
            quantity=quantity,
            needed=order.start,
            stock=stock,
            made=missing if is_made else Decimal(0),
            bought=Decimal(0) if is_made else missing,
        )
