"""Where every order line stands, worked out in one query from what happened and from the published schedule.

A line is covered by what was shipped, what is reserved for it, what comes out of the batches pegged to it and what of these waits for a
verdict; the rest is uncovered. It is wanted on the day last promised, else on the day asked for. It is projected for
the latest end of the published slots it waits for; on the site's own calendar.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils import timezone

from inventory.models.days import LocalDate, day_at
from orders.models.fulfilment import Peg
from orders.models.position import QUANTITY
from production.models import Operation, Schedule

# What the view says as it stands.
SUMMED_UP = (
    "shipped_quantity",
    "reserved_quantity",
    "made_quantity",
    "coming_quantity",
    "unjudged_quantity",
    "held_lot",
    "next_step",
    "is_step_running",
    "is_unscheduled",
    "projected_at",
    "promised_date",
    "expected_date",
)
JSON: models.JSONField[Any, Any] = models.JSONField()
NOTHING = Value(Decimal(0), output_field=QUANTITY)
ZONE = "item__site__time_zone"


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


class StillUsable(models.Func):
    """Of what is reserved in released lots (quantities, their expiry), what has not expired by a day."""

    output_field = QUANTITY

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        parts = [compiler.compile(expression) for expression in self.get_source_expressions()]
        quantities, until, day = (sql for sql, _ in parts)
        sql = f"(SELECT coalesce(sum(kept.quantity), 0) FROM unnest({quantities}, {until}) AS kept (quantity, until) WHERE kept.until >= {day})"  # noqa: S608 - compiled expressions
        return sql, tuple(each for _, params in parts for each in params)


class NamesOrder(models.Func):
    """Whether a plan's `unplanned` rows name an order, by its number."""

    template = "(%(expressions)s)"
    arg_joiner = " @> "
    output_field = models.BooleanField()

    def __init__(self, unplanned: Any, number: F) -> None:
        row = models.Func(Value("order"), number, function="jsonb_build_object", output_field=JSON)
        super().__init__(unplanned, models.Func(row, function="jsonb_build_array", output_field=JSON))


class OrderLineQuerySet(models.QuerySet["OrderLine"]):  # type: ignore[name-defined]
    def open(self) -> Self:
        """Lines of confirmed orders; some of them may be shipped already."""
        return self.filter(order__status="confirmed")

    def with_cover(self) -> Self:
        """Adds what each line is covered by so far, in the same query, of what `with_progress` says: quantities but `ready_quantity`,
        `promised_date`, `wanted_date`, and what the view sums up.
        """
        return self.annotate(**{name: F(f"position__{name}") for name in SUMMED_UP}).annotate(
            wanted_date=Coalesce("promised_date", "due_date"), uncovered_quantity=_uncovered()
        )

    def with_progress(self, at: datetime | None = None) -> Self:
        """Adds where each line stands at `at` (now, unless said), in the same query:

        `shipped_quantity`, `ready_quantity` (reserved and usable), `reserved_quantity`, `made_quantity`, `coming_quantity` (of batches
        under way), `unjudged_quantity` (made, waiting for a verdict), `uncovered_quantity` (of these none): in the item's unit;
        `promised_date`, `wanted_date`, `projected_at`, `projected_date` (None where nobody can say), `local_today`: dates of the site;
        `next_step`, `is_step_running`, `blocked_step`, `is_unscheduled`, `has_no_place` (the plan could not take it), `is_held`, `held_lot`:
        what it waits for;
        `state`: one of `State`. `line.why` says it in a sentence.
        """
        today = day_at(at or timezone.now(), ZONE)
        return (
            self.with_cover()
            .annotate(local_today=today)
            .annotate(
                ready_quantity=StillUsable(
                    F("position__released_quantities"), F("position__released_until"), F("local_today")
                ),
                blocked_step=_blocked_step(),
                has_no_place=_has_no_place(),
            )
            .annotate(
                is_held=models.ExpressionWrapper(
                    Q(held_lot__isnull=False) | Q(reserved_quantity__gt=F("ready_quantity")),
                    output_field=models.BooleanField(),
                ),
                projected_date=_projected_date(F(ZONE)),
            )
            .annotate(state=_state())
        )

    def most_urgent_first(self) -> Self:
        """Of lines with progress: held and late ones first, then by the day they are wanted."""
        # A `Case` would repeat all that works out a state for each of them.
        states = Cast(Value(State.values), ArrayField(models.TextField()))
        rank = models.Func(
            states,
            Cast("state", models.TextField()),
            function="array_position",
            output_field=models.IntegerField(),
        )
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

    def in_force(self) -> Self:
        """What is asked now: stated with the order or by an approved amendment, and ended by none."""
        return self.filter(Q(stated_in__isnull=True) | Q(stated_in__status="approved")).filter(
            Q(ended_in__isnull=True) | ~Q(ended_in__status="approved")
        )

    def proposed_in(self, amendment: models.Model) -> Self:
        """What would be asked once this amendment is approved."""
        return self.filter(
            Q(stated_in__isnull=True) | Q(stated_in__status="approved") | Q(stated_in=amendment)
        ).filter(Q(ended_in__isnull=True) | ~Q(ended_in__status="approved") & ~Q(ended_in=amendment))


def _uncovered() -> Greatest:
    """What nobody shipped, keeps or makes for the line."""
    covered = F("shipped_quantity") + F("reserved_quantity") + F("coming_quantity") + F("unjudged_quantity")
    return Greatest(F("quantity") - covered, NOTHING)


def _blocked_step() -> Subquery:
    """The first step that only a verdict keeps from starting."""
    pegs = Peg.objects.of_production().filter(line=OuterRef(OuterRef("pk")))
    blocked = Operation.objects.blocked().filter(batch__order__in=pegs.values("production_order"))
    return Subquery(blocked.order_by("sequence", "pk").values("step__name")[:1])


def _has_no_place() -> Case:
    """Whether something made for it was left out of the plan in force; what was ordered since that plan waits for the next."""
    latest = Schedule.objects.order_by("-version").values("unplanned")[:1]
    pegs = Peg.objects.standing().of_production().filter(line=OuterRef("pk"))
    named = pegs.filter(NamesOrder(Subquery(latest), F("production_order__number")))
    return Case(
        When(is_unscheduled=True, then=Exists(named)),
        default=Value(False),
        output_field=models.BooleanField(),
    )


def _projected_date(zone: F) -> Case:
    """The last of what the line waits for, and never before today; None where something it needs is planned nowhere."""
    no_date = Value(None, output_field=models.DateField())
    return Case(
        When(shipped_quantity__gte=F("quantity"), then=no_date),
        When(uncovered_quantity__gt=0, expected_date__isnull=True, then=no_date),
        When(has_no_place=True, then=no_date),
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
