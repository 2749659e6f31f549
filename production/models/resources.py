"""Work centers, their machines, and when they work."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar, Self

import pghistory
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from inventory.models import Item, Site, Supplier

DAY = timedelta(days=1)
A_SHARE = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))]


class WorkCenterQuerySet(models.QuerySet["WorkCenter"]):
    def with_hours(self) -> Self:
        """Adds `never_closes`: whether it works around the clock because nobody stated its hours, or is a supplier's."""
        shifts = Shift.objects.filter(work_center=OuterRef("pk"))
        exceptions = CalendarException.objects.filter(work_center=OuterRef("pk"))
        return self.annotate(
            never_closes=Q(kind=WorkCenter.Kind.OUTSIDE) | ~(Exists(shifts) | Exists(exceptions))
        )


@pghistory.track()
class WorkCenter(models.Model):
    """A group of machines that can stand in for one another, or a supplier who does a step for us."""

    class Clearance(models.TextChoices):
        PRODUCT = "product", "Another item"
        BATCH = "batch", "Every batch"

    class Kind(models.TextChoices):
        INTERNAL = "internal", "Our machines"
        OUTSIDE = "outside", "Outside processing"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=30)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.INTERNAL)
    is_unlimited = models.BooleanField(
        default=False,
        help_text="Takes any number of operations at once: outside processing, incubation, curing",
    )
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    hourly_cost = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    is_limited_by_people = models.BooleanField(
        default=False,
        help_text="No more at once than operators of the site hold the qualification that the step asks for",
    )
    order_share = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=0,
        validators=A_SHARE,
        help_text="Share of the machines' time kept for what is made to order, e.g. 0.6",
    )
    stock_share = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=0,
        validators=A_SHARE,
        help_text="Share of the machines' time kept for what is made to stock; the rest is open to both",
    )

    clearance = models.CharField(
        "clearance before",
        max_length=7,
        choices=Clearance,
        blank=True,
        help_text="Empty: only as its changeovers say",
    )
    clearance_name = models.CharField(
        max_length=80, blank=True, help_text="What is to be done then; empty: line clearance"
    )
    clearance_is_checked = models.BooleanField(
        default=False, help_text="A second person finds it clean before work starts"
    )

    objects: ClassVar = WorkCenterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="one_work_center_per_site_and_code"),
            models.CheckConstraint(
                condition=Q(kind="internal") | Q(is_unlimited=True),
                name="outside_capacity_is_not_ours_to_limit",
            ),
            models.CheckConstraint(
                condition=Q(order_share__gte=0, stock_share__gte=0, order_share__lte=1 - F("stock_share")),
                name="reserved_shares_make_no_more_than_the_whole",
                violation_error_message="The two reserved shares make more than 1 together.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reserved_shares(self) -> dict[str, Decimal]:
        """The shares of its machines' time that are kept, by strategy; empty where all is open."""
        shares = {Item.Strategy.TO_ORDER: self.order_share, Item.Strategy.TO_STOCK: self.stock_share}
        return {str(strategy): share for strategy, share in shares.items() if share}

    def clean(self) -> None:
        """:raises ValidationError: naming the field."""
        if self.order_share is None or self.stock_share is None:
            return
        if self.order_share + self.stock_share > 1:
            left = 1 - self.order_share
            raise ValidationError(
                {
                    "stock_share": f"With {self.order_share:f} kept to order, no more than {left:f} is left to keep."
                }
            )
        if self.is_unlimited and self.reserved_shares:
            raise ValidationError(
                {
                    "is_unlimited": "Where any number fits, nothing need be reserved. Clear the reserved shares."
                }
            )


class MachineQuerySet(models.QuerySet["Machine"]):
    def working(self) -> Self:
        return self.filter(is_active=True)

    def down(self, at: datetime) -> Self:
        """Machines with a downtime that covers that moment."""
        return self.filter(
            pk__in=Downtime.objects.filter(
                Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at
            ).values("machine")
        )


@pghistory.track()
class Machine(models.Model):
    """One machine, line, vessel or bench."""

    work_center = models.ForeignKey(WorkCenter, on_delete=models.PROTECT, related_name="machines")
    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    speed = models.DecimalField(
        max_digits=6, decimal_places=3, default=1, help_text="1 = the step's standard time; 2 = twice as fast"
    )
    batch_limit = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="Largest batch it holds, in the item's unit",
    )
    is_active = models.BooleanField(default=True)

    objects: ClassVar = MachineQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(speed__gt=0), name="machine_speed_is_positive")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """:raises ValidationError: for a machine that never gets anything done, or holds nothing."""
        remedies = {
            "speed": "Give a number above zero.",
            "batch_limit": "Give a number above zero, or leave it empty where there is no limit.",
        }
        stated = {name: getattr(self, name) for name in remedies}
        faults = {name: remedies[name] for name, value in stated.items() if value is not None and value <= 0}
        if faults:
            raise ValidationError(faults)


