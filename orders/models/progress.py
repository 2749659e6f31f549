"""Where every order line stands, worked out in one query from what happened and from the published schedule.

A line is covered by what was shipped, what is reserved for it, what comes out of the batches pegged to it and what of these waits for a
verdict; the rest is uncovered. It is wanted on the day last promised, else on the day asked for. It is projected for
the latest end of the published slots it waits for; on the site's own calendar.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from inventory.models import ExpectedReceipt, Lot, Reservation
from orders.models.fulfilment import Peg, Promise, ShipmentLine
from production.models import Batch, Operation, Slot

QUANTITY: models.DecimalField[Any, Any] = models.DecimalField(max_digits=18, decimal_places=4)
NOTHING = Value(Decimal(0), output_field=QUANTITY)
UNDER_WAY = (Batch.Status.PLANNED, Batch.Status.RELEASED, Batch.Status.RUNNING)
UNFINISHED = (Operation.Status.WAITING, Operation.Status.RUNNING, Operation.Status.PAUSED)
UNJUDGED = (Lot.Status.IN_PROCESS, Lot.Status.QUARANTINE, Lot.Status.HELD)


class State(models.TextChoices):
    """What a line's position amounts to, most in need of a person first."""

    HELD = "held", "Held"
    LATE = "late", "Late"
    AT_RISK = "at_risk", "At risk"
    READY = "ready", "Ready to ship"
    ON_TIME = "on_time", "On time"
    DRAFT = "draft", "Draft"
    SHIPPED = "shipped", "Shipped"
    CANCELLED = "cancelled", "Cancelled"


URGENCY = {state: rank for rank, state in enumerate(State)}


class LocalDate(models.Func):
    """The calendar day of a moment in a named time zone."""

    template = "(%(expressions)s)::date"
    arg_joiner = " AT TIME ZONE "
    output_field = models.DateField()


class OrderLineQuerySet(models.QuerySet["OrderLine"]):  # type: ignore[name-defined]
    def open(self) -> Self:
        """Lines of confirmed orders; some of them may be shipped already."""
        return self.filter(order__status="confirmed")

    def with_progress(self, at: datetime | None = None) -> Self:
        """Adds where each line stands at `at` (now, unless said), in the same query:

        `shipped_quantity`, `ready_quantity` (reserved and usable), `reserved_quantity`, `made_quantity`, `coming_quantity` (of batches
        under way), `unjudged_quantity` (made, waiting for a verdict), `uncovered_quantity` (of these none): in the item's unit;
        `promised_date`, `wanted_date`, `projected_at`, `projected_date` (None where nobody can say), `local_today`: dates of the site;
        `next_step`, `is_step_running`, `blocked_step`, `is_unscheduled`, `is_held`, `held_lot`: what it waits for;
        `state`: one of `State`. `line.why` says it in a sentence.
        """
        moment = at or timezone.now()
        zone = F("item__site__time_zone")
        today = LocalDate(Value(moment, output_field=models.DateTimeField()), zone)
        return (
            self.annotate(local_today=today, promised_date=_latest_promise())
            .annotate(wanted_date=Coalesce("promised_date", "due_date"))
            .annotate(**_quantities(), **_position())
            .annotate(
                uncovered_quantity=Greatest(
                    F("quantity")
                    - F("shipped_quantity")
                    - F("reserved_quantity")
                    - F("coming_quantity")
                    - F("unjudged_quantity"),
                    NOTHING,
                ),
                projected_at=_last_slot_end(),
                expected_date=_next_receipt(),
            )
            .annotate(projected_date=_projected_date(zone))
            .annotate(state=_state())
        )

    def in_state(self, *states: str) -> Self:
        """Of lines with progress, those in one of `states`."""
        return self.filter(state__in=states)

    def most_urgent_first(self) -> Self:
        """Of lines with progress: held and late ones first, then by the day they are wanted."""
        rank = Case(*[When(state=state, then=Value(rank)) for state, rank in URGENCY.items()])
        return self.order_by(rank, "wanted_date", "priority", "pk")


class CustomOrderQuerySet(models.QuerySet["CustomOrder"]):  # type: ignore[name-defined]
    def open(self) -> Self:
        return self.filter(status__in=["draft", "confirmed"])

    def with_state(self, lines: OrderLineQuerySet, at: datetime | None = None) -> Self:
        """Adds `state`, that of the line most in need of a person, `wanted_date`, the next day one of its lines is wanted, and `line_count`.

        :param lines: `OrderLine.objects.all()`.
        """
        own = lines.filter(order=OuterRef("pk")).with_progress(at)
        unshipped = own.exclude(state__in=[State.SHIPPED, State.CANCELLED]).order_by("wanted_date")
        return self.annotate(
            state=Coalesce(
                Subquery(own.most_urgent_first().values("state")[:1]),
                F("status"),
                output_field=models.CharField(),
            ),
            wanted_date=Subquery(unshipped.values("wanted_date")[:1]),
            line_count=models.Count("lines"),
        )


class RequirementQuerySet(models.QuerySet["Requirement"]):  # type: ignore[name-defined]
    def in_order(self) -> Self:
        return self.order_by("line__number", "pk")


def _latest_promise() -> Subquery:
    promises = Promise.objects.filter(line=OuterRef("pk")).order_by("-made_at", "-pk")
    return Subquery(promises.values("promised_date")[:1])


