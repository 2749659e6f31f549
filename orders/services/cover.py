"""Covering what a line asks for: from stock, first expired first, and by making or buying the rest."""

from collections.abc import Iterable
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from inventory import services as inventory
from inventory.models import ExpectedReceipt, Item, Lot, Reservation
from inventory.models.lots import LotQuerySet
from inventory.renumbering import numbered_before, renumbered_from
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from orders.facts import StockClaimed
from orders.handdown import specifications_for
from orders.models import CustomOrder, OrderLine, Peg, Requirement
from orders.services.entry import lock_order
from production import services as production
from production.bills import carries
from production.models import Batch, Operation, ProductionOrder

END_OF_DAY = time(23, 59)


class NothingMissing(DomainError):
    code = "orders.nothing_missing"
    title = "The line is covered"


class NotCoverable(DomainError):
    code = "orders.not_coverable"
    title = "Only a confirmed order is covered"


class ProductionStarted(DomainError):
    code = "orders.production_started"
    title = "Work on it has begun"


@transaction.atomic
def cover_line(line: OrderLine, *, by: User, at: datetime) -> OrderLine:
    """Cover what a line of a confirmed order lacks, because it was amended or because batches yielded less than planned.

    :raises NotCoverable: unless the order is confirmed.
    :raises NothingMissing: when stock and production pegged to it suffice, say because somebody else just covered it.
    """
    order = lock_order(line.order)
    if order.status != CustomOrder.Status.CONFIRMED:
        is_draft = order.status == CustomOrder.Status.DRAFT
        raise NotCoverable(
            f"Order {order} is {order.get_status_display().lower()}.",
            remedy="Confirm it: that covers its lines."
            if is_draft
            else "Enter what is new as another order.",
        )
    line.refresh_from_db(
        fields=["quantity", "due_date", "priority"],
        from_queryset=OrderLine.objects.select_for_update(no_key=True),
    )
    missing = missing_of(line)
    if not missing:
        raise NothingMissing(
            f"{line} is covered: nothing is missing.", remedy="Amend its quantity to make more."
        )
    cover(line, missing, by=by, at=at)
    return line


def cover(line: OrderLine, quantity: Decimal, *, by: User, at: datetime) -> None:
    """Peg `quantity` of a line of a confirmed order: stock of what is made to stock, then production or a purchase for the rest.

    What is made to order is never taken from stock by itself: it was made for somebody else, to other requirements.

    :raises UnknownBinding: when a requirement binds something that no plan in force has.
    :raises NoProcessPlan: when the item is made and nobody has said how.
    """
    specifications = specifications_for(line)
    if line.item.strategy == Item.Strategy.TO_STOCK:
        quantity -= _peg_stock(line, quantity, at=at)
    if quantity <= 0:
        return
    if line.item.supply == Item.Supply.BUY:
        expect_purchase(line, quantity, by=by, at=at)
        return
    order = production.plan_production(
        line.item,
        quantity,
        due_at=datetime.combine(line.due_date, END_OF_DAY, line.item.site.zone),
        priority=line.priority,
        strategy=Item.Strategy.TO_ORDER,
        reason=f"{line} for {line.order.customer}",
        specifications=specifications,
        by=by,
        at=at,
    )
    Peg.objects.create(line=line, quantity=quantity, production_order=order)


@transaction.atomic
def claim_stock(lot: Lot, *, at: datetime) -> list[Peg]:
    """Reserve a lot that has become usable for the lines that wait for it: those it was made for, then whoever lacks its item.

    Safe to repeat: a line claims no more than it lacks. Serial numbers are claimed one by one, once they exist.

    :return: the new pegs.
    """
    lot = Lot.objects.select_related("item__site").get(pk=lot.pk)
    if lot.unusable_because(at.astimezone(lot.item.site.zone).date()) or _awaits_serialisation(lot):
        return []
    if inventory.on_hand(lot) <= inventory.reserved(lot, at=at):
        return []  # the usual case of a repetition; who waits is a costly question
    made = []
    for line, origin, lacks in _waiting_for(lot):
        inventory.lock_lots([lot])
        free = inventory.on_hand(lot) - inventory.reserved(lot, at=at)
        quantity = min(free, lacks)
        if quantity <= 0:
            break
        made.append(_peg_lot(line, lot, quantity, origin=origin, at=at))
    return made


