"""Operations as they are worked off, and the time spent on them."""

from decimal import Decimal
from typing import Any, cast

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from inventory.quantities import plain
from mes.core.console import ReadOnlyAdmin, ReadOnlyInline, link_to, service_action, shown_moment
from mes.core.models import User
from production import services
from production.admin.filters import OperationStanding
from production.asked import asked_of
from production.colours import lateness_chip, operation_chip
from production.forms.fields import may_start
from production.forms.operations import (
    FinishForm,
    MachineForm,
    OverrideForm,
    PauseForm,
    PinForm,
    ReportForm,
    StartForm,
)
from production.instruction_pages import pages_of
from production.instructions import binding_instructions
from production.models import Operation, ProductionOrder, TimeEntry
from production.standing import MAY_OVERRIDE, gates_standing, who_may_answer

MAY_PLAN = "production.change_slot"
NOTHING = SafeString("–")
Status = Operation.Status


def has_status(*statuses: str) -> Any:
    return lambda operation: operation.status in statuses


class TimeEntryInline(ReadOnlyInline):
    model = TimeEntry
    fields = ["started_at", "ended_at", "by", "machine"]
    ordering = ["started_at", "pk"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeEntry]:
        found: QuerySet[TimeEntry] = super().get_queryset(request)
        return found.select_related("by", "machine", "operation__batch", "operation__step")


