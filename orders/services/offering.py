"""Offers: a date for somebody who asks, kept until they decide.

Who asks first holds first: stock is reserved and capacity held in the transaction in which the answer is worked out, one question at
a time, so that what one was offered nobody else is. An offer that has expired binds nobody, swept or not.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Item, Reservation
from inventory.numbering import numbered
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from orders import answering
from orders.answering import END_OF_DAY, Answer, IfOthersMove, answer, free_of, local_day
from orders.facts import LinePromised, OfferAccepted, OfferEnded, OfferMade, OrderConfirmed
from orders.models import Customer, CustomOrder, Offer, OfferedStock, OrderLine, Peg, Promise
from orders.services.cover import expect_purchase
from orders.services.entry import LineAsked, create_order
from production import planning
from production import services as production
from production.feasible import Feasible
from production.models import Priority, ProductionOrder, Schedule, Slot
from production.overtaking import Overtaking
from production.promising import NothingFits

LONGEST_HOLD_HOURS = 24 * 60


class HoldTooLong(InvalidInput):
    code = "orders.hold_too_long"
    title = "Nothing is kept as long as that"


class DuplicateInquiry(DomainError):
    code = "orders.duplicate_inquiry"
    title = "This inquiry has an offer"


class NobodyToMove(DomainError):
    code = "orders.nobody_to_move"
    title = "Nothing is gained by moving others"


class OfferExpired(DomainError):
    code = "orders.offer_expired"
    title = "The offer has expired"


class OfferNotOpen(DomainError):
    code = "orders.offer_not_open"
    title = "The offer is no longer open"


class CustomerMissing(InvalidInput):
    code = "orders.customer_missing"
    title = "Nobody is named who orders"


def ask_promise(
    *,
    item: Item,
    quantity: Decimal,
    wanted_date: date,
    priority: int = Priority.NORMAL,
    hold_hours: Decimal | None = None,
    by: User,
    at: datetime,
) -> Answer:
    """When could we have so much of this? The answer is worked out and nothing is kept.

    :param hold_hours: the date holds if the order comes within so many hours; 0: if it comes now. Left out: as long as offers are held.
    :raises: what `answering.answer` does.
    """
    return answer(
        item, quantity, wanted_date, priority=priority, held_until=at + _hold(hold_hours, least=0), at=at
    )


class _StockTaken(Exception):
    """Somebody else took stock that would have done, before it was reserved."""


def make_offer(
    *,
    item: Item,
    quantity: Decimal,
    wanted_date: date,
    priority: int = Priority.NORMAL,
    customer: Customer | None = None,
    inquiry: str = "",
    hold_hours: Decimal | None = None,
    move_others: bool = False,
    by: User,
    at: datetime,
) -> Offer:
    """When can we have so much of this? The answer, with stock, material and capacity kept for it until it expires.

    The date can be relied on when the offer is accepted by then. Others are moved for it only when that is asked for.

    :param inquiry: the customer's reference of the question: asked again while its offer is open, it is refused.
    :param hold_hours: how long it is kept; left out: as the plant's settings say.
    :param move_others: have the day for which less important work makes way; the plan is made anew with it.
    :raises HoldTooLong: for less than a quarter of an hour or more than sixty days.
    :raises DuplicateInquiry: naming the open offer.
    :raises NobodyToMove: when others making way gains nothing.
    :raises: what `answering.answer` does.
    """
    asked = _Asked(
        item=item,
        quantity=answering.check(item, quantity, wanted_date, at=at),
        wanted_date=wanted_date,
        priority=priority,
        customer=customer,
        inquiry=inquiry.strip(),
        until=at + _hold(hold_hours, least=Decimal("0.25")),
        move_others=move_others,
    )
    is_made = item.supply == Item.Supply.MAKE
    try:
        needs_making = is_made and free_of(item, asked.quantity, at=at) < asked.quantity
        return _offered(asked, needs_making=needs_making, by=by, at=at)
    except _StockTaken:  # nothing is locked any more, so that it can wait its turn to look for room
        return _offered(asked, needs_making=True, by=by, at=at)


@dataclass(frozen=True)
class _Asked:
    """What an offer is to answer, checked."""

    item: Item
    quantity: Decimal
    wanted_date: date
    priority: int
    customer: Customer | None
    inquiry: str
    until: datetime
    move_others: bool


@transaction.atomic
def _offered(asked: _Asked, *, needs_making: bool, by: User, at: datetime) -> Offer:
    """:raises _StockTaken: where stock alone was to do, and does not any more."""
    item, quantity, until = asked.item, asked.quantity, asked.until
    _require_new_inquiry(asked.customer, asked.inquiry, at)
    if needs_making:
        _prepare(by=by, at=at)
    drawn = numbered(Offer, "O")
    reservations = _reserve(item, quantity, drawn["number"], until=until, at=at)
    stock = sum((each.quantity for each in reservations), Decimal(0))
    if not needs_making and item.supply == Item.Supply.MAKE and stock < quantity:
        raise _StockTaken
    wanted, priority = asked.wanted_date, asked.priority
    found = answer(item, quantity, wanted, priority=priority, held_until=until, from_stock=stock, at=at)
    moving = _chosen(found, asked.move_others)
    day = answering.promised_date(found, moving_others=moving is not None)
    offer = Offer.objects.create(
        **drawn,
        item=item,
        quantity=quantity,
        wanted_date=wanted,
        priority=priority,
        customer=asked.customer,
        inquiry=asked.inquiry,
        promised_date=day,
        answer=answering.as_json(found, moving_others=moving is not None),
        binding=(moving.overtaking.feasible.binding if moving else found.binding).text[:300],
        made_at=at,
        expires_at=until,
        by=by,
    )
    OfferedStock.objects.bulk_create(OfferedStock(offer=offer, reservation=each) for each in reservations)
    feasible = moving.overtaking.feasible if moving else found.feasible
    if feasible is not None:
        offer.production_order = _hold_production(
            offer, feasible, moving.overtaking if moving else None, by=by, at=at
        )
        offer.save(update_fields=["production_order"])
    record(OfferMade(offer=offer.pk, by=by.pk))
    return offer


@transaction.atomic
def accept_offer(
    offer: Offer,
    *,
    customer: Customer | None = None,
    customer_reference: str = "",
    unit_price: Decimal | None = None,
    by: User,
    at: datetime,
) -> Offer:
    """Make the order: confirmed, with its line, the date promised, production planned where it was held and the stock that was kept.

    :param customer: who orders; left out: who asked.
    :param customer_reference: the customer's purchase order.
    :raises OfferExpired: after its time, also before anybody has swept it.
    :raises OfferNotOpen: when it was accepted or withdrawn before.
    :raises CustomerMissing: when nobody is named and nobody was when it was made.
    :raises DuplicateReference: when this purchase order was entered before.
    :raises NotHeld: when a planner gave up what was kept.
    :raises ReservationGone: when stock that was kept is lost.
    """
    _require_standing(offer, at)
    buyer = customer or offer.customer
    if buyer is None:
        fault = "Say who orders; nobody was named when the offer was made."
        raise CustomerMissing(fault, errors={"customer": [fault]})
    asked = LineAsked(offer.item, offer.quantity, offer.wanted_date, offer.priority, unit_price)
    order = create_order(buyer, lines=[asked], customer_reference=customer_reference, by=by, at=at)
    order.move_to(CustomOrder.Status.CONFIRMED, confirmed_at=at)
    line = order.lines.select_related("item__site", "order").get()
    _hand_over(offer, line, by=by, at=at)
    promise = Promise.objects.create(
        line=line,
        promised_date=max(offer.promised_date, local_day(offer.item, at)),
        binding=offer.binding[:200],
        made_at=at,
        by=by,
    )
    offer.move_to(Offer.Status.ACCEPTED, line=line, customer=buyer)
    record(
        OrderConfirmed(order=order.pk, by=by.pk),
        LinePromised(line=line.pk, promised_date=promise.promised_date),
        OfferAccepted(offer=offer.pk, line=line.pk, by=by.pk),
    )
    return offer


@transaction.atomic
def withdraw_offer(offer: Offer, reason: str = "", *, by: User, at: datetime) -> Offer:
    """Give up what is kept for an offer: nobody takes it.

    :raises OfferNotOpen: when it was accepted, withdrawn or has expired before.
    """
    _lock(offer)
    if offer.status != Offer.Status.OPEN:
        raise _not_open(offer)
    _end(offer, Offer.Status.WITHDRAWN, reason, at=at)
    return offer


def expire_offers(*, at: datetime) -> int:
    """Give up what is kept for offers whose time is over, each in a transaction of its own; how many. Safe to repeat."""
    count = 0
    for key in list(Offer.objects.run_out(at).order_by("expires_at", "pk").values_list("pk", flat=True)):
        with transaction.atomic():
            offer = Offer.objects.run_out(at).filter(pk=key).select_for_update(skip_locked=True).first()
            if offer is not None:
                _end(offer, Offer.Status.EXPIRED, "Its time is over", at=at)
                count += 1
    return count


def _hold(hours: Decimal | None, *, least: Decimal | int) -> timedelta:
    stated = Decimal(settings.MES["OFFER_HOLD_HOURS"]) if hours is None else hours
    if not least <= stated <= LONGEST_HOLD_HOURS:
        fault = f"An offer is kept for {least} to {LONGEST_HOLD_HOURS} hours, not {stated}."
        raise HoldTooLong(
            fault,
            remedy="To know a date without keeping it, ask without holding."
            if stated < least
            else "Have it kept for less, and ask again before it ends.",
            errors={"hold_hours": [fault]},
        )
    return timedelta(hours=float(stated))


def _prepare(*, by: User, at: datetime) -> None:
    """One's turn to look for room; where nothing was ever planned, the plan comes first."""
    production.begin_holding(at=at)
    if not Schedule.objects.exists():
        planning.reschedule(reason="The first plan, for an offer", by=by, at=at, seconds=0)


