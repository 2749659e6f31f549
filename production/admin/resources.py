"""Work centers with their hours, machines and their downtimes, operators and their qualifications."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from inventory.colours import chip
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin, ReadOnlyInline, TabularInline, service_action
from production import services
from production.admin.cleaning import CleaningInline
from production.calendars import hours_a_week
from production.forms.machines import BreakdownForm, CleaningForm, MaintenanceForm, OvertimeForm
from production.models import (
    CalendarException,
    Changeover,
    Downtime,
    Machine,
    Operation,
    Operator,
    Qualification,
    Shift,
    WorkCenter,
)

ADD_DOWNTIME = "production.add_downtime"


class MachineInline(TabularInline):
    model = Machine
    extra = 0
    fields = ["code", "name", "speed", "batch_limit", "is_active"]
    ordering = ["code"]
    show_change_link = True
    tab = True


class ShiftInline(TabularInline):
    model = Shift
    extra = 0
    fields = ["weekday", "starts", "ends", "break_starts", "break_ends"]
    ordering = ["weekday", "starts"]
    tab = True


class CalendarExceptionInline(TabularInline):
    model = CalendarException
    extra = 0
    fields = ["date", "starts", "ends", "reason"]
    ordering = ["date", "starts"]
    tab = True


class ChangeoverInline(TabularInline):
    model = Changeover
    extra = 0
    fields = ["from_family", "to_family", "seconds", "cleaning", "cleaning_is_checked"]
    ordering = ["from_family", "to_family"]
    tab = True


@admin.register(WorkCenter)
class WorkCenterAdmin(ConsoleAdmin):
    """Without shifts it works around the clock."""

    list_display = [
        "code",
        "name",
        "site",
        "kind",
        "shown_hours",
        "shown_reserves",
        "shown_people",
        "supplier",
    ]
    list_filter = ["site", "kind", "is_unlimited"]
    list_select_related = ["site", "supplier"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["supplier"]
    ordering = ["site__code", "code"]
    fields = [
        ("site", "code"),
        "name",
        ("kind", "supplier"),
        ("is_unlimited", "is_limited_by_people"),
        ("order_share", "stock_share"),
        ("clearance", "clearance_name", "clearance_is_checked"),
        ("hourly_cost", "shown_hours"),
    ]
    readonly_fields = ["shown_hours"]
    inlines = [MachineInline, ShiftInline, CalendarExceptionInline, ChangeoverInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkCenter]:
        found: Any = super().get_queryset(request)
        centers: QuerySet[WorkCenter] = found.with_hours().prefetch_related("shifts")
        return centers

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Whoever takes the last shift away may think that nothing is planned there any more."""
        super().save_related(request, form, formsets, change)
        center = self.get_queryset(request).get(pk=form.instance.pk)
        if center.kind == WorkCenter.Kind.INTERNAL and getattr(center, "never_closes", False):
            messages.warning(
                request,
                f"No hours are stated for {center}, so it is planned around the clock. State its shifts if that is not so; "
                "to take a machine out of the plan, make it inactive or plan its maintenance.",
            )

    @display(description="Hours a week")
    def shown_hours(self, center: Any) -> str:
        if center.kind == WorkCenter.Kind.OUTSIDE:
            return "Its supplier's"
        if getattr(center, "never_closes", True):
            return "Around the clock: no shifts are stated"
        shifts = list(center.shifts.all())
        return (
            f"{hours_a_week(shifts):.1f}".removesuffix(".0")
            if shifts
            else "Around the clock, but for exceptions"
        )

    @display(description="People")
    def shown_people(self, center: WorkCenter) -> str:
        return "limit it" if center.is_limited_by_people else "–"

    @display(description="Kept to order / to stock")
    def shown_reserves(self, center: WorkCenter) -> str:
        if not center.reserved_shares:
            return "–"
        return f"{center.order_share:.0%} / {center.stock_share:.0%}"


class DowntimeInline(ReadOnlyInline):
    model = Downtime
    fields = ["kind", "starts_at", "ends_at", "expected_until", "reason"]
    ordering = ["-starts_at", "-pk"]
    per_page = 20


