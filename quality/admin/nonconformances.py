"""Nonconformances: reported on a lot's page or by an inspection; decided, costed and closed here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from inventory.colours import chip, lot_chip
from inventory.models import Lot
from inventory.quantities import plain
from mes.core.console import ReadOnlyAdmin, link_to, service_action
from mes.core.signing.pages import ShowsSignatures
from quality import services
from quality.colours import NONCONFORMANCE_LEVELS
from quality.forms.actions import AssignForm, CauseForm, CostForm, OpenActionForm
from quality.forms.nonconformances import AgreementForm, CloseForm, DecideForm
from quality.models import ChartSignal, Inspection, Nonconformance

AGAIN = {Nonconformance.Disposition.REWORK, Nonconformance.Disposition.REINSPECT}


@admin.register(Nonconformance)
class NonconformanceAdmin(ShowsSignatures, ReadOnlyAdmin):
    """Reported on a lot's page or by an inspection; decided and closed here."""

    list_display = [
        "number",
        "shown_status",
        "lot_link",
        "item",
        "in_doubt",
        "disposition",
        "owner",
        "due_date",
        "opened_at",
    ]
    list_filter = ["status", "disposition", "lot__item__site", "owner", ("opened_at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["lot__item", "owner"]
    search_fields = ["number", "lot__number", "lot__item__number", "description"]
    ordering = ["-status", "opened_at", "pk"]  # open, decided, closed
    fields = [
        ("number", "shown_status"),
        ("lot_link", "lot_disposition"),
        ("item", "in_doubt"),
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
    readonly_fields = ["shown_status", "lot_link", "item", "in_doubt", "lot_disposition", "inspection_link"]
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
            form=AssignForm,
            when=lambda found: found.status != Nonconformance.Status.CLOSED,
            icon="person_add",
        ),
        service_action("Name cause…", services.name_cause, form=CauseForm, icon="psychology"),
        service_action(
            "Open action…",
            services.open_action_for,
            form=OpenActionForm,
            permission="quality.add_correctiveaction",
            icon="add_task",
            description="So that it does not happen again.",
        ),
        service_action("Put cost…", services.put_cost, form=CostForm, icon="payments"),
        service_action(
            "Customer agrees…",
            services.note_customer_agreement,
            form=AgreementForm,
            when=lambda found: (
                found.disposition == Nonconformance.Disposition.USE_AS_IS and not found.customer_agreement
            ),
            icon="handshake",
            description="To what was accepted as it is; for customers who ask to be asked, before it ships.",
        ),
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
                "found": found,
                "chip": self.shown_status(found),
                "next_step": _next_step(found),
                "skipped": _skipped_before(found),
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

    @display(description="In doubt", ordering="quantity")
    def in_doubt(self, found: Nonconformance) -> str:
        return f"{plain(found.quantity)} {found.lot.item.unit}"

    @display(description="Found by")
    def inspection_link(self, found: Nonconformance) -> SafeString:
        if found.inspection:
            return link_to(found.inspection)
        signal = (
            ChartSignal.objects.filter(nonconformance=found).select_related("chart").order_by("pk").first()
        )
        return link_to(signal.chart) if signal else SafeString("a person")


def _next_step(found: Nonconformance) -> str:
    """What it waits for."""
    if found.status == Nonconformance.Status.CLOSED:
        return "nothing, it is closed."
    if found.status == Nonconformance.Status.OPEN:
        by = f", by {date_format(found.due_date)}" if found.due_date else ""
        return f"{found.owner or 'somebody who judges lots'} decides what becomes of it{by}. The lot is held until then."
    if Nonconformance.objects.being_reworked().filter(pk=found.pk).exists():
        return "its goods are being reworked; then they are inspected again."
    if found.disposition == Nonconformance.Disposition.REWORK and found.rework_planned_at is None:
        then = "close it" if _has_passed_again(found) else "its repeated inspection has to pass"
        return f"choose the steps to be done once more, with Rework… on the page of the batch that made it, or rework it by hand; then {then}."
    if found.disposition in AGAIN and not _has_passed_again(found):
        return "its repeated inspection has to pass before it can be closed."
    return "close it, with its cause if that is known." if not found.cause else "close it."


def _skipped_before(found: Nonconformance) -> list[Lot]:
    """Lots that were spared inspection on the record that this one ended."""
    if found.inspection is None:
        return []
    skipped = Inspection.objects.skipped_before(found.inspection).select_related("lot").order_by("pk")
    return [each.lot for each in skipped]


def _has_passed_again(found: Nonconformance) -> bool:
    return found.inspection is None or Inspection.objects.cleared().filter(pk=found.inspection.gate).exists()