def _reserve(
    item: Item, quantity: Decimal, purpose: str, *, until: datetime, at: datetime
) -> list[Reservation]:
    if item.strategy != Item.Strategy.TO_STOCK:
        return []
    return inventory.reserve_item(item, quantity, purpose, expires_at=until, at=at)


def _chosen(found: Answer, move_others: bool) -> IfOthersMove | None:
    if not move_others:
        return None
    if found.if_others_move is None:
        raise NobodyToMove(
            "No other order would have to move."
            if found.is_in_time
            else "It would not be sooner if less important work made way.",
            remedy="Ask without moving others.",
        )
    return found.if_others_move


def _hold_production(
    offer: Offer, found: Feasible, moving: Overtaking | None, *, by: User, at: datetime
) -> ProductionOrder:
    zone = offer.item.site.zone
    due_at = max(datetime.combine(offer.promised_date, END_OF_DAY, zone), found.ends_at)
    held, places = production.hold_production(
        found,
        until=offer.expires_at,
        due_at=due_at,
        priority=offer.priority,
        reason=f"Held for offer {offer}{f' to {offer.customer}' if offer.customer else ''}",
        in_the_way=moving is not None,
        by=by,
        at=at,
    )
    if moving is not None:
        reason, like = f"Others make way for offer {offer}", moving.plan(places)
        planning.reschedule(reason=reason, by=by, at=at, seconds=0, like=like, repair=True)
        last = Slot.objects.published().filter(operation__batch__order=held).order_by("-ends_at").first()
        if last is None or last.ends_at > due_at:
            raise NothingFits(
                f"The plan found no place for {offer} by {offer.promised_date}, even with others moved.",
                remedy="Ask without moving others.",
            )
    return held


