"""Overtime of machines: planned at the machine or by a what-if plan, called off here."""

from django.contrib import admin
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateTimeFilter

from mes.core.console import ReadOnlyAdmin, service_action
from production import services
from production.models import Overtime


@admin.register(Overtime)
class OvertimeAdmin(ReadOnlyAdmin):
    list_display = ["machine", "starts_at", "ends_at", "reason", "by"]
    list_filter = ["machine__work_center__site", "machine", ("starts_at", RangeDateTimeFilter)]
    list_filter_submit = True
    list_select_related = ["machine", "by"]
    search_fields = ["machine__code", "machine__name", "reason"]
    ordering = ["-starts_at", "-pk"]
    actions = [
        service_action(
            "Call off",
            services.call_off_overtime,
            when=lambda overtime: overtime.ends_at > timezone.now(),
            icon="event_busy",
            description="The machine keeps to its shifts from now on, and the plan is made anew.",
        )
    ]
