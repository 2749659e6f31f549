"""Inspections as a grid of characteristics and pieces, their measurements, and nonconformances."""

from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
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
from mes.core.models import User
from mes.core.refusals import DomainError
from mes.core.signing.pages import ShowsSignatures
from quality import forms_actions, services
from quality.colours import INSPECTION_LEVELS, NONCONFORMANCE_LEVELS
from quality.forms import CloseForm, CorrectForm, DecideForm, ReasonForm, RepeatForm
from quality.grid import field_name, gauge_name, grid_of
from quality.models import Characteristic, Gauge, Inspection, Measurement, Nonconformance

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
        service_action("Cancel…", services.cancel_inspection, form=ReasonForm, when=is_open, icon="cancel"),
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
        )
        may_measure = request.user.has_perm(ADD_MEASUREMENT) and is_open(grid.inspection)
        context = {
            "grid": grid,
            "may_measure": may_measure,
            "measure": MEASURE,
            "item": self.item(grid.inspection),
            "lot": self.lot_link(grid.inspection),
            "lot_chip": lot_chip(grid.inspection.lot),
            "status": self.shown_status(grid.inspection),
            "found": self.found(grid.inspection),
        }
        shown: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | context
        )
        return shown

    def _record(self, request: HttpRequest, inspection: Inspection) -> Entries:
        if not request.user.has_perm(ADD_MEASUREMENT):
            raise PermissionDenied
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
                        gauge=gauges.get(_whole(chosen.get(gauge_name(target[0].pk)), 0)),
                        by=cast("User", request.user),
                        at=timezone.now(),
                    )
                entries.recorded += 1
            except DomainError as refusal:
                entries.typed[name], entries.refusals[name] = str(typed), str(refusal)
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


@admin.register(Measurement)
class MeasurementAdmin(ReadOnlyAdmin):
    list_display = [
        "at",
        "characteristic",
        "item",
        "lot",
        "piece",
        "value",
        "verdict",
        "gauge",
        "by",
        "is_corrected",
    ]
    list_filter = ["conforms", "characteristic__is_key", "gauge__kind", ("at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = [
        "characteristic",
        "inspection__lot",
        "inspection__plan__item",
        "by",
        "gauge",
        "corrected_by",
        "confirmation__by",
    ]
    search_fields = ["inspection__lot__number", "characteristic__name", "inspection__plan__item__number"]
    ordering = ["-at", "-pk"]
    actions = [
        service_action(
            "Correct…",
            services.correct_measurement,
            form=CorrectForm,
            permission=ADD_MEASUREMENT,
            when=lambda measurement: (
                is_open(measurement.inspection)
                and not Measurement.objects.filter(corrects=measurement).exists()
            ),
            icon="edit",
            description="Both entries are kept; the new one counts.",
        ),
        service_action(
            "Confirm",
            services.confirm_measurement,
            permission=ADD_MEASUREMENT,
            when=lambda measurement: (
                is_open(measurement.inspection)
                and measurement.characteristic.needs_second_person
                and not hasattr(measurement, "confirmation")
            ),
            icon="how_to_reg",
            description="As another person who found the same.",
        ),
    ]

    @display(description="Item", ordering="inspection__plan__item__number")
    def item(self, measurement: Measurement) -> str:
        return str(measurement.inspection.plan.item)

    @display(description="Lot", ordering="inspection__lot__number")
    def lot(self, measurement: Measurement) -> SafeString:
        return link_to(measurement.inspection.lot)

    @display(description="Judgement", ordering="conforms")
    def verdict(self, measurement: Measurement) -> SafeString:
        return chip("Conforms", "done") if measurement.conforms else chip("Does not", "late")

    @display(description="Corrected", boolean=True)
    def is_corrected(self, measurement: Measurement) -> bool:
        return hasattr(measurement, "corrected_by")


@admin.register(Nonconformance)
class NonconformanceAdmin(ShowsSignatures, ReadOnlyAdmin):
    """Reported on a lot's page or by an inspection; decided and closed here."""

    list_display = [
        "number",
        "shown_status",
        "lot_link",
        "item",
        "quantity",
        "disposition",
        "owner",
        "due_date",
        "opened_at",
    ]
    list_filter = ["status", "disposition", "lot__item__site", "owner", ("opened_at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["lot__item", "owner"]
    search_fields = ["number", "lot__number", "lot__item__number", "description"]
    ordering = ["status", "opened_at", "pk"]
    fields = [
        ("number", "shown_status"),
        ("lot_link", "lot_disposition"),
        ("item", "quantity"),
        ("inspection_link", "opened_at"),
        "description",
        "disposition",
        "justification",
        ("decided_by", "decided_at"),
        ("owner", "due_date"),
        ("cause", "cause_category"),
        ("customer_agreement", "closed_at"),
    ]
    change_form_outer_before_template = "quality/nonconformance.html"
    readonly_fields = ["shown_status", "lot_link", "item", "lot_disposition", "inspection_link"]
    actions = [
        service_action(
            "Decide…",
            services.decide_nonconformance,
            form=DecideForm,
            when=lambda found: found.status == Nonconformance.Status.OPEN,
            icon="gavel",
            description="What is decided is done at once: released, scrapped, returned, or inspected again.",
        ),
        service_action(
            "Assign…",
            services.assign_nonconformance,
            form=forms_actions.AssignForm,
            when=lambda found: found.status != Nonconformance.Status.CLOSED,
            icon="person_add",
        ),
        service_action("Name cause…", services.name_cause, form=forms_actions.CauseForm, icon="psychology"),
        service_action(
            "Open action…",
            services.open_action_for,
            form=forms_actions.OpenActionForm,
            permission="quality.add_correctiveaction",
            icon="add_task",
            description="So that it does not happen again.",
        ),
        service_action("Put cost…", services.put_cost, form=forms_actions.CostForm, icon="payments"),
        service_action(
            "Close…",
            services.close_nonconformance,
            form=CloseForm,
            when=lambda found: found.status == Nonconformance.Status.DECIDED,
            icon="task_alt",
        ),
    ]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = kwargs.get("obj")
        if found is not None:
            costs = list(found.costs.standing().select_related("by").order_by("kind"))
            context = context | {
                "costs": costs,
                "total": sum(each.amount for each in costs),
                "corrective_actions": found.actions.select_related("owner").order_by("pk"),
            }
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    @display(description="Status", ordering="status")
    def shown_status(self, found: Nonconformance) -> SafeString:
        return chip(found.get_status_display(), NONCONFORMANCE_LEVELS[Nonconformance.Status(found.status)])

    @display(description="Lot", ordering="lot__number")
    def lot_link(self, found: Nonconformance) -> SafeString:
        return link_to(found.lot)

    @display(description="Lot is")
    def lot_disposition(self, found: Nonconformance) -> SafeString:
        return lot_chip(found.lot)

    @display(description="Item", ordering="lot__item__number")
    def item(self, found: Nonconformance) -> SafeString:
        return link_to(found.lot.item)

    @display(description="Found by")
    def inspection_link(self, found: Nonconformance) -> SafeString:
        return link_to(found.inspection) if found.inspection else SafeString("a person")