def _hand_over(offer: Offer, line: OrderLine, *, by: User, at: datetime) -> None:
    """What was kept for the offer is the line's now."""
    for kept in offer.stock.select_related("reservation__lot__item").order_by("pk"):
        reservation = inventory.keep_reservation(kept.reservation, str(line), at=at)
        Peg.objects.create(line=line, quantity=reservation.quantity, reservation=reservation)
    if offer.production_order is not None:
        made = production.take_up_hold(
            offer.production_order, f"{line} for {line.order.customer}", by=by, at=at
        )
        Peg.objects.create(line=line, quantity=Decimal(offer.answer["to_make"]), production_order=made)
    to_buy = Decimal(offer.answer["to_buy"])
    if to_buy:
        expect_purchase(line, to_buy, by=by, at=at)


def _lock(offer: Offer) -> None:
    offer.refresh_from_db(
        from_queryset=Offer.objects.select_for_update(no_key=True, of=("self",)).select_related(
            "item__site", "customer", "production_order"
        )
    )


def _require_standing(offer: Offer, at: datetime) -> None:
    _lock(offer)
    is_over = offer.status == Offer.Status.OPEN and offer.expires_at <= at
    if is_over or offer.status == Offer.Status.EXPIRED:
        until = offer.expires_at.astimezone(offer.item.site.zone)
        raise OfferExpired(
            f"Offer {offer} stood until {until:%d %b %Y %H:%M %Z}; what it kept may be gone.",
            remedy="Ask again: the same date may still be possible.",
        )
    if offer.status != Offer.Status.OPEN:
        raise _not_open(offer)


def _not_open(offer: Offer) -> OfferNotOpen:
    became = f": it is our order {offer.line.order}" if offer.line is not None else ""
    return OfferNotOpen(
        f"Offer {offer} is {offer.get_status_display().lower()}{became}.",
        remedy="Nothing is left to do." if became else "Ask again.",
    )


def _end(offer: Offer, status: str, reason: str, *, at: datetime) -> None:
    kept = Reservation.objects.open().filter(pk__in=offer.stock.values("reservation"))
    kept.update(status=Reservation.Status.RELEASED)
    if offer.production_order is not None:
        production.release_hold(offer.production_order, reason, at=at)
    offer.move_to(status)
    record(OfferEnded(offer=offer.pk, status=status))


def _require_new_inquiry(customer: Customer | None, inquiry: str, at: datetime) -> None:
    """An offer of the same inquiry that has run out makes way for the new one."""
    if not inquiry:
        return
    for known in Offer.objects.open().filter(customer=customer, inquiry=inquiry):
        if known.is_standing(at):
            raise DuplicateInquiry(
                f"Inquiry {inquiry} has offer {known}: {known.promised_date:%d %b %Y}, kept until {timezone.localtime(known.expires_at):%d %b %Y %H:%M %Z}.",
                remedy="Accept or withdraw that, or leave the inquiry out.",
                errors={"inquiry": [f"It has offer {known}."]},
            )
        _end(known, Offer.Status.EXPIRED, "Its time is over", at=at)
