"""Gauges: what we measure with, how far it may be trusted, and until when.

A gauge may be used while it is in use and its calibration has not run out; the due date itself is the last good day. A calibration
says how the gauge was found and how it was left. One that is found out of tolerance casts doubt on every result taken with
it since the calibration before that was good: a review lists them and is concluded once every lot among them is decided.
"""

from datetime import date, datetime
from typing import ClassVar, Self

import pghistory
import pgtrigger
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, Expression, F, Max, OuterRef, Q, Subquery

from inventory.models import Lot, Site
from inventory.quantities import plain
from mes.core.states import AppendOnly, Stateful

Day = date | Expression

GAUGE_ZONE = "site__time_zone"
"""Where the time zone of a gauge's plant is found."""


class GaugeQuerySet(models.QuerySet["Gauge"]):
    def usable(self, on: Day) -> Self:
        """Those that may measure on that day: in use, and calibrated at least until then.

        :param on: a day, here and below, or an expression: `day_at(now, GAUGE_ZONE)` is today where each gauge is.
        """
        return self.filter(status=Gauge.Status.IN_USE, due_date__gte=on)

    def unusable(self, on: Day) -> Self:
        """Those that somebody would reach for and may not: blocked, never calibrated, or calibrated too long ago."""
        lapsed = Q(due_date__lt=on) | Q(due_date__isnull=True)
        return self.live().filter(Q(status=Gauge.Status.BLOCKED) | Q(status=Gauge.Status.IN_USE) & lapsed)

    def due_by(self, on: Day) -> Self:
        """Those that must be calibrated by that day to go on measuring; lapsed ones are among them."""
        return self.filter(status__in=[Gauge.Status.IN_USE, Gauge.Status.OUT]).filter(
            Q(due_date__isnull=True) | Q(due_date__lte=on)
        )

    def live(self) -> Self:
        return self.exclude(status=Gauge.Status.RETIRED)

    def instead_of(self, kind: str, site: Site | int, on: date) -> Self:
        """Gauges of a kind that may be used at a site on that day; whoever lapses last first."""
        return self.usable(on).filter(kind__iexact=kind, site=site).order_by("-due_date", "number")

    def with_use(self) -> Self:
        """Adds `calibrated_at`, of the latest calibration, and `results_since`, how many results were taken after it."""
        measured = apps.get_model("quality", "Measurement").objects.filter(gauge=OuterRef("pk"))
        latest = Calibration.objects.filter(gauge=OuterRef("pk")).order_by("-at").values("at")
        since = measured.filter(at__gt=OuterRef("calibrated_at"))
        counted = since.order_by().values("gauge").annotate(count=Count("pk")).values("count")
        return self.annotate(calibrated_at=Subquery(latest[:1])).annotate(results_since=Subquery(counted))

    def soonest_due_first(self) -> Self:
        return self.order_by(F("due_date").asc(nulls_first=True), "number")


@pghistory.track()
class Gauge(Stateful):
    """One instrument, known by the number on it."""

    class Status(models.TextChoices):
        IN_USE = "in_use", "In use"
        OUT = "out", "Out"
        BLOCKED = "blocked", "Blocked"
        RETIRED = "retired", "Retired"

    TRANSITIONS: ClassVar = {
        Status.IN_USE: {Status.OUT, Status.BLOCKED, Status.RETIRED},
        Status.OUT: {Status.IN_USE, Status.BLOCKED, Status.RETIRED},
        Status.BLOCKED: {Status.IN_USE, Status.OUT, Status.RETIRED},
    }

    number = models.CharField(max_length=40, unique=True, help_text="As marked on the gauge")
    name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(
        max_length=60,
        help_text="What a characteristic asks for: micrometer, CMM, balance. One spelling everywhere",
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    range_from = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    range_to = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    resolution = models.DecimalField(
        max_digits=16, decimal_places=6, null=True, blank=True, help_text="Smallest step that it shows"
    )
    permissible_error = models.DecimalField(
        max_digits=16,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Largest error at calibration that is still in tolerance",
    )
    uom = models.CharField("unit", max_length=10, blank=True)
    interval_days = models.PositiveIntegerField("calibration interval", help_text="Days from one to the next")
    due_date = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The last day on which it may be used; empty until it is calibrated",
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.IN_USE, editable=False)
    status_reason = models.CharField(max_length=300, blank=True, editable=False)

    objects: ClassVar = GaugeQuerySet.as_manager()

    class Meta(Stateful.Meta):
        permissions = [("calibrate_gauge", "Can record calibrations and block gauges")]
        constraints = [
            models.CheckConstraint(
                condition=Q(range_from__isnull=True)
                | Q(range_to__isnull=True)
                | Q(range_from__lt=F("range_to")),
                name="a_gauge_measures_from_less_to_more",
            ),
            models.CheckConstraint(
                condition=Q(interval_days__gt=0), name="a_calibration_interval_is_at_least_a_day"
            ),
            models.CheckConstraint(
                condition=Q(resolution__isnull=True) | Q(resolution__gt=0),
                name="a_gauge_shows_steps_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(permissible_error__isnull=True) | Q(permissible_error__gt=0),
                name="a_permissible_error_is_above_zero",
            ),
        ]
        indexes = [
            models.Index(fields=["due_date"], name="gauge_due", condition=~Q(status="retired")),
            models.Index(fields=["site", "kind"], name="gauge_by_kind", condition=Q(status="in_use")),
        ]

    def __str__(self) -> str:
        return self.number

    def is_usable(self, on: date) -> bool:
        return self.status == self.Status.IN_USE and self.due_date is not None and self.due_date >= on

    @property
    def shown_range(self) -> str:
        """`0 to 25 mm`; empty where no range is stated."""
        low, high = (plain(end) if end is not None else "" for end in (self.range_from, self.range_to))
        if not (low or high):
            return ""
        span = f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}"
        return f"{span} {self.uom}".strip()

    def local_date(self, at: datetime) -> date:
        return at.astimezone(self.site.zone).date()


