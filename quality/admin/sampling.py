"""Sampling schemes, and the sources whose record decides how strictly their lots are inspected."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory.colours import chip
from inventory.quantities import plain
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
from quality.forms.sampling import SchemeForm, SteadinessForm
from quality.models import Inspection, InspectionPlan, SamplingScheme, SamplingSource, SeverityChange

LOTS_SHOWN = 20


Kind = SamplingScheme.Kind
# Of which kinds a field means something; of the others it is not shown.
_OF_KINDS: Mapping[str, Collection[str]] = {
    "size": (Kind.FIXED, Kind.PERCENT),
    "accept": (Kind.ALL, Kind.FIXED, Kind.PERCENT),
    "aql": SamplingScheme.BY_AQL,
    "level": SamplingScheme.BY_AQL,
    "counts": SamplingScheme.BY_STANDARD,
    "switches": SamplingScheme.BY_STANDARD,
    "reduces": SamplingScheme.BY_STANDARD,
    "reduction_limit": SamplingScheme.BY_STANDARD,
}


def _shown_for(kinds: Collection[str]) -> str:
    """As the page's script asks it; whoever may only look at a scheme has no field to choose its kind in."""
    return f"typeof kind === 'undefined' || {sorted(map(str, kinds))}.includes(kind)"


@admin.register(SamplingScheme)
class SamplingSchemeAdmin(ConsoleAdmin):
    """Its page shows what means something for its kind."""

    list_display = ["name", "kind", "sample", "stricter", "skipping", "source"]
    list_filter = ["kind", "level", "source"]
    search_fields = ["name"]
    ordering = ["name"]
    form = SchemeForm
    conditional_fields: ClassVar = {name: _shown_for(kinds) for name, kinds in _OF_KINDS.items()} | {
        "source": f"{_shown_for(SamplingScheme.BY_STANDARD)} || skip_every"
    }

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may change it sees the fields of the kind that he chooses, others those of the kind that it has."""
        rows: list[tuple[str, ...]] = [
            ("name", "kind"),
            ("size", "accept"),
            ("aql", "level", "counts"),
            ("switches", "reduces"),
            ("reduction_limit",),
        ]
        if obj is not None and not self.has_change_permission(request, obj):
            rows = [_fitting(row, obj.kind) for row in rows]
        return [
            (
                None,
                {
                    "fields": [row for row in rows if row],
                    "description": "Of what goes by an AQL the sample follows from the lot's size, the AQL and the level (MIL-STD-105E; "
                    "a plan of ISO 2859-1 differs in its reduced table). With zero acceptance it is the sample that protects as well as "
                    "that plan, and none of it may fail; it grows neither stricter nor milder.",
                },
            ),
            ("Skipping lots", {"fields": [("skip_qualifies", "skip_every")]}),
            ("Whose lots, and when to stop", {"fields": [("source", "stops_early")]}),
        ]

    @display(description="Sample", ordering="kind")
    def sample(self, scheme: SamplingScheme) -> str:
        if scheme.by_aql:
            accepted = ", none may fail" if scheme.kind == Kind.ZERO else ""
            return f"AQL {plain(scheme.aql or Decimal(0))}, level {scheme.level}{accepted}"
        size = plain(scheme.size or Decimal(0))
        drawn = {Kind.FIXED: f"{size} of each lot", Kind.PERCENT: f"{size} %"}.get(
            Kind(scheme.kind), "all of it"
        )
        return f"{drawn}, {scheme.accept or 'none'} may fail"

    @display(description="Stricter or milder")
    def stricter(self, scheme: SamplingScheme) -> str:
        if not scheme.is_switching:
            return "always alike"
        return "switches" if scheme.reduces else "switches, never reduced"

    @display(description="Skips lots", ordering="skip_every")
    def skipping(self, scheme: SamplingScheme) -> str:
        rule = scheme.skip_rule
        return f"one of {rule.every} inspected after {rule.qualify}" if rule else "no"


def _fitting(row: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """Of a row of fields those that mean something for a kind."""
    return tuple(name for name in row if kind in _OF_KINDS.get(name, (kind,)))


def _may_be_reduced(source: SamplingSource) -> bool:
    """Whether it means anything that production is steady there: that allows reduced inspection, and nothing else."""
    scheme = _scheme_of(source)
    return scheme is not None and scheme.is_switching and scheme.reduces


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
            when=_may_be_reduced,
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
        scheme = _scheme_of(source)
        return {
            "source": source,
            "severity": self.shown_severity(source),
            # What it was once judged by is told also where its plan is judged otherwise by now.
            "switches": (scheme is not None and scheme.is_switching) or source.changes.exists(),
            "outlook": _outlook(source, scheme),
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


def _scheme_of(source: SamplingSource) -> SamplingScheme | None:
    """That of the plan in force."""
    plan = InspectionPlan.objects.effective().filter(code=source.plan_code).select_related("sampling").first()
    return plan.sampling if plan is not None else None


def _outlook(source: SamplingSource, scheme: SamplingScheme | None) -> list[str]:
    """What would make its inspection stricter, milder or rarer."""
    told = []
    if scheme is not None and scheme.is_switching:
        told += sampling.what_switches_next(
            source.switching, scheme.switching_rules, is_steady=source.is_steady
        )
    if scheme is not None and scheme.skip_rule is not None:
        told.append(sampling.what_skips_next(source.skipping, scheme.skip_rule))
    return told
