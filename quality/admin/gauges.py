"""Gauges and their calibrations."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory.colours import chip
from mes.core.console import ReadOnlyAdmin, ReadOnlyInline, TellingAdmin, link_to, service_action
from quality import services
from quality.colours import GAUGE_LEVELS, GAUGE_REVIEW_LEVELS
from quality.doubt import doubtful_lots
from quality.forms.gauges import CalibrateForm, ConcludeReviewForm, StudyForm
from quality.forms.reasons import ReasonForm
from quality.models import Calibration, Gauge, GaugeReview, GaugeStudy

CALIBRATE = "quality.calibrate_gauge"
RESULTS_SHOWN = 15
STUDIES_SHOWN = 5
COMPONENTS = (
    ("gage_rr", "Gauge in all"),
    ("repeatability", "Repeatability: the same person again"),
    ("reproducibility", "Reproducibility: another person"),
    ("appraiser", "… the person"),
    ("interaction", "… person and part together"),
    ("part", "From part to part"),
    ("total", "All that varies"),
)
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
class GaugeAdmin(TellingAdmin):
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
    change_form_outer_before_template = "quality/gauge.html"
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
            form=ReasonForm,
            permission=CALIBRATE,
            when=lambda gauge: gauge.status in {Status.IN_USE, Status.OUT},
            icon="block",
        ),
        service_action(
            "Take out…",
            services.take_out_gauge,
            form=ReasonForm,
            permission=CALIBRATE,
            when=lambda gauge: gauge.status in {Status.IN_USE, Status.BLOCKED},
            icon="outbound",
        ),
        service_action(
            "Put in use…",
            services.put_gauge_in_use,
            form=ReasonForm,
            permission=CALIBRATE,
            when=lambda gauge: gauge.status in {Status.OUT, Status.BLOCKED},
            icon="check_circle",
        ),
        service_action(
            "Retire…",
            services.retire_gauge,
            form=ReasonForm,
            permission=CALIBRATE,
            when=lambda gauge: gauge.status != Status.RETIRED,
            icon="delete_forever",
        ),
        service_action(
            "Gauge study…",
            services.record_study,
            form=StudyForm,
            permission=CALIBRATE,
            when=lambda gauge: gauge.status != Status.RETIRED,
            icon="science",
            description="Several people measure the same parts several times: how much of what is seen is the gauge?",
        ),
    ]

    def told_of(self, obj: Gauge) -> dict[str, Any]:
        now = timezone.now()
        today = obj.local_date(now)
        usable = obj.is_usable(today)
        results = obj.measurements.select_related("characteristic", "inspection__lot", "by")
        latest = obj.calibrations.newest_first().first()
        studies = obj.studies.newest_first().prefetch_related("readings")[:STUDIES_SHOWN]
        return {
            "gauge": obj,
            "chip": gauge_chip(obj),
            "usable": usable,
            "why_not": "" if usable else services.why_unusable(obj),
            "instead": [] if usable else Gauge.objects.instead_of(obj.kind, obj.site_id, today)[:5],
            "reviews": GaugeReview.objects.filter(calibration__gauge=obj).order_by("-pk")[:5],
            "studies": [(study, study.result()) for study in studies],
            "results": results.order_by("-at", "-pk")[:RESULTS_SHOWN],
            "results_since": (results.filter(at__gt=latest.at) if latest else results).count(),
        }

    @display(description="Status", ordering="status")
    def shown_status(self, gauge: Gauge) -> SafeString:
        return gauge_chip(gauge)

    @display(description="Range")
    def shown_range(self, gauge: Gauge) -> str:
        return gauge.shown_range


@admin.register(GaugeReview)
class GaugeReviewAdmin(ReadOnlyAdmin, TellingAdmin):
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
    change_form_outer_before_template = "quality/gauge_review.html"
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

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        may = request.user.has_perm(CALIBRATE)
        return super().change_view(
            request, object_id, form_url, (extra_context or {}) | {"may_calibrate": may}
        )

    def told_of(self, obj: GaugeReview) -> dict[str, Any]:
        lots = doubtful_lots(obj, with_results=True)
        return {
            "review": obj,
            "lots": lots,
            "undecided": sum(each.verdict is None for each in lots),
            # None: not known how far off the gauge was.
            "may_be_wrong": any(each.verdict is None and each.close != 0 for each in lots),
            "is_open": obj.status == GaugeReview.Status.OPEN,
        }

    @display(description="Gauge")
    def gauge(self, review: GaugeReview) -> SafeString:
        return link_to(review.calibration.gauge)

    @display(description="Status", ordering="status")
    def shown_status(self, review: GaugeReview) -> SafeString:
        return chip(review.get_status_display(), GAUGE_REVIEW_LEVELS[GaugeReview.Status(review.status)])


@admin.register(GaugeStudy)
class GaugeStudyAdmin(ReadOnlyAdmin, TellingAdmin):
    list_display = ["name", "gauge", "characteristic", "at", "by"]
    list_filter = ["gauge__kind", "gauge__site"]
    list_select_related = ["gauge", "characteristic", "by"]
    search_fields = ["name", "gauge__number"]
    ordering = ["-at", "-pk"]
    fields = [("gauge", "characteristic"), ("tolerance", "pools"), "note", ("at", "by")]
    change_form_outer_before_template = "quality/study.html"

    def told_of(self, obj: GaugeStudy) -> dict[str, Any]:
        result = obj.result()
        read: dict[str, dict[str, list[str]]] = {}
        for each in obj.readings.order_by("pk"):
            read.setdefault(each.part, {}).setdefault(each.appraiser, []).append(f"{each.value:g}")
        appraisers = list(next(iter(read.values())))
        return {
            "study": obj,
            "result": result,
            "components": [(label, result.components[name]) for name, label in COMPONENTS],
            "appraisers": appraisers,
            "readings": [
                (part, [", ".join(by[appraiser]) for appraiser in appraisers]) for part, by in read.items()
            ],
        }


def gauge_chip(gauge: Gauge) -> SafeString:
    """Its status; one that is in use and lapsed says so, because it may not be used."""
    today = gauge.local_date(timezone.now())
    if gauge.status == Status.IN_USE and not gauge.is_usable(today):
        return chip("Lapsed" if gauge.due_date else "Never calibrated", "late")
    return chip(gauge.get_status_display(), GAUGE_LEVELS[Status(gauge.status)])
