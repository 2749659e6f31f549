"""Control charts: drawn live above their settings; set up through the service that begins them."""

from itertools import groupby
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold import widgets
from unfold.decorators import display

from inventory.colours import chip
from mes.core.console import TabularInline, TellingAdmin, service_action
from mes.core.forms import RecordForm
from mes.core.models import User
from quality import services, spc
from quality.charted import current_characteristic, draw
from quality.colours import CHART_LEVELS
from quality.forms.charts import EstablishForm, FixForm, GiveForm, RuleForm, RuleSet
from quality.forms.reasons import ReasonForm
from quality.models import (
    Characteristic,
    ChartPoint,
    ChartRule,
    ChartSignal,
    ControlChart,
    InspectionPlan,
)

FIX = "quality.fix_limits"
SIGNALS_SHOWN = 6
Status = ControlChart.Status


class CharacteristicField(forms.ModelChoiceField[Characteristic]):
    def label_from_instance(self, obj: Characteristic) -> str:
        return _told(obj)


class NewChartForm(RecordForm):
    """A chart to begin: of what, of which kind, under which rules."""

    characteristic = CharacteristicField(
        Characteristic.objects.filter(plan__status=InspectionPlan.Status.APPROVED)
        .select_related("plan__item")
        .order_by("plan__code", "number"),
        widget=widgets.UnfoldAdminSelect2Widget,
        help_text="Of an inspection plan in force. The chart goes on under its later revisions.",
    )
    rule_set = forms.ChoiceField(
        choices=RuleSet.choices,
        initial=RuleSet.WESTERN_ELECTRIC,
        widget=widgets.UnfoldAdminSelectWidget,
        help_text="Each rule, its variant and what it sets off can be chosen on the chart's page.",
    )

    subgroup_size = forms.IntegerField(
        required=False,
        min_value=1,
        widget=widgets.UnfoldAdminIntegerFieldWidget,
        help_text="Consecutive pieces of an inspection that make a point. Empty: 5 for means, 1 for all others; p and u take the whole sample.",
    )

    class Meta:
        model = ControlChart
        fields = ["name", "characteristic", "kind", "subgroup_size", "line", "owner"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False
        self.fields["name"].help_text = "Empty: item and characteristic."


def _told(characteristic: Characteristic) -> str:
    plan = characteristic.plan
    return f"{plan.code}: {characteristic.name} ({plan.item})"


class ChartRuleInline(TabularInline):
    model = ChartRule
    form = RuleForm
    extra = 0
    ordering = ["rule"]
    fields = ["rule", "points", "holds_lot", "asks_sample"]
    verbose_name_plural = "Rules that are on, and what a signal sets off"


@admin.register(ControlChart)
class ControlChartAdmin(TellingAdmin):
    list_display = ["name", "shown_status", "kind", "subgroup_size", "line", "owner"]
    list_filter = ["status", "kind", "owner", "characteristic__plan__item__site"]
    list_select_related = ["owner"]
    search_fields = ["name", "characteristic__name", "characteristic__plan__item__number", "line"]
    ordering = ["name", "pk"]
    fields = [("name", "owner"), ("shown_kind", "shown_characteristic"), ("shown_line", "shown_status")]
    readonly_fields = ["shown_status", "shown_kind", "shown_characteristic", "shown_line"]
    add_fieldsets = [
        (
            None,
            {"fields": ["characteristic", ("kind", "subgroup_size"), "line", "rule_set", ("name", "owner")]},
        )
    ]
    inlines = [ChartRuleInline]
    change_form_outer_before_template = "quality/chart.html"
    actions = [
        service_action(
            "Fix limits…",
            services.fix_limits,
            form=FixForm,
            permission=FIX,
            when=lambda chart: chart.status != Status.RETIRED,
            icon="lock",
            description="From then on every point is judged by these limits; the former ones stay in history.",
        ),
        service_action(
            "Give limits…",
            services.give_limits,
            form=GiveForm,
            permission=FIX,
            when=lambda chart: chart.status != Status.RETIRED,
            icon="edit",
            description="Limits that are known from a qualification; they judge the points from now on.",
        ),
        service_action(
            "Establish anew…",
            services.establish_anew,
            form=EstablishForm,
            permission=FIX,
            when=lambda chart: chart.status == Status.FIXED,
            icon="restart_alt",
            description="The process was changed: points are gathered and not judged until limits are fixed again.",
        ),
        service_action(
            "Retire…",
            services.retire_chart,
            form=ReasonForm,
            permission=FIX,
            when=lambda chart: chart.status != Status.RETIRED,
            icon="archive",
        ),
    ]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Any]]:
        if obj is None:
            kwargs["form"] = NewChartForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return list(self.inlines) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.readonly_fields) if obj else []

    def save_model(self, request: HttpRequest, obj: ControlChart, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made = services.set_up_chart(
            obj.characteristic,
            obj.kind,
            name=obj.name,
            subgroup_size=obj.subgroup_size,
            line=obj.line,
            owner=obj.owner,
            rules=RuleSet(form.cleaned_data["rule_set"]).rules,
            by=cast("User", request.user),
            at=timezone.now(),
        )
        # The page goes on with what the service made.
        obj.__dict__.update(made.__dict__)

    def told_of(self, obj: Any) -> dict[str, Any]:
        """The drawing, and the address that tells when it changes."""
        return side_of(obj) | {
            "chart": obj,
            "data_url": reverse("console:chart-data", args=[obj.pk]),
            "side_url": reverse("console:chart-side", args=[obj.pk]),
        }

    @display(description="Status", ordering="status")
    def shown_status(self, chart: ControlChart) -> SafeString:
        return chip(chart.get_status_display(), CHART_LEVELS[Status(chart.status)])

    @display(description="Kind")
    def shown_kind(self, chart: ControlChart) -> str:
        size = f", subgroups of {chart.subgroup_size}" if chart.subgroup_size > 1 else ""
        return f"{chart.get_kind_display()}{size}"

    @display(description="Characteristic")
    def shown_characteristic(self, chart: ControlChart) -> str:
        return _told(current_characteristic(chart))

    @display(description="Line")
    def shown_line(self, chart: ControlChart) -> str:
        return chart.line or "wherever it is made"


def _signalled(chart: ControlChart) -> list[tuple[ChartPoint, list[ChartSignal], ChartSignal | None]]:
    """The newest points with their signals and the first of these that waits for somebody; points that wait come first, however old."""
    unanswered = ChartSignal.objects.filter(point=OuterRef("point"), acknowledgement__isnull=True)
    signals = (
        chart.signals.filter(point__replaced_by__isnull=True)
        .annotate(waits=Exists(unanswered))
        .select_related(
            "point__inspection__lot", "acknowledgement__by", "nonconformance", "sample__plan", "sample__lot"
        )
    )
    newest = signals.order_by("-waits", "-point", "rule", "pk")[: SIGNALS_SHOWN * len(spc.RULES)]
    found = [
        (point, group, next((each for each in group if not hasattr(each, "acknowledgement")), None))
        for point, group in (
            (point, list(group)) for point, group in groupby(newest, lambda each: each.point)
        )
    ]
    return found[:SIGNALS_SHOWN]


def side_of(chart: ControlChart) -> dict[str, Any]:
    """What stands beside the drawing: signalled points newest first, limits in force and before, capability."""
    drawn = draw(chart)
    capability = drawn.capability
    names = (
        ("cp", "Cp"),
        ("cpk", "Cpk"),
        ("cpm", "Cpm"),
        ("pp", "Pp"),
        ("ppk", "Ppk"),
    )
    return {
        "chart": chart,
        "drawn": drawn,
        "points": (points := _signalled(chart)),
        "waiting_until": max((point.sequence for point, _, waits in points if waits), default=0),
        "waiting_points": sum(waits is not None for _, _, waits in points),
        "history": chart.limits.newest_first().select_related("by")[:6],
        "indices": [
            (label, index)
            for name, label in names
            if capability is not None and (index := getattr(capability, name)) is not None
        ],
    }
