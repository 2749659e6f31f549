"""What waits at the order desk and in the warehouse: lines that will be late, items that run out."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.urls import reverse

from forecasting.models import Displacement, Replenishment
from mes.console.decisions.decision import Action, Decision, written
from mes.console.levels import LINE
from orders.models import Offer, State

SOON = timedelta(days=14)
DECIDE_AHEAD = timedelta(days=7)
WORTH_TELLING, LIKELY = 0.05, 0.2  # chance that stock runs out
OFFER_COST = 43
LINE_COSTS = {State.LATE: 100, State.AT_RISK: 45, State.HELD: 44, State.READY: 42}


def waiting_lines(lines: Sequence[Any]) -> Iterator[Decision]:
    """Lines that are late, at risk, held or ready and due; a held lot costs least here, because its nonconformance stands in the list too."""
    waiting = [line for line in lines if line.state in LINE_COSTS and not _can_wait(line)]
    for line in sorted(waiting, key=lambda line: -_line_cost(line)):
        order_page = reverse("admin:orders_customorder_change", args=[line.order_id])
        state = State(line.state)
        board = Action("On the board", f"{reverse('console:board')}?find={line.item}")
        cover = Action(
            "Cover what is missing",
            reverse("console:cover", args=[line.pk]),
            posts=True,
            permission="orders.change_orderline",
        )
        yield Decision(
            level=LINE[state],
            status=state.label,
            what=f"{line} {line.item.description} × {written(line.quantity)} for {line.order.customer}",
            why=line.why,
            url=order_page,
            cost=_line_cost(line),
            chain="" if state == State.READY else reverse("console:why-line", args=[line.pk]),
            actions=(
                Action("Ship" if state == State.READY else "Order", order_page, is_main=True),
                *((cover,) if line.uncovered_quantity > 0 else (board,) if state != State.READY else ()),
            ),
        )


def _can_wait(line: Any) -> bool:
    """What is made and not due yet waits in stock, which needs nobody."""
    return bool(line.state == State.READY and line.wanted_date > line.local_today)


def _line_cost(line: Any) -> float:
    """The state counts most, then how long the day is past, then how important the line is."""
    days: int = (line.local_today - line.wanted_date).days
    return LINE_COSTS[State(line.state)] + max(min(days, 20), -20) / int(line.priority)


def stockouts(at: datetime) -> Iterator[Decision]:
    """Items that run out soon, each with its most urgent proposal if that must be decided now."""
    proposals = (
        Replenishment.objects.proposed()
        .filter(stockout_date__lte=at.date() + SOON)
        .select_related("item__site")
        .order_by("stockout_date", "item", "start_date", "pk")
    )
    seen: set[int] = set()
    for each in proposals:
        if each.item_id not in seen:
            seen.add(each.item_id)
            yield _stockout(each, at)


def _stockout(proposal: Replenishment, at: datetime) -> Decision:
    item, item_page = proposal.item, reverse("console:item", args=[proposal.item_id])
    runs_out, today = proposal.stockout_date or proposal.due_date, at.astimezone(item.site.zone).date()
    is_out = runs_out <= today
    firm = Action(
        f"Firm {written(proposal.quantity)} {item.unit} by {proposal.due_date:%d %b}",
        reverse("console:firm", args=[proposal.pk]),
        posts=True,
        is_main=True,
        permission="forecasting.change_replenishment",
    )
    can_wait = proposal.start_date > today + DECIDE_AHEAD
    return Decision(
        level="late" if is_out else "risk",
        status="Out of stock" if is_out else "Stock-out",
        what=f"{item} {item.description} {'is out' if is_out else f'runs out {runs_out:%a %d %b}'}",
        why="What is on its way comes later than that: see what can be hastened."
        if can_wait
        else proposal.why,
        url=item_page,
        cost=50 - (runs_out - today).days,
        actions=(
            *(() if can_wait else (firm,)),
            Action("Look closer", item_page, is_main=can_wait),
        ),
    )


def displaced_stock(at: datetime) -> Iterator[Decision]:
    """Stock batches that a plan moved to a later day, still are planned so, and may come after the stock is gone."""
    rows = Displacement.objects.standing(at).filter(probability__gte=F("probability_before") + WORTH_TELLING)
    seen: set[int] = set()
    for row in rows.select_related("schedule", "batch__order__item").dearest_first():
        item = row.batch.order.item
        if item.pk in seen:  # batches of one item that come later together are one question
            continue
        seen.add(item.pk)
        version = reverse("admin:production_schedule_change", args=[row.schedule_id])
        yield Decision(
            level="late" if row.probability >= LIKELY else "risk",
            status="Displaced",
            what=f"{item} {item.description} × {written(row.batch.quantity)} gave way: {row.schedule.reason}",
            why=row.why,
            url=version,
            cost=40 + 15 * row.probability,
            actions=(
                Action("On the board", f"{reverse('console:board')}?find={row.batch}", is_main=True),
                Action("See what moved", version),
                Action("Item", reverse("console:item", args=[item.pk])),
            ),
        )


def expiring_offers(at: datetime) -> Iterator[Decision]:
    """Offers that end today at their item's site: whoever was to be asked once more is asked now."""
    standing = Offer.objects.standing(at).filter(expires_at__lte=at + timedelta(days=1))
    for offer in standing.select_related("item__site", "customer").order_by("expires_at", "pk"):
        zone = offer.item.site.zone
        ends = offer.expires_at.astimezone(zone)
        if ends.date() > at.astimezone(zone).date():
            continue
        page = f"{reverse('console:promise')}?offer={offer.pk}"
        yield Decision(
            level="held",
            status="Offer ends",
            what=f"{offer} {offer.item.description} × {written(offer.quantity)}{f' for {offer.customer}' if offer.customer else ''}",
            why=f"Promised for {offer.promised_date:%a %d %b} until {ends:%H:%M} today; then what is kept for it is free again.",
            url=page,
            cost=OFFER_COST,
            actions=(
                Action("Make the order", page, is_main=True),
                Action(
                    "Withdraw",
                    reverse("console:promise-withdraw", args=[offer.pk]),
                    posts=True,
                    permission="orders.change_offer",
                ),
            ),
        )
