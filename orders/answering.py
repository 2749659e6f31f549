"""What we say when somebody asks: so much of this, by then, how important; when can we have it?

Stock answers first, for what is made to stock; what is bought waits for its purchases, what is made here for material and machines
(`production.promising`). The answer names the day that can be relied on, what binds it, and, where it matters, what would
be possible if others made way and who would pay. Nothing is written here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from inventory.models import Item
from inventory.quantities import check_quantity, plain
from mes.core.refusals import InvalidInput
from orders.models import CustomOrder, Offer, OrderLine, Peg
from production.bills import free_stock
from production.feasible import Cause, Feasible, Kind, Shortage, binding_of
from production.material import uncommitted
from production.models import Operation, Priority, ProductionOrder
from production.overtaking import Overtaking, overtake
from production.promising import Inquiry
from production.reliability import Margin, margin_for, stated_margin

END_OF_DAY = time(23, 59)
CHAIN_LONGEST = 40

FARTHEST = timedelta(days=10 * 365)


class WantedInThePast(InvalidInput):
    code = "orders.wanted_in_the_past"
    title = "The date has passed"


class WantedTooFarAhead(InvalidInput):
    code = "orders.wanted_too_far_ahead"
    title = "Nobody plans as far ahead as that"


class ItemNotOffered(InvalidInput):
    code = "orders.item_not_offered"
    title = "This item is not sold any more"


@dataclass(frozen=True)
class Payment:
    """An order that would end later if others made way, and whose it is."""

    order: ProductionOrder
    line: OrderLine | None
    was: date
    will_be: date
    delay_hours: float
    becomes_late: bool


@dataclass(frozen=True)
class IfOthersMove:
    """The day that could be kept if less important work made way, and who pays."""

    day: date
    overtaking: Overtaking
    payments: tuple[Payment, ...]


@dataclass(frozen=True)
class Answer:
    """The answer to one question. Days are those of the item's site.

    `day` can be relied on when the order comes by the end of the hold; `day_if_ordered_now` is without waiting for that.
    """

    item: Item
    quantity: Decimal
    wanted_date: date
    priority: int
    at: datetime
    held_until: datetime | None
    from_stock: Decimal
    to_make: Decimal
    to_buy: Decimal
    day: date
    day_if_ordered_now: date
    chain: tuple[Cause, ...]
    margin: Margin
    unplanned: int
    feasible: Feasible | None = None
    shortages: tuple[Shortage, ...] = ()
    if_others_move: IfOthersMove | None = None

    @property
    def promised_date(self) -> date:
        """The day asked for, where it can be kept."""
        return max(self.wanted_date, self.day)

    @property
    def is_in_time(self) -> bool:
        return self.day <= self.wanted_date

    @property
    def binding(self) -> Cause:
        return binding_of(self.chain)

    @property
    def certainty(self) -> str:
        """How sure the day is, in words."""
        if not self.unplanned:
            return self.margin.why
        some = f"{self.unplanned} operation{' is' if self.unplanned == 1 else 's are'} not in the plan yet"
        return f"{self.margin.why} {some}: they may take room that looks free."


def answer(
    item: Item,
    quantity: Decimal,
    wanted_date: date,
    *,
    priority: int = Priority.NORMAL,
    held_until: datetime | None = None,
    from_stock: Decimal | None = None,
    at: datetime,
) -> Answer:
    """Work out the answer.

    :param held_until: the date holds if the order comes by then; None for an order that comes now.
    :param from_stock: what was reserved for the question; None takes what is free.
    :raises InvalidQuantity: when the quantity is none of the item.
    :raises WantedInThePast: for a day that has passed at the item's site.
    :raises WantedTooFarAhead: for a day that no plan will ever reach, most likely a slip in the year.
    :raises ItemNotOffered: when the item is no longer active.
    :raises NoProcessPlan: when it is made and nobody has said how.
    :raises NoMachineForStep: when no active machine may do one of its steps.
    :raises NothingFits: when the calendars end before.
    """
    quantity = check(item, quantity, wanted_date, at=at)
    stock = free_of(item, quantity, at=at) if from_stock is None else from_stock
    rest = quantity - stock
    covered = _from_stock(item, stock, at) if stock else ()
    common: dict[str, Any] = {
        "item": item,
        "quantity": quantity,
        "wanted_date": wanted_date,
        "priority": priority,
        "at": at,
        "held_until": held_until,
        "from_stock": stock,
    }
    if not rest:
        today = local_day(item, at)
        sure = Margin(timedelta(), "It is in stock.", 0)
        return Answer(
            **common,
            to_make=rest,
            to_buy=rest,
            day=today,
            day_if_ordered_now=today,
            chain=covered,
            margin=sure,
            unplanned=0,
        )
    if item.supply == Item.Supply.BUY:
        return _buying(common, rest, at=at, held_until=held_until)
    return _making(common, rest, at=at, held_until=held_until or at)


def as_json(found: Answer, *, moving_others: bool = False) -> dict[str, Any]:
    """An answer as plain values, to be kept and to be read over HTTP.

    :param moving_others: the one for which others make way.
    """
    others = found.if_others_move
    chosen = others.overtaking.feasible if moving_others and others is not None else found.feasible
    chain = chosen.chain if moving_others and chosen is not None else found.chain
    binding = binding_of(chain)
    return {
        "day": str(others.day if moving_others and others is not None else found.day),
        "day_if_ordered_now": str(found.day_if_ordered_now),
        "promised_date": str(promised_date(found, moving_others=moving_others)),
        "is_in_time": promised_date(found, moving_others=moving_others) <= found.wanted_date,
        "binding": binding.text,
        "binding_kind": str(binding.kind),
        "chain": [
            {
                "kind": str(cause.kind),
                "text": cause.text,
                "starts_at": cause.starts_at.isoformat(),
                "ends_at": cause.ends_at.isoformat(),
            }
            for cause in chain
        ],
        "certainty": found.certainty,
        "margin_hours": round(found.margin.extra.total_seconds() / 3600, 1),
        "from_stock": str(found.from_stock),
        "to_make": str(found.to_make),
        "to_buy": str(found.to_buy),
        "shortages": [
            {
                "item": row.item.pk,
                "item_number": str(row.item),
                "quantity": str(row.quantity),
                "expected_at": row.expected_at.isoformat(),
            }
            for row in found.shortages
        ],
        "moves_others": moving_others,
        "if_others_move": None if others is None else _others_as_json(others),
    }


def promised_date(found: Answer, *, moving_others: bool = False) -> date:
    """The day asked for where it can be kept, else the first that can."""
    others = found.if_others_move
    return max(found.wanted_date, others.day) if moving_others and others else found.promised_date


def _others_as_json(others: IfOthersMove) -> dict[str, Any]:
    return {
        "day": str(others.day),
        "operations": others.overtaking.operations,
        "orders": [
            {
                "production_order": row.order.pk,
                "number": row.order.number,
                "item_number": str(row.order.item),
                "priority": row.order.priority,
                "order": str(row.line) if row.line is not None else None,
                "customer": str(row.line.order.customer) if row.line is not None else None,
                "was": str(row.was),
                "will_be": str(row.will_be),
                "delay_hours": row.delay_hours,
                "becomes_late": row.becomes_late,
            }
            for row in others.payments
        ],
    }


def check(item: Item, quantity: Decimal, wanted_date: date, *, at: datetime) -> Decimal:
    """The quantity, if the question makes sense; refusals as for `answer`."""
    quantity = check_quantity(item, quantity)
    if not item.is_active:
        raise ItemNotOffered.at_field(
            "item", f"{item} is not active any more.", remedy="Ask for what replaces it."
        )
    today = local_day(item, at)
    if wanted_date < today:
        fault = f"It has passed; today is {today}."
        raise WantedInThePast(
            f"{wanted_date} has passed; today is {today}.",
            remedy="Ask for today or later.",
            errors={"wanted_date": [fault]},
        )
    if wanted_date - today > FARTHEST:
        raise WantedTooFarAhead.at_field(
            "wanted_date",
            f"{wanted_date} is more than {FARTHEST.days // 365} years ahead.",
            remedy="See to the year.",
        )
    return quantity


def free_of(item: Item, quantity: Decimal, *, at: datetime) -> Decimal:
    """How much of a quantity free stock covers; what is made to order is never taken from stock."""
    if item.strategy != Item.Strategy.TO_STOCK:
        return Decimal(0)
    return min(free_stock([item.pk], local_day(item, at), at=at).get(item.pk, Decimal(0)), quantity)


def local_day(item: Item, moment: datetime) -> date:
    """The day that it is at the item's plant."""
    return moment.astimezone(item.site.zone).date()


