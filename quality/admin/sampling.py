"""Sampling schemes, and the sources whose record decides how strictly their lots are inspected."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory.colours import chip
from mes.core.console import (
    ConsoleAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    TellingAdmin,
    link_to,
    service_action,
)
from quality import sampling, services
from quality.colours import INSPECTION_LEVELS, SEVERITY_LEVELS
from quality.forms.reasons import ReasonForm
from quality.forms.sampling import SteadinessForm
from quality.models import Inspection, InspectionPlan, SamplingScheme, SamplingSource, SeverityChange

LOTS_SHOWN = 20


@admin.register(SamplingScheme)
class SamplingSchemeAdmin(ConsoleAdmin):
    list_display = ["name", "kind", "aql", "level", "size", "accept", "source", "switches", "skip_every"]
    list_filter = ["kind", "level", "source"]
    search_fields = ["name"]
    ordering = ["name"]
    fieldsets = [
        (None, {"fields": [("name", "kind")]}),
        ("A share of the lot", {"fields": [("size", "accept")]}),
        (
            "A plan of ANSI/ASQ Z1.4",
            {
                "fields": [("aql", "level", "counts"), ("switches", "reduces"), "reduction_limit"],
                "description": "The sample follows from the lot's size, the AQL and the level (MIL-STD-105E); a plan of ISO 2859-1 "
                "differs in its reduced table.",
            },
        ),
        ("Skipping lots", {"fields": [("skip_qualifies", "skip_every")]}),
        ("Whose lots, and when to stop", {"fields": [("source", "stops_early")]}),
    ]


class SeverityChangeInline(ReadOnlyInline):
    model = SeverityChange
    ordering = ["-at", "-pk"]
    fields = ["at", "before", "became", "why", "inspection", "by"]
    readonly_fields = ["became"]
    show_change_link = False

    @display(description="Now")
    def became(self, change: SeverityChange) -> str:
        return change.became


@admin.register(SamplingSource)
class SamplingSourceAdmin(TellingAdmin, ReadOnlyAdmin):
    """One for each supplier or machine whose lots a plan inspects."""

    list_display = ["plan_code", "item", "supplier", "line", "shown_severity", "since", "because"]
    list_filter = ["is_discontinued", "severity", "item__site"]
    list_select_related = ["item", "supplier"]
    search_fields = ["plan_code", "item__number", "supplier__name", "line"]
    ordering = ["-is_discontinued", "plan_code", "pk"]
    fields = [("plan_code", "item_link"), ("supplier", "line"), "is_steady"]
    readonly_fields = ["item_link"]
    change_form_outer_before_template = "quality/source.html"
    inlines = [SeverityChangeInline]
    actions = [
        service_action(
            "Restart inspection…",
            services.restart_inspection,
            form=ReasonForm,
            when=lambda source: source.is_discontinued,
            icon="restart_alt",
            description="Tightened, from the beginning. Say what was put right.",
        ),
        service_action(
            "Steady or not…",
            services.set_steadiness,
            form=SteadinessForm,
            icon="waves",
            description="While production is not steady, no lot is inspected at reduced severity.",
        ),
    ]

    def told_of(self, source: SamplingSource) -> dict[str, Any]:
        """What would change its severity, and its lots."""
        lots = Inspection.objects.filter(source=source).select_related("lot__item", "plan")
        shown: list[Any] = list(lots.order_by("-opened_at", "-pk")[:LOTS_SHOWN])
        for each in shown:
            each.chip = chip(each.get_status_display(), INSPECTION_LEVELS[Inspection.Status(each.status)])
        return {
            "source": source,
            "severity": self.shown_severity(source),
            "outlook": _outlook(source),
            "lots": shown,
        }

    @display(description="Item", ordering="item__number")
    def item_link(self, source: SamplingSource) -> SafeString:
        return link_to(source.item)

    @display(description="Inspection", ordering="severity")
    def shown_severity(self, source: SamplingSource) -> SafeString:
        if source.is_discontinued:
            return chip("Discontinued", "late")
        return chip(source.severity.capitalize(), SEVERITY_LEVELS[source.severity])


def _outlook(source: SamplingSource) -> list[str]:
    """What would make its inspection stricter, milder or rarer, by the scheme of the plan in force."""
    plan = InspectionPlan.objects.effective().filter(code=source.plan_code).select_related("sampling").first()
    if plan is None or plan.sampling is None:
        return []
    scheme, told = plan.sampling, []
    if scheme.switches and scheme.kind in SamplingScheme.BY_STANDARD:
        told += sampling.what_switches_next(
            source.switching, scheme.switching_rules, is_steady=source.is_steady
        )
    if scheme.skip_rule is not None:
        told.append(sampling.what_skips_next(source.skipping, scheme.skip_rule))
    return told