@transaction.atomic
def claim_for_line(line: OrderLine, *, at: datetime) -> None:
    """Reserve for a line what its production has made and nobody has claimed yet."""
    for lot in (
        lots_made_for(line).usable(at.astimezone(line.item.site.zone).date()).in_stock().first_expired_first()
    ):
        claim_stock(lot, at=at)


def lock_rivals(order: CustomOrder, claiming: Iterable[OrderLine] = ()) -> None:
    """Lock the lines of an order, and with those that are about to claim stock every line that may claim of the same items.

    One statement, in the order of their keys: two who claim at once would else wait for each other's lines without end.
    """
    rivals = Q(order__status=CustomOrder.Status.CONFIRMED, item__in={line.item_id for line in claiming})
    lines = OrderLine.objects.filter(Q(order=order) | rivals).order_by("pk")
    list(lines.select_for_update(of=("self",), no_key=True).values_list("pk"))


def lock_bought(lines: Iterable[OrderLine]) -> None:
    """Lock the bought items of lines that are going to be covered one after the other, before anything else of them.

    One statement, in the order of their keys: two orders that name the same items the other way round would else wait for each other
    (see `expect_purchase`).
    """
    keys = {line.item_id for line in lines if line.item.supply == Item.Supply.BUY}
    list(Item.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True).values_list("pk"))


def give_up(line: OrderLine, reason: str, *, by: User, at: datetime) -> None:
    """Give up all that is pegged to a line: stock is free again, production of which nothing was begun is cancelled.

    :raises ProductionStarted: naming the operations that were.
    """
    orders = [
        peg.production_order
        for peg in line.pegs.of_production().standing().select_related("production_order").order_by("pk")
        if peg.production_order is not None
    ]
    require_unstarted(line, orders)
    give_up_stock(line, by=by, at=at)
    for order in orders:
        production.cancel_order(order, reason, by=by, at=at)


def give_up_unstarted(line: OrderLine, reason: str, *, by: User, at: datetime) -> None:
    """Cancel the production pegged to a line of which nothing was begun; the rest goes on."""
    for peg in line.pegs.of_production().standing().select_related("production_order").order_by("pk"):
        order = peg.production_order
        if order is not None and not _begun([order.pk]).exists():
            production.cancel_order(order, reason, by=by, at=at)


def give_up_stock(line: OrderLine, *, by: User, at: datetime) -> None:
    """Release every reservation of a line."""
    for claim in Reservation.objects.open().filter(pk__in=line.pegs.values("reservation")).order_by("pk"):
        inventory.release_reservation(claim, by=by, at=at)


def require_unstarted(line: OrderLine, orders: Iterable[ProductionOrder]) -> None:
    """:raises ProductionStarted: when work was done on one of these orders, or on what it is made of."""
    begun = _begun([order.pk for order in orders]).select_related("batch", "step")
    if started := list(begun.order_by("started_at", "pk")[:5]):
        told = ", ".join(f"{each.step.name} of batch {each.batch}" for each in started)
        raise ProductionStarted(
            f"{line} is being made: {told} {'was' if len(started) == 1 else 'were'} begun.",
            remedy="Cancel its production orders first, or let them end and keep what they make as stock.",
        )


def _begun(orders: Iterable[int]) -> QuerySet[Operation]:
    """Operations begun for these production orders, or for what they are made of, three levels down."""
    tops = list(orders)
    return Operation.objects.filter(started_at__isnull=False).filter(
        Q(batch__order__in=tops) | Q(batch__order__parent__in=tops) | Q(batch__order__parent__parent__in=tops)
    )


def missing_of(line: OrderLine) -> Decimal:
    """What neither was shipped nor is reserved, being made or waiting for a verdict."""
    return Decimal(OrderLine.objects.with_cover().get(pk=line.pk).uncovered_quantity)


def lots_made_for(line: OrderLine) -> LotQuerySet:
    """Lots that the production pegged to a line yields, serial numbers and parts of split lots included."""
    orders = line.pegs.of_production().values("production_order")
    made = Batch.objects.filter(order__in=orders, lot__isnull=False).values_list("lot", flat=True)
    return Lot.objects.filter(pk__any_of=set().union(*renumbered_from(made).values()))


def attributes_asked(lines: Iterable[int]) -> dict[int, dict[str, str]]:
    """By line, what a lot of its own item must carry; an empty value asks only that there is one."""
    own = Requirement.objects.filter(line__in=lines, component_number="").exclude(attribute="")
    asked: dict[int, dict[str, str]] = {}
    for line, attribute, expected in own.order_by("pk").values_list("line", "attribute", "expected"):
        asked.setdefault(line, {})[attribute] = expected
    return asked