@admin.register(Operation)
class OperationAdmin(ReadOnlyAdmin):
    """By the time at which the schedule has them."""

    list_display = [
        "__str__",
        "item",
        "shown_status",
        "shown_machine",
        "planned_start",
        "planned_end",
        "shown_lateness",
        "is_pinned",
    ]
    list_filter = [
        OperationStanding,
        "step__work_center__site",
        "step__work_center",
        "machine",
        "batch__order__priority",
    ]
    list_filter_submit = True
    search_fields = ["batch__number", "step__name", "batch__order__item__number", "batch__order__number"]
    fields = [
        ("batch_link", "order_link", "item"),
        ("shown_status", "waits_for", "shown_machine"),
        ("planned_start", "planned_end", "shown_lateness", "board_link"),
        ("started_at", "running_since", "finished_at"),
        ("shown_good", "shown_scrap", "inspection_link"),
        ("pinned_machine", "pinned_start_at"),
        "instruction",
    ]
    readonly_fields = [
        "batch_link",
        "order_link",
        "item",
        "shown_status",
        "waits_for",
        "shown_machine",
        "planned_start",
        "planned_end",
        "shown_lateness",
        "board_link",
        "shown_good",
        "shown_scrap",
        "inspection_link",
        "instruction",
    ]
    inlines = [TimeEntryInline]
    change_form_outer_before_template = "production/operation.html"
    actions = [
        service_action(
            "Start…",
            services.start_operation,
            form=StartForm,
            when=has_status(Status.WAITING),
            icon="play_arrow",
            variant=ActionVariant.PRIMARY,
        ),
        service_action(
            "Report…",
            services.report_progress,
            form=ReportForm,
            when=has_status(Status.RUNNING),
            icon="add_task",
            description="What was made since the last report; a sample that is due by that is asked for at once.",
        ),
        service_action(
            "Finish…",
            services.finish_operation,
            form=FinishForm,
            when=has_status(Status.RUNNING),
            icon="done_all",
            variant=ActionVariant.PRIMARY,
            description="Material is consumed, scrap is written off, and the inspection opens that the step asks for.",
        ),
        service_action(
            "Pause…",
            services.pause_operation,
            form=PauseForm,
            when=has_status(Status.RUNNING),
            icon="pause",
        ),
        service_action(
            "Resume…",
            services.resume_operation,
            form=MachineForm,
            when=has_status(Status.PAUSED),
            icon="resume",
        ),
        service_action(
            "Answer for a gate…",
            services.override_gate,
            form=OverrideForm,
            permission=MAY_OVERRIDE,
            when=has_status(Status.WAITING, Status.PAUSED),
            icon="lock_open",
            description="It may start in spite of what is wrong there now. Kept with your name, shown on the batch.",
        ),
        service_action(
            "Pin…",
            services.pin_operation,
            form=PinForm,
            permission=MAY_PLAN,
            when=has_status(Status.WAITING),
            icon="push_pin",
            description="The next plan keeps it; what cannot be kept is said there.",
        ),
        service_action(
            "Unpin",
            services.unpin_operation,
            permission=MAY_PLAN,
            when=lambda operation: (
                operation.status == Status.WAITING and operation.pinned_machine_id is not None
            ),
            icon="keep_off",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operation]:
        found: Any = super().get_queryset(request)
        orders: Any = ProductionOrder.objects.with_projection().filter(pk=OuterRef("batch__order"))
        operations: QuerySet[Operation] = (
            found.with_readiness()
            .with_slot()
            .with_came()
            .annotate(order_lateness=Subquery(orders.values("lateness")))
            .select_related(
                "batch__order__item",
                "batch__plan__item",
                "batch__lot",
                "step__work_center__site",
                "machine",
                "pinned_machine",
                "inspection__plan",
                "inspection__lot",
            )
            .order_by("slot_starts_at", "batch", "sequence")
        )
        return operations

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        operation = kwargs.get("obj")
        if operation is not None:
            now, reader = timezone.now(), cast("User", request.user)
            starters = (
                may_start(operation.step.work_center.site_id) if reader.has_perm(MAY_OVERRIDE) else None
            )
            starter = _starter(request, reader, starters)
            gates = gates_standing(operation, person=starter, at=now)
            bindings = binding_instructions(operation.step, reader=reader, at=now)
            context = context | {
                "gates": gates,
                "starter": starter,
                "is_starter": starter == reader,
                "starters": starters if gates else None,
                "answerers": who_may_answer(beside=reader)
                if any(each.may_be_overridden for each in gates)
                else [],
                "asked_here": asked_of(operation),
                "pages": pages_of(bindings, reader=reader, at=now),
                "without_version": [each.instruction for each in bindings if each.version is None],
            }
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    @display(description="Item", ordering="batch__order__item__number")
    def item(self, operation: Operation) -> SafeString:
        return link_to(operation.batch.order.item)

    @display(description="Batch")
    def batch_link(self, operation: Operation) -> SafeString:
        return link_to(operation.batch)

    @display(description="Order")
    def order_link(self, operation: Operation) -> SafeString:
        return link_to(operation.batch.order)

    @display(description="Status", ordering="status")
    def shown_status(self, operation: Operation) -> SafeString:
        return operation_chip(operation)

    @display(description="Waits for")
    def waits_for(self, operation: Operation) -> str:
        reason = services.why_not_ready(operation) if operation.status == Status.WAITING else ""
        return reason[:1].upper() + reason[1:] if reason else "–"

    @display(description="Machine")
    def shown_machine(self, operation: Any) -> str:
        return str(operation.machine or operation.slot_machine_name or operation.step.work_center)

    @display(description="Start", ordering="slot_starts_at")
    def planned_start(self, operation: Any) -> str:
        return shown_moment(operation.started_at or operation.slot_starts_at)

    @display(description="End", ordering="slot_ends_at")
    def planned_end(self, operation: Any) -> str:
        return shown_moment(operation.finished_at or operation.slot_ends_at)

    @display(description="Its order", ordering="order_lateness")
    def shown_lateness(self, operation: Any) -> SafeString:
        return lateness_chip(operation.order_lateness)

    @display(description="Place in the plan")
    def board_link(self, operation: Any) -> SafeString:
        if operation.slot_starts_at is None:
            return NOTHING
        return format_html(
            '<a href="{}?operation={}">On the board</a>', reverse("console:board"), operation.pk
        )

    @display(description="Pinned", ordering="pinned_machine")
    def is_pinned(self, operation: Operation) -> str:
        return "◆ pinned" if operation.pinned_machine_id is not None else ""

    @display(description="Good")
    def shown_good(self, operation: Any) -> str:
        return _came(operation, operation.good)

    @display(description="Scrap")
    def shown_scrap(self, operation: Any) -> str:
        return _came(operation, operation.scrap)

    @display(description="Inspection")
    def inspection_link(self, operation: Operation) -> SafeString:
        return link_to(operation.inspection) if operation.inspection else NOTHING

    @display(description="Instruction")
    def instruction(self, operation: Operation) -> str:
        return operation.step.instruction or "–"


def _came(operation: Operation, quantity: Decimal) -> str:
    reported = "" if operation.status in {Status.WAITING, Status.DONE} else " reported so far"
    return f"{plain(quantity)} {operation.batch.order.item.unit}{reported}"


def _starter(request: HttpRequest, reader: User, starters: QuerySet[User] | None) -> User:
    """Who is going to start: the reader, unless whoever may answer for gates asks how they stand for somebody else."""
    asked = request.GET.get("starter", "")
    if starters is None or not asked.isdecimal():
        return reader
    return starters.filter(pk=int(asked)).first() or reader


@admin.register(TimeEntry)
class TimeEntryAdmin(ReadOnlyAdmin):
    list_display = ["operation", "machine", "by", "started_at", "ended_at"]
    list_filter = ["machine", "by", ("ended_at", RangeDateTimeFilter)]
    list_filter_submit = True
    list_select_related = ["operation__batch", "operation__step", "machine", "by"]
    search_fields = ["operation__batch__number", "by__username"]
    ordering = ["-ended_at", "-pk"]
