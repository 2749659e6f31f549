"""Offers: a date for somebody who asks, kept until they decide.

Who asks first holds first: stock is reserved and capacity held in the transaction in which the answer is worked out, one question at
a time, so that what one was offered nobody else is. An offer that has expired binds nobody, swept or not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Item, Reservation
from inventory.numbering import numbered
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from orders import answering
from orders.answering import END_OF_DAY, Answer, IfOthersMove, answer, free_of
from orders.facts import OfferMade
from orders.models import Customer, Offer, OfferedStock
from orders.services.ending_offers import end_offer
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
    except IntegrityError:  # who asks twice at the same moment is told what who asks later is
        _refuse_known(_offers_of(asked.customer, asked.inquiry), asked.inquiry, at)
        raise


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


def _require_new_inquiry(customer: Customer | None, inquiry: str, at: datetime) -> None:
    """An offer of the same inquiry that has run out makes way for the new one."""
    known = _offers_of(customer, inquiry)
    _refuse_known(known, inquiry, at)
    for offer in known:
        end_offer(offer, Offer.Status.EXPIRED, "Its time is over", at=at)


def _offers_of(customer: Customer | None, inquiry: str) -> list[Offer]:
    """Open ones; none where no inquiry is named."""
    return list(Offer.objects.open().filter(customer=customer, inquiry=inquiry)) if inquiry else []


def _refuse_known(offers: Iterable[Offer], inquiry: str, at: datetime) -> None:
    """:raises DuplicateInquiry: naming the one that stands."""
    for known in offers:
        if known.is_standing(at):
            raise DuplicateInquiry(
                f"Inquiry {inquiry} has offer {known}: {known.promised_date:%d %b %Y}, kept until {timezone.localtime(known.expires_at):%d %b %Y %H:%M %Z}.",
                remedy="Accept or withdraw that, or leave the inquiry out.",
                errors={"inquiry": [f"It has offer {known}."]},
            )
