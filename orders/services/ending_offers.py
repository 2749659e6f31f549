"""What becomes of an offer: it is taken and becomes an order, withdrawn, or runs out. What was kept for it is its line's, or given up."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Reservation
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from orders.answering import local_day
from orders.facts import LinePromised, OfferAccepted, OfferEnded, OrderConfirmed
from orders.models import Customer, CustomOrder, Offer, OrderLine, Peg, Promise
from orders.services.cover import expect_purchase
from orders.services.entry import LineAsked, create_order
from production import services as production


class OfferExpired(DomainError):
    code = "orders.offer_expired"
    title = "The offer has expired"


class OfferNotOpen(DomainError):
    code = "orders.offer_not_open"
    title = "The offer is no longer open"


class CustomerMissing(InvalidInput):
    code = "orders.customer_missing"
    title = "Nobody is named who orders"


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
        raise CustomerMissing.at_field(
            "customer", "Say who orders; nobody was named when the offer was made."
        )
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
    end_offer(offer, Offer.Status.WITHDRAWN, reason, at=at)
    return offer


def expire_offers(*, at: datetime) -> int:
    """Give up what is kept for offers whose time is over, each in a transaction of its own; how many. Safe to repeat."""
    count = 0
    for key in list(Offer.objects.run_out(at).order_by("expires_at", "pk").values_list("pk", flat=True)):
        with transaction.atomic():
            offer = Offer.objects.run_out(at).filter(pk=key).select_for_update(skip_locked=True).first()
            if offer is not None:
                end_offer(offer, Offer.Status.EXPIRED, "Its time is over", at=at)
                count += 1
    return count


def end_offer(offer: Offer, status: str, reason: str, *, at: datetime) -> None:
    """Give up what is kept for it."""
    kept = Reservation.objects.open().filter(pk__in=offer.stock.values("reservation"))
    kept.update(status=Reservation.Status.RELEASED)
    if offer.production_order is not None:
        production.release_hold(offer.production_order, reason, at=at)
    offer.move_to(status)
    record(OfferEnded(offer=offer.pk, status=status))


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