class CalibrationQuerySet(models.QuerySet["Calibration"]):
    def last_good(self, gauge: Gauge, *, before: datetime) -> datetime | None:
        """When the gauge was last known to measure right before that moment; None when it never was."""
        good = self.filter(gauge=gauge, left_in_tolerance=True, at__lt=before)
        moment: datetime | None = good.aggregate(at=Max("at"))["at"]
        return moment

    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class Calibration(AppendOnly):
    """One calibration of one gauge: how it was found, how it was left, and until when it holds."""

    gauge = models.ForeignKey(Gauge, on_delete=models.PROTECT, related_name="calibrations")
    as_found = models.DecimalField(
        "error as found",
        max_digits=16,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Largest error before anything was adjusted, in the gauge's unit",
    )
    found_in_tolerance = models.BooleanField()
    as_left = models.DecimalField(
        "error as left",
        max_digits=16,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Largest error when it was given back",
    )
    left_in_tolerance = models.BooleanField()
    certificate = models.CharField(max_length=60, blank=True)
    laboratory = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)
    next_due_date = models.DateField()
    at = models.DateTimeField(help_text="When it was calibrated")
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar = CalibrationQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["gauge", "at"], name="one_calibration_of_a_gauge_at_a_time"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(  # type: ignore[list-item]  # both are triggers
                name="the_latest_calibration_says_until_when",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    UPDATE quality_gauge SET due_date = NEW.next_due_date
                    WHERE id = NEW.gauge_id AND NOT EXISTS (
                        SELECT FROM quality_calibration WHERE gauge_id = NEW.gauge_id AND at > NEW.at
                    );
                    RETURN NULL;
                """,
            ),
        ]
        indexes = [models.Index(fields=["gauge", "-at"], name="calibration_by_gauge")]

    def __str__(self) -> str:
        found = "in tolerance" if self.found_in_tolerance else "out of tolerance"
        return f"{self.gauge} on {self.at:%Y-%m-%d}, found {found}"


class GaugeReviewQuerySet(models.QuerySet["GaugeReview"]):
    def open(self) -> Self:
        return self.filter(status=GaugeReview.Status.OPEN)

    def oldest_first(self) -> Self:
        return self.order_by("opened_at", "pk")

    def with_lots_left(self) -> Self:
        """A row for each lot that a review has results in doubt of and has not decided, with its key `lot` and its `number`."""
        inspected = "calibration__gauge__measurements__inspection"
        by_result = self.annotate(
            lot=F(f"{inspected}__lot"),
            number=F(f"{inspected}__lot__number"),
            measured_at=F("calibration__gauge__measurements__at"),
        )
        in_doubt = by_result.filter(measured_at__lte=F("until")).filter(
            Q(since__isnull=True) | Q(measured_at__gt=F("since"))
        )
        decided = ReviewedLot.objects.filter(review=OuterRef("pk"), lot=OuterRef("lot"))
        return in_doubt.exclude(Exists(decided))


@pghistory.track()
class GaugeReview(Stateful):
    """The question that a gauge found out of tolerance raises: may what was measured with it be believed?"""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CONCLUDED = "concluded", "Concluded"

    TRANSITIONS: ClassVar = {Status.OPEN: {Status.CONCLUDED}}

    calibration = models.OneToOneField(Calibration, on_delete=models.PROTECT, related_name="review")
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    since = models.DateTimeField(
        null=True, blank=True, help_text="The last calibration that was good; empty: there was none"
    )
    until = models.DateTimeField(help_text="When it was found out of tolerance")
    opened_at = models.DateTimeField()
    conclusion = models.TextField(blank=True)
    concluded_at = models.DateTimeField(null=True, blank=True)
    concluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: ClassVar = GaugeReviewQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open") | ~Q(conclusion=""),
                name="a_concluded_gauge_review_says_how_it_ended",
            )
        ]

    def __str__(self) -> str:
        return f"review of {self.calibration.gauge}"


class ReviewedLot(AppendOnly):
    """What was decided of one lot in doubt: it stands without it, or a nonconformance holds and judges it."""

    class Verdict(models.TextChoices):
        UNAFFECTED = "unaffected", "Stands"
        NONCONFORMANCE = "nonconformance", "Nonconformance"

    review = models.ForeignKey(GaugeReview, on_delete=models.PROTECT, related_name="lots")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=14, choices=Verdict)
    reason = models.CharField(max_length=300)
    nonconformance = models.ForeignKey(
        "quality.Nonconformance", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["review", "lot"], name="a_review_decides_a_lot_once"),
            models.CheckConstraint(
                condition=Q(verdict="unaffected", nonconformance__isnull=True)
                | Q(verdict="nonconformance", nonconformance__isnull=False),
                name="a_doubted_lot_names_its_nonconformance",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_verdict_on_a_lot_gives_its_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.lot}: {self.get_verdict_display()}"