def _from_stock(item: Item, quantity: Decimal, at: datetime) -> tuple[Cause, ...]:
    return (Cause(Kind.STOCK, f"The stock covers {plain(quantity)} {item.unit}", at, at),)


def _making(common: dict[str, Any], rest: Decimal, *, at: datetime, held_until: datetime) -> Answer:
    item: Item = common["item"]
    inquiry = Inquiry(item, rest, at=at)
    found = inquiry.earliest(held_until)
    now = inquiry.earliest(at) if held_until > at else found
    margin = margin_for(found, at=at)
    covered = _from_stock(item, common["from_stock"], at) if common["from_stock"] else ()
    known = Answer(
        **common,
        to_make=rest,
        to_buy=Decimal(0),
        day=local_day(item, found.ends_at + margin.extra),
        day_if_ordered_now=local_day(item, now.ends_at + margin.extra),
        chain=(*covered, *found.chain)[-CHAIN_LONGEST:],
        margin=margin,
        unplanned=Operation.objects.without_place().count(),
        feasible=found,
        shortages=found.shortages,
    )
    if known.is_in_time:
        return known
    wanted_at = datetime.combine(known.wanted_date, END_OF_DAY, item.site.zone) - margin.extra
    others = overtake(inquiry, found, priority=common["priority"], start_at=held_until, wanted_at=wanted_at)
    if others is None:
        return known
    day = local_day(item, others.feasible.ends_at + margin.extra)
    if day >= known.day:
        return known
    return replace(known, if_others_move=IfOthersMove(day, others, _payments(others)))