@pghistory.track()
class Shift(models.Model):
    """Working time of a work center on one weekday, with at most one break, in the site's time zone."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    work_center = models.ForeignKey(WorkCenter, on_delete=models.CASCADE, related_name="shifts")
    weekday = models.SmallIntegerField(choices=Weekday)
    starts = models.TimeField()
    ends = models.TimeField(help_text="At or before the start means on the next day")
    break_starts = models.TimeField(null=True, blank=True)
    break_ends = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["work_center", "weekday", "starts"],
                name="one_shift_per_work_center_weekday_and_start",
            ),
            models.CheckConstraint(
                condition=Q(break_starts__isnull=True, break_ends__isnull=True)
                | Q(break_starts__isnull=False, break_ends__isnull=False),
                name="a_break_has_a_start_and_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work_center} {self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"

    def clean(self) -> None:
        """:raises ValidationError: for half a break, and one that is not in the shift or leaves nothing of it."""
        _require_both(self, "break_starts", "break_ends", "A break has a start and an end")
        if self.break_starts is None or self.break_ends is None or None in (self.starts, self.ends):
            return
        length = _after(self.starts, self.ends) or DAY
        begins, ends = _after(self.starts, self.break_starts), _after(self.starts, self.break_ends) or DAY
        hours = f"{self.starts:%H:%M}–{self.ends:%H:%M}"
        if not begins < ends <= length:
            raise ValidationError(
                {"break_starts": f"The break is not within the shift, {hours}. Move it there."}
            )
        if (begins, ends) == (timedelta(), length):
            raise ValidationError(
                {
                    "break_starts": f"The break takes the whole shift, {hours}. Leave some of it; to close a day, state an exception."
                }
            )


def _require_both(row: models.Model, first: str, second: str, told: str) -> None:
    """:raises ValidationError: naming the one of two fields that is missing while the other is there."""
    missing = [name for name in (first, second) if getattr(row, name) is None]
    if len(missing) == 1:
        raise ValidationError({missing[0]: f"{told}. Give both, or neither."})


def _after(start: time, moment: time) -> timedelta:
    """How long after the start of a shift, under a day: what is earlier by the clock is on the next day."""
    day = date(2024, 1, 1)  # any
    return (datetime.combine(day, moment) - datetime.combine(day, start)) % DAY


@pghistory.track()
class CalendarException(models.Model):
    """A day on which a work center is closed, or works other hours."""

    work_center = models.ForeignKey(WorkCenter, on_delete=models.CASCADE, related_name="exceptions")
    date = models.DateField()
    starts = models.TimeField(null=True, blank=True, help_text="Empty = closed all day")
    ends = models.TimeField(null=True, blank=True)
    reason = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["work_center", "date", "starts"], name="one_exception_per_work_center_date_and_start"
            ),
            models.CheckConstraint(
                condition=Q(starts__isnull=True, ends__isnull=True)
                | Q(starts__isnull=False, ends__isnull=False),
                name="other_hours_have_a_start_and_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work_center} {self.date}: {self.reason}"

    def clean(self) -> None:
        """:raises ValidationError: for half of other hours."""
        _require_both(self, "starts", "ends", "Other hours have a start and an end; a closed day has neither")


class DowntimeQuerySet(models.QuerySet["Downtime"]):
    def current(self, at: datetime) -> Self:
        return self.filter(starts_at__lte=at).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))


@pghistory.track()
class Downtime(models.Model):
    """A machine does not work: planned maintenance or a breakdown."""

    class Kind(models.TextChoices):
        PLANNED = "planned", "Planned maintenance"
        BREAKDOWN = "breakdown", "Breakdown"

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="downtimes")
    kind = models.CharField(max_length=9, choices=Kind)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty = still down")
    expected_until = models.DateTimeField(
        null=True, blank=True, help_text="When we believe it will run again"
    )
    reason = models.CharField(max_length=200)

    objects: ClassVar = DowntimeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="downtime_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=["machine"], condition=Q(ends_at__isnull=True), name="one_open_downtime_per_machine"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.machine} down since {timezone.localtime(self.starts_at):%Y-%m-%d %H:%M}"


@pghistory.track()
class Changeover(models.Model):
    """Set-up seconds at a work center when one set-up family follows another."""

    work_center = models.ForeignKey(WorkCenter, on_delete=models.CASCADE, related_name="changeovers")
    from_family = models.CharField(max_length=50)
    to_family = models.CharField(max_length=50)
    seconds = models.PositiveIntegerField()
    cleaning = models.CharField(
        max_length=80,
        blank=True,
        help_text="That must be recorded in between, e.g. allergen wet clean; empty: none",
    )
    cleaning_is_checked = models.BooleanField(
        default=False, help_text="A second person finds it clean before work starts"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["work_center", "from_family", "to_family"],
                name="one_changeover_per_work_center_and_families",
            )
        ]

    def __str__(self) -> str:
        return f"{self.work_center}: {self.from_family} → {self.to_family}"
