"""Cleanings of machines, and gates that somebody answered for."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from inventory.colours import chip
from mes.core.console import ReadOnlyAdmin, ReadOnlyInline, link_to, service_action
from mes.core.signing.pages import ShowsSignatures
from production import services
from production.forms.machines import CheckCleaningForm
from production.models import Cleaning, CleaningCheck, GateOverride


class CleaningInline(ReadOnlyInline):
    model = Cleaning
    fields = ["at", "kind", "by", "shown_check", "note"]
    readonly_fields = ["shown_check"]
    ordering = ["-at", "-pk"]
    per_page = 10

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cleaning]:
        found: QuerySet[Cleaning] = super().get_queryset(request)
        return found.select_related("by", "machine", "check_of_it__by")

    @display(description="Checked")
    def shown_check(self, cleaning: Cleaning) -> SafeString:
        return check_chip(cleaning)


@admin.register(Cleaning)
class CleaningAdmin(ReadOnlyAdmin):
    """Recorded on the machine's page; checked here by a second person."""

    list_display = ["at", "machine", "kind", "by", "shown_check", "note"]
    list_filter = ["machine__work_center", "kind", ("at", RangeDateTimeFilter)]
    list_filter_submit = True
    list_select_related = ["machine", "by", "check_of_it__by"]
    search_fields = ["machine__code", "machine__name", "kind", "note"]
    ordering = ["-at", "-pk"]
    fields = [("machine", "kind"), ("after_link", "at"), ("by", "shown_check"), "note"]
    readonly_fields = ["after_link", "shown_check"]
    actions = [
        service_action(
            "Check…",
            services.check_cleaning,
            form=CheckCleaningForm,
            permission="production.add_cleaningcheck",
            when=lambda cleaning: not CleaningCheck.objects.filter(cleaning=cleaning).exists(),
            icon="visibility",
            description="You looked at the machine yourself, as a second person.",
        )
    ]

    @display(description="After")
    def after_link(self, cleaning: Cleaning) -> SafeString:
        return link_to(cleaning.after) if cleaning.after else SafeString("–")

    @display(description="Checked")
    def shown_check(self, cleaning: Cleaning) -> SafeString:
        return check_chip(cleaning)


@admin.register(GateOverride)
class GateOverrideAdmin(ShowsSignatures, ReadOnlyAdmin):
    list_display = ["at", "gate", "operation_link", "refusal", "reason", "person", "by"]
    list_filter = ["gate", "by", ("at", RangeDateTimeFilter)]
    list_filter_submit = True
    list_select_related = ["operation__batch", "operation__step", "person", "by"]
    search_fields = ["operation__batch__number", "reason", "refusal"]
    ordering = ["-at", "-pk"]
    fields = [("operation_link", "gate"), "refusal", "reason", ("person", "machine"), ("by", "at")]
    readonly_fields = ["operation_link"]

    @display(description="Operation")
    def operation_link(self, override: GateOverride) -> SafeString:
        return link_to(override.operation)


def check_chip(cleaning: Cleaning) -> SafeString:
    """Whether a second person found it clean."""
    check = getattr(cleaning, "check_of_it", None)
    if check is None:
        return chip("Not checked", "planned")
    return chip(f"Clean: {check.by}", "done") if check.is_clean else chip(f"Not clean: {check.by}", "late")