def _payments(others: Overtaking) -> tuple[Payment, ...]:
    orders = [payer.order.pk for payer in others.payers]
    pegs = Peg.objects.filter(production_order__in=orders, line__order__status=CustomOrder.Status.CONFIRMED)
    lines = {
        peg.production_order_id: peg.line
        for peg in pegs.select_related("line__order__customer").order_by("-pk")
    }
    return tuple(
        Payment(
            payer.order,
            lines.get(payer.order.pk),
            local_day(payer.order.item, payer.was),
            local_day(payer.order.item, payer.will_be),
            round(payer.delay.total_seconds() / 3600, 1),
            payer.becomes_late,
        )
        for payer in others.payers
    )


def _buying(common: dict[str, Any], rest: Decimal, *, at: datetime, held_until: datetime | None) -> Answer:
    """Of open purchases, first come, what neither lines nor other offers wait for; then a purchase of one lead time."""
    item: Item = common["item"]
    spoken_for = _spoken_for(item, at)
    missing = rest
    causes: list[Cause] = []
    for supply in uncommitted({item.pk: item}, at=at)[item.pk]:
        if supply.at <= at:
            continue
        taken = min(supply.quantity, spoken_for)
        spoken_for -= taken
        taken = min(supply.quantity - taken, missing)
        if taken:
            missing -= taken
            source = f"purchase {supply.number}" if supply.number else "what is in quarantine"
            told = f"{plain(taken)} {item.unit} come with {source} on {local_day(item, supply.at):%a %d %b}"
            causes.append(Cause(Kind.MATERIAL, told, at, supply.at))
    arrives = max((cause.ends_at for cause in causes), default=at)
    now = arrives
    shortages: tuple[Shortage, ...] = ()
    if missing:
        lead = timedelta(days=item.lead_time_days)
        arrives, now = max(arrives, (held_until or at) + lead), max(now, at + lead)
        told = (
            f"{plain(missing)} {item.unit} nobody has ordered: {item.lead_time_days} days' lead time, "
            f"there on {local_day(item, arrives):%a %d %b}"
        )
        causes.append(Cause(Kind.MATERIAL, told, held_until or at, arrives))
        shortages = (Shortage(item, missing, arrives),)
    margin = stated_margin(0)
    covered = _from_stock(item, common["from_stock"], at) if common["from_stock"] else ()
    return Answer(
        **common,
        to_make=Decimal(0),
        to_buy=rest,
        day=local_day(item, arrives + margin.extra),
        day_if_ordered_now=local_day(item, now + margin.extra),
        chain=(*covered, *causes),
        margin=margin,
        unplanned=0,
        shortages=shortages,
    )


def _spoken_for(item: Item, at: datetime) -> Decimal:
    """What lines lack of a bought item, and what other offers count on beyond stock."""
    waiting = OrderLine.objects.open().filter(item=item).with_progress(at)
    lacking: Sequence[Decimal] = list(waiting.values_list("uncovered_quantity", flat=True))
    offers = Offer.objects.standing(at).filter(item=item)
    offered = [Decimal(answer.get("to_buy", "0")) for answer in offers.values_list("answer", flat=True)]
    return sum((*lacking, *offered), Decimal(0))
