"""Inspections as a grid of characteristics and pieces, where results are typed in."""

from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from inventory.colours import chip, lot_chip
from inventory.quantities import plain
from mes.core.console import ReadOnlyAdmin, link_to, service_action
from mes.core.links import told_with_links
from mes.core.models import User
from mes.core.permissions import RightMissing
from mes.core.problems import anticipated
from mes.core.refusals import DomainError
from quality import services
from quality.colours import INSPECTION_LEVELS
from quality.forms.inspections import RepeatForm
from quality.forms.reasons import ReasonForm
from quality.grid import field_name, gauge_name, grid_of, real_name
from quality.models import Characteristic, Gauge, Inspection, Nonconformance, RefusedResult

ADD_MEASUREMENT = "quality.add_measurement"
MEASURE = "_measure"


def is_open(inspection: Inspection) -> bool:
    return inspection.status == Inspection.Status.OPEN


@dataclass
class Entries:
    """What came of the typed results: how many were recorded, and what was refused, by field name."""

    recorded: int = 0
    typed: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)


@admin.register(Inspection)
class InspectionAdmin(ReadOnlyAdmin):
    list_display = [
        "__str__",
        "item",
        "stage",
        "lot_link",
        "shown_status",
        "sample_size",
        "reference",
        "opened_at",
    ]
    list_filter = ["status", "plan__stage", "plan__item__site", ("opened_at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["plan__item", "lot"]
    search_fields = ["lot__number", "plan__code", "plan__item__number", "reference"]
    ordering = ["-opened_at", "-pk"]
    fields = [
        ("plan", "shown_quantity"),
        "sampled_because",
        ("reference", "opened_at", "due_at"),
        ("closed_by", "closed_at"),
        ("repeats", "note"),
    ]
    readonly_fields = ["shown_quantity"]
    change_form_outer_before_template = "quality/inspection.html"
    actions = [
        service_action(
            "Conclude",
            services.conclude_inspection,
            when=is_open,
            icon="gavel",
            description="Possible once the lot can no longer pass; the last result concludes by itself.",
        ),
        service_action(
            "Cancel…",
            services.cancel_inspection,
            form=ReasonForm,
            when=is_open,
            icon="cancel",
            submit="Cancel the inspection",
        ),
        service_action(
            "Inspect again…",
            services.repeat_inspection,
            form=RepeatForm,
            permission="quality.add_inspection",
            when=lambda inspection: (
                inspection.status in {Inspection.Status.CANCELLED, Inspection.Status.FAILED}
            ),
            icon="replay",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Inspection]:
        found: QuerySet[Inspection] = super().get_queryset(request)
        return found.select_related(
            "plan__item", "plan__sampling", "lot__item__site", "closed_by", "source__item", "source__supplier"
        ).prefetch_related("tightenings")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The grid; posted results are recorded one by one, and what is refused stays as it was typed."""
        inspection = self.get_object(request, object_id)
        if inspection is None:
            missing: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
            return missing
        entries = Entries()
        if request.method == "POST":
            entries = self._record(request, inspection)
            if not entries.refusals:
                return HttpResponseRedirect(request.get_full_path())
            request = copy(request)
            request.method = "GET"
            inspection = self.get_object(request, object_id)
        grid = grid_of(
            cast("Inspection", inspection),
            at=timezone.now(),
            first=_whole(request.GET.get("piece")),
            typed=entries.typed,
            refusals=entries.refusals,
            doubted=entries.doubted,
        )
        shut = services.why_shut(grid.inspection) if is_open(grid.inspection) else None
        may_measure = request.user.has_perm(ADD_MEASUREMENT) and is_open(grid.inspection) and shut is None
        context = {
            "grid": grid,
            "may_measure": may_measure,
            "shut": told_with_links(anticipated(shut)) if shut is not None else "",
            "measure": MEASURE,
            "item": self.item(grid.inspection),
            "lot": self.lot_link(grid.inspection),
            "lot_chip": lot_chip(grid.inspection.lot),
            "status": self.shown_status(grid.inspection),
            "found": self.found(grid.inspection),
            "refused": RefusedResult.objects.filter(inspection=grid.inspection)
            .select_related("characteristic", "by")
            .order_by("at", "pk"),
        }
        shown: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | context
        )
        return shown

    def _record(self, request: HttpRequest, inspection: Inspection) -> Entries:
        if not request.user.has_perm(ADD_MEASUREMENT):
            raise RightMissing(ADD_MEASUREMENT)
        entries = Entries()
        chosen = {name: str(value) for name, value in request.POST.items() if name.startswith("gauge-")}
        gauges = Gauge.objects.in_bulk([int(key) for key in chosen.values() if key.isdecimal()])
        entries.typed.update(chosen)
        characteristics = {each.pk: each for each in inspection.plan.characteristics.all()}
        for name, typed in request.POST.items():
            target = _target(name, characteristics)
            if target is None or not str(typed).strip():
                continue
            try:
                with transaction.atomic():
                    services.record_measurement(
                        inspection,
                        target[0],
                        piece=target[1],
                        **_result(target[0], str(typed)),
                        is_real=real_name(name) in request.POST,
                        gauge=gauges.get(_whole(chosen.get(gauge_name(target[0].pk)), 0)),
                        by=cast("User", request.user),
                        at=timezone.now(),
                    )
                entries.recorded += 1
            except DomainError as refusal:
                entries.typed[name], entries.refusals[name] = str(typed), str(refusal)
                entries.doubted |= {name} if isinstance(refusal, services.Implausible) else set()
        self._tell(request, inspection, entries)
        return entries

    def _tell(self, request: HttpRequest, inspection: Inspection, entries: Entries) -> None:
        if entries.recorded:
            messages.success(request, f"{entries.recorded} recorded.")
        if entries.refusals:
            messages.error(request, f"{len(entries.refusals)} refused; see beside what you typed.")
        if entries.recorded and inspection.status == Inspection.Status.PASSED:
            messages.success(request, f"The inspection passed: lot {inspection.lot} may go on.")
        elif entries.recorded and inspection.status == Inspection.Status.FAILED:
            found = link_to(inspection.nonconformance)
            messages.warning(request, format_html("The inspection failed; the lot is held by {}.", found))

    @display(description="Item", ordering="plan__item__number")
    def item(self, inspection: Inspection) -> SafeString:
        return link_to(inspection.plan.item)

    @display(description="Stage", ordering="plan__stage")
    def stage(self, inspection: Inspection) -> str:
        return inspection.plan.get_stage_display()

    @display(description="Lot", ordering="lot__number")
    def lot_link(self, inspection: Inspection) -> SafeString:
        return link_to(inspection.lot)

    @display(description="Status", ordering="status")
    def shown_status(self, inspection: Inspection) -> SafeString:
        return chip(inspection.get_status_display(), INSPECTION_LEVELS[Inspection.Status(inspection.status)])

    @display(description="Lot quantity")
    def shown_quantity(self, inspection: Inspection) -> str:
        return f"{plain(inspection.lot_quantity)} {inspection.lot.item.unit}"

    def found(self, inspection: Inspection) -> SafeString:
        """The nonconformance that it found, as a link; empty without one."""
        found = Nonconformance.objects.filter(inspection=inspection).first()
        return link_to(found) if found else SafeString("")


def _target(name: str, characteristics: dict[int, Characteristic]) -> tuple[Characteristic, int] | None:
    """Which characteristic and piece a form field is for; None for other fields."""
    _, _, place = name.partition("result-")
    key, _, piece = place.partition("-")
    if not (key.isdecimal() and piece.isdecimal() and int(key) in characteristics):
        return None
    return (characteristics[int(key)], int(piece)) if name == field_name(int(key), int(piece)) else None


def _result(characteristic: Characteristic, typed: str) -> dict[str, Any]:
    """What was typed as the service takes it; a decimal comma is one too."""
    if characteristic.kind == Characteristic.Kind.ATTRIBUTE:
        return {"conforms": {"yes": True, "no": False}.get(typed)}
    try:
        return {"value": Decimal(typed.strip().replace(",", "."))}
    except InvalidOperation as error:
        raise services.InvalidMeasurement(f"“{typed}” is not a number.") from error


def _whole(text: str | None, otherwise: int = 1) -> int:
    return int(text) if text and text.isdecimal() else otherwise