def _quantities() -> dict[str, Any]:
    stock = Peg.objects.filter(line=OuterRef("pk"), reservation__status=Reservation.Status.OPEN)
    batches = Peg.objects.filter(line=OuterRef("pk"), production_order__batches__isnull=False)
    return {
        "shipped_quantity": _total(ShipmentLine.objects.standing().filter(line=OuterRef("pk")), "quantity"),
        "reserved_quantity": _total(stock, "reservation__quantity"),
        "ready_quantity": _total(stock.filter(_is_usable()), "reservation__quantity"),
        "made_quantity": _total(batches, "production_order__batches__good_quantity"),
        "coming_quantity": _total(
            batches.filter(production_order__batches__status__in=UNDER_WAY),
            "production_order__batches__quantity",
        ),
        "unjudged_quantity": _total(
            batches.filter(
                production_order__batches__status=Batch.Status.DONE,
                production_order__batches__lot__status__in=UNJUDGED,
                production_order__batches__lot__balances__is_real=True,
            ),
            "production_order__batches__lot__balances__quantity",
        ),
    }


def _position() -> dict[str, Any]:
    held = Peg.objects.filter(line=OuterRef("pk")).filter(
        Q(production_order__batches__lot__status=Lot.Status.HELD)
        | Q(reservation__status=Reservation.Status.OPEN, reservation__lot__status=Lot.Status.HELD)
    )
    lot_number = Coalesce("reservation__lot__number", "production_order__batches__lot__number")
    kept = Peg.objects.filter(line=OuterRef("pk"), reservation__status=Reservation.Status.OPEN)
    steps = Operation.objects.filter(_is_pegged(), status__in=UNFINISHED).order_by("sequence", "pk")
    blocked = Operation.objects.blocked().filter(_is_pegged()).order_by("sequence", "pk")
    slots = Slot.objects.published().filter(operation=OuterRef("pk"))
    return {
        "held_lot": Subquery(held.order_by("pk").values(number=lot_number)[:1]),
        "is_held": Exists(held) | Exists(kept.exclude(_is_usable())),
        "next_step": Subquery(steps.values("step__name")[:1]),
        "is_step_running": Exists(steps.filter(status=Operation.Status.RUNNING)),
        "blocked_step": Subquery(blocked.values("step__name")[:1]),
        "is_unscheduled": Exists(steps.filter(~Exists(slots), status=Operation.Status.WAITING)),
    }


def _is_pegged() -> Q:
    """Of operations inside a query of lines: those of the production orders pegged to the line."""
    pegs = Peg.objects.of_production().filter(line=OuterRef(OuterRef("pk")))
    return Q(batch__order__in=pegs.values("production_order"))


def _is_usable() -> Q:
    """Of pegs inside a query of lines: the reserved lot may be shipped today."""
    fresh = Q(reservation__lot__expires_on__isnull=True) | Q(
        reservation__lot__expires_on__gte=OuterRef("local_today")
    )
    return Q(reservation__lot__status=Lot.Status.RELEASED) & fresh


def _total(rows: QuerySet[Any], field: str) -> Coalesce:
    """The sum of `field` over rows that name their line."""
    summed = rows.order_by().values("line").annotate(total=Sum(field)).values("total")
    return Coalesce(Subquery(summed), NOTHING, output_field=QUANTITY)


def _last_slot_end() -> Subquery:
    slots = Slot.objects.published().filter(
        operation__batch__order__in=Peg.objects.of_production()
        .filter(line=OuterRef(OuterRef("pk")))
        .values("production_order"),
        operation__status__in=UNFINISHED,
    )
    return Subquery(slots.order_by("-ends_at").values("ends_at")[:1])


def _next_receipt() -> Subquery:
    """When the next open purchase of the item is due."""
    receipts = ExpectedReceipt.objects.open().filter(item=OuterRef("item")).order_by("due_date", "pk")
    return Subquery(receipts.values("due_date")[:1])


def _projected_date(zone: F) -> Case:
    """The last of what the line waits for, and never before today; None where something it needs is planned nowhere."""
    no_date = Value(None, output_field=models.DateField())
    return Case(
        When(shipped_quantity__gte=F("quantity"), then=no_date),
        When(uncovered_quantity__gt=0, expected_date__isnull=True, then=no_date),
        default=Greatest(
            F("local_today"),
            LocalDate(F("projected_at"), zone),
            Case(When(is_unscheduled=True, then=F("promised_date")), default=no_date),
            Case(When(uncovered_quantity__gt=0, then=F("expected_date")), default=no_date),
        ),
        output_field=models.DateField(),
    )


def _state() -> Case:
    """`State` of a line, first rule that holds; a slot that ends on the very day it is wanted leaves no room for trouble."""
    left = F("quantity") - F("shipped_quantity")
    tight = Q(projected_at__isnull=False) & Q(projected_date__gte=F("wanted_date"))
    return Case(
        When(order__status="draft", then=Value(State.DRAFT)),
        When(order__status="cancelled", then=Value(State.CANCELLED)),
        When(shipped_quantity__gte=F("quantity"), then=Value(State.SHIPPED)),
        When(is_held=True, then=Value(State.HELD)),
        When(
            Q(local_today__gt=F("wanted_date")) | Q(projected_date__gt=F("wanted_date")),
            then=Value(State.LATE),
        ),
        When(ready_quantity__gte=left, then=Value(State.READY)),
        When(
            Q(projected_date__isnull=True) | Q(blocked_step__isnull=False) | tight, then=Value(State.AT_RISK)
        ),
        default=Value(State.ON_TIME),
        output_field=models.CharField(max_length=9),
    )
