"""Gauges and their calibrations."""

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory.colours import chip
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin, ReadOnlyInline, link_to, service_action
from quality import services
from quality.colours import GAUGE_LEVELS, GAUGE_REVIEW_LEVELS
from quality.forms_gauges import CalibrateForm, ConcludeReviewForm, GaugeReasonForm
from quality.models import Calibration, Gauge, GaugeReview

CALIBRATE = "quality.calibrate_gauge"
Status = Gauge.Status


class CalibrationInline(ReadOnlyInline):
    model = Calibration
    ordering = ["-at"]
    fields = [
        "at",
        "as_found",
        "found_in_tolerance",
        "as_left",
        "left_in_tolerance",
        "certificate",
        "laboratory",
        "next_due_date",
        "by",
    ]


@admin.register(Gauge)
class GaugeAdmin(ConsoleAdmin):
    list_display = [
        "number",
        "name",
        "kind",
        "site",
        "shown_status",
        "due_date",
        "shown_range",
        "interval_days",
    ]
    list_filter = ["status", "kind", "site"]
    list_select_related = ["site"]
    search_fields = ["number", "name", "kind"]
    ordering = ["due_date", "number"]
    fields = [
        ("number", "name"),
        ("kind", "site"),
        ("range_from", "range_to", "uom"),
        ("resolution", "permissible_error"),
        "interval_days",
        ("shown_status", "status_reason", "due_date"),
    ]
    readonly_fields = ["shown_status", "status_reason", "due_date"]
    inlines = [CalibrationInline]
    actions = [
        service_action(
            "Calibrate…",
            services.calibrate_gauge,
            form=CalibrateForm,
            permission=CALIBRATE,
            when=lambda gauge: gauge.status != Status.RETIRED,
            icon="straighten",
            description="Found out of tolerance, it opens a review of every result since the last good calibration.",
        ),
        service_action(
            "Block…",
            services.block_gauge,
            form=GaugeReasonForm,
            permission=CALIBRATE,
            when=lambda gauge: gauge.status in {Status.IN_USE, Status.OUT},
            icon="block",
        ),
        service_action(
            "Take out…",
            services.take_out_gauge,
            form=GaugeReasonForm,
            permission=CALIBRATE,
            when=lambda gauge: gauge.status in {Status.IN_USE, Status.BLOCKED},
            icon="outbound",
        ),
        service_action(
            "Put in use…",
            services.put_gauge_in_use,
            form=GaugeReasonForm,
            permission=CALIBRATE,
            when=lambda gauge: gauge.status in {Status.OUT, Status.BLOCKED},
            icon="check_circle",
        ),
        service_action(
            "Retire…",
            services.retire_gauge,
            form=GaugeReasonForm,
            permission=CALIBRATE,
            when=lambda gauge: gauge.status != Status.RETIRED,
            icon="delete_forever",
        ),
    ]

    @display(description="Status", ordering="status")
    def shown_status(self, gauge: Gauge) -> SafeString:
        return gauge_chip(gauge)

    @display(description="Range")
    def shown_range(self, gauge: Gauge) -> str:
        return gauge.shown_range


@admin.register(GaugeReview)
class GaugeReviewAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "shown_status", "since", "until", "opened_at", "concluded_by"]
    list_filter = ["status", "calibration__gauge__site"]
    list_select_related = ["calibration__gauge", "concluded_by"]
    search_fields = ["calibration__gauge__number"]
    ordering = ["-status", "opened_at", "pk"]
    fields = [
        ("gauge", "shown_status"),
        ("since", "until"),
        "opened_at",
        "conclusion",
        ("concluded_by", "concluded_at"),
    ]
    readonly_fields = ["gauge", "shown_status"]
    actions = [
        service_action(
            "Conclude…",
            services.conclude_gauge_review,
            form=ConcludeReviewForm,
            permission=CALIBRATE,
            when=lambda review: review.status == GaugeReview.Status.OPEN,
            icon="task_alt",
        ),
    ]

    @display(description="Gauge")
    def gauge(self, review: GaugeReview) -> SafeString:
        return link_to(review.calibration.gauge)

    @display(description="Status", ordering="status")
    def shown_status(self, review: GaugeReview) -> SafeString:
        return chip(review.get_status_display(), GAUGE_REVIEW_LEVELS[GaugeReview.Status(review.status)])


def gauge_chip(gauge: Gauge) -> SafeString:
    """Its status; one that is in use and lapsed says so, because it may not be used."""
    today = gauge.local_date(timezone.now())
    if gauge.status == Status.IN_USE and not gauge.is_usable(today):
        return chip("Lapsed" if gauge.due_date else "Never calibrated", "late")
    return chip(gauge.get_status_display(), GAUGE_LEVELS[Status(gauge.status)])