def _peg_stock(line: OrderLine, quantity: Decimal, *, at: datetime) -> Decimal:
    """Reserve free stock for a line as far as it goes; returns how much that was."""
    reservations = inventory.reserve_item(
        line.item, quantity, purpose=str(line), attributes=attributes_asked([line.pk]).get(line.pk, {}), at=at
    )
    Peg.objects.bulk_create(Peg(line=line, quantity=each.quantity, reservation=each) for each in reservations)
    return sum((each.quantity for each in reservations), Decimal(0))


def expect_purchase(line: OrderLine, quantity: Decimal, *, by: User, at: datetime) -> None:
    """Expect a purchase for what the open purchases of the item do not cover over all lines that wait for it.

    Locks the item: two who confirm at the same moment would else both count on the same purchase.
    """
    Item.objects.select_for_update(no_key=True).get(pk=line.item_id)
    receipts = ExpectedReceipt.objects.open().filter(item=line.item)
    coming = sum((each.quantity - each.received_quantity for each in receipts), Decimal(0))
    waiting = OrderLine.objects.open().filter(item=line.item).exclude(pk=line.pk).with_cover()
    promised = sum(waiting.values_list("uncovered_quantity", flat=True), Decimal(0))
    lacking = quantity - max(coming - promised, Decimal(0))
    if lacking > 0:
        inventory.expect_receipt(line.item, lacking, line.due_date, by=by, at=at)


def _peg_lot(line: OrderLine, lot: Lot, quantity: Decimal, *, origin: Peg | None, at: datetime) -> Peg:
    reservation = inventory.reserve(lot, quantity, purpose=str(line), at=at)
    record(StockClaimed(line=line.pk, lot=lot.pk, quantity=quantity))
    return Peg.objects.create(line=line, quantity=quantity, reservation=reservation, origin=origin)


def _waiting_for(lot: Lot) -> list[tuple[OrderLine, Peg | None, Decimal]]:
    """Lines that lack what a lot is, locked, each with the claim on production that the lot answers and what it lacks."""
    batches = Batch.objects.filter(lot__in=numbered_before(lot.pk))
    if batches.filter(order__parent__isnull=False).exists():
        return []  # it belongs to the order that waits for this component; production sees to that
    pegs = Peg.objects.filter(
        production_order__in=batches.values("order"), line__order__status=CustomOrder.Status.CONFIRMED
    )
    origins = {peg.line_id: peg for peg in pegs.order_by("-pk")}
    keys = {*origins, *_uncovered_lines(lot)}
    list(
        OrderLine.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True).values_list("pk")
    )
    lines = OrderLine.objects.filter(pk__in=keys).with_cover().select_related("item", "order")
    waiting: list[tuple[OrderLine, Peg | None, Decimal]] = []
    for line in sorted(
        lines, key=lambda each: (each.pk not in origins, each.priority, each.wanted_date, each.pk)
    ):
        origin = origins.get(line.pk)
        waiting.append((line, origin, _lacks(line, origin) if origin else line.uncovered_quantity))
    return [each for each in waiting if each[2] > 0]


def _uncovered_lines(lot: Lot) -> list[int]:
    """Lines that may take any lot of the item and lack some; what was made to order is for its own customer only."""
    if lot.item.strategy == Item.Strategy.TO_ORDER and lot.item.supply == Item.Supply.MAKE:
        return []
    lines = OrderLine.objects.open().filter(item=lot.item).with_cover().filter(uncovered_quantity__gt=0)
    lacking = list(lines.values_list("pk", flat=True))
    asked = attributes_asked(lacking)
    return [line for line in lacking if carries(lot.attributes, asked.get(line, {}))]


def _lacks(line: OrderLine, origin: Peg) -> Decimal:
    """What a line may still claim of the production pegged to it."""
    claimed = origin.claims.standing().aggregate(total=Sum("quantity"))["total"] or Decimal(0)
    progress: Any = line
    wants = line.quantity - progress.shipped_quantity - progress.reserved_quantity
    return min(origin.quantity - claimed, Decimal(wants))


def _awaits_serialisation(lot: Lot) -> bool:
    """A batch of pieces that are known by serial number is claimed piece by piece, once it is serialised."""
    return lot.item.tracking == Item.Tracking.SERIAL and (
        inventory.on_hand(lot) > 1 or Batch.objects.making().filter(lot=lot).exists()
    )