@admin.register(Machine)
class MachineAdmin(ConsoleAdmin):
    list_display = ["code", "name", "work_center", "speed", "batch_limit", "shown_state", "is_active"]
    list_filter = ["work_center__site", "work_center", "is_active"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["work_center"]
    ordering = ["code"]
    fields = [("work_center", "code", "name"), ("speed", "batch_limit", "is_active"), "shown_state"]
    readonly_fields = ["shown_state"]
    inlines = [DowntimeInline, CleaningInline]
    actions = [
        service_action(
            "Report breakdown…",
            services.report_breakdown,
            form=BreakdownForm,
            permission=ADD_DOWNTIME,
            icon="report",
            description="What runs on it is paused, and the plan is made anew.",
        ),
        service_action(
            "Runs again",
            services.restart_machine,
            when=lambda machine: getattr(machine, "is_down", False),
            permission="production.change_downtime",
            icon="check_circle",
            description="Its breakdown or maintenance ends now, and the plan is made anew.",
        ),
        service_action(
            "Plan maintenance…",
            services.plan_downtime,
            form=MaintenanceForm,
            permission=ADD_DOWNTIME,
            icon="build",
        ),
        service_action(
            "Plan overtime…",
            services.plan_overtime,
            form=OvertimeForm,
            permission="production.add_overtime",
            icon="more_time",
            description="It works beside its shifts, and the plan is made anew.",
        ),
        service_action(
            "Record cleaning…",
            services.record_cleaning,
            form=CleaningForm,
            permission="production.add_cleaning",
            icon="cleaning_services",
            description="It counts until something runs on the machine again.",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Machine]:
        found: QuerySet[Machine] = super().get_queryset(request)
        down = Downtime.objects.current(timezone.now()).filter(machine=OuterRef("pk"))
        running = Operation.objects.running().filter(machine=OuterRef("pk"))
        return found.select_related("work_center").annotate(is_down=Exists(down), is_running=Exists(running))

    @display(description="Now")
    def shown_state(self, machine: Any) -> SafeString:
        if getattr(machine, "is_down", False):
            return chip("Down", "late")
        return (
            chip("Running", "running") if getattr(machine, "is_running", False) else chip("Idle", "planned")
        )


@admin.register(Downtime)
class DowntimeAdmin(ReadOnlyAdmin):
    list_display = ["machine", "kind", "starts_at", "ends_at", "expected_until", "reason"]
    list_filter = ["kind", "machine__work_center__site", "machine", ("starts_at", RangeDateTimeFilter)]
    list_filter_submit = True
    list_select_related = ["machine"]
    search_fields = ["machine__code", "machine__name", "reason"]
    ordering = ["-starts_at", "-pk"]
    actions = [
        service_action(
            "End",
            services.end_downtime,
            when=lambda downtime: downtime.ends_at is None or downtime.ends_at > timezone.now(),
            icon="check_circle",
            description="The machine works again from now on; maintenance that has not begun is called off.",
        )
    ]


class QualificationInline(TabularInline):
    model = Qualification
    extra = 0
    fields = ["code", "expires_on"]
    ordering = ["code"]


@admin.register(Operator)
class OperatorAdmin(ConsoleAdmin):
    list_display = ["user", "badge", "site", "shown_qualifications"]
    list_filter = ["site", "qualifications__code"]
    search_fields = ["badge", "user__username", "user__last_name", "qualifications__code"]
    autocomplete_fields = ["user"]
    ordering = ["badge"]
    inlines = [QualificationInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operator]:
        found: QuerySet[Operator] = super().get_queryset(request)
        return found.select_related("user", "site").prefetch_related("qualifications")

    @display(description="Qualified for")
    def shown_qualifications(self, operator: Operator) -> str:
        today = timezone.now().astimezone(operator.site.zone).date()
        rows = sorted(operator.qualifications.all(), key=lambda row: row.code)
        return ", ".join(row.code if row.is_valid(today) else f"{row.code} (lapsed)" for row in rows) or "–"
