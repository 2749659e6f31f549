"""Control charts: what one characteristic does over time, and what of it is not chance.

A chart gathers points from measurements as they are recorded. While its limits are being established it only gathers; a person then
fixes them, from these points or as given, and from there on each point is judged: a rule that finds a pattern leaves a signal, and
the chart's own table of rules says what happens then. Points and signals are never changed; a corrected measurement makes a point
that replaces the one before. Limits are rows too, so that every signal can be read against those that were in force.
"""

from typing import Any, ClassVar, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from mes.core.states import AppendOnly, Stateful
from quality import spc
from quality.models.inspections import Inspection
from quality.models.nonconformances import Nonconformance
from quality.models.plans import Characteristic


class ControlChartQuerySet(models.QuerySet["ControlChart"]):
    def live(self) -> Self:
        return self.exclude(status=ControlChart.Status.RETIRED)

    def watching(self, characteristic: Characteristic, line: str) -> Self:
        """Live charts of this characteristic, under whichever revision of its plan, made on that line."""
        return self.live().filter(
            Q(line="") | Q(line=line),
            characteristic__plan__code=characteristic.plan.code,
            characteristic__number=characteristic.number,
            characteristic__name=characteristic.name,
        )

    def with_state(self) -> Self:
        """Adds `waiting`, signals that nobody has acknowledged, `oldest` of them, `points_count`, `last_at` and `top_source`, the last
        point that limits were ever taken from.
        """
        waiting = ChartSignal.objects.waiting().filter(chart=OuterRef("pk")).order_by().values("chart")
        points = ChartPoint.objects.standing().filter(chart=OuterRef("pk")).order_by().values("chart")
        limits = ChartLimits.objects.filter(chart=OuterRef("pk")).newest_first()
        return self.annotate(
            waiting=Subquery(waiting.annotate(count=Count("pk")).values("count")),
            oldest=Subquery(waiting.annotate(first=Min("at")).values("first")),
            points_count=Subquery(points.annotate(count=Count("pk")).values("count")),
            last_at=Subquery(points.annotate(last=Max("at")).values("last")),
            top_source=Subquery(limits.annotate(top=Coalesce("last", F("first") - 1)).values("top")[:1]),
        )


@pghistory.track()
class ControlChart(Stateful):
    """One chart of one characteristic."""

    class Status(models.TextChoices):
        ESTABLISHING = "establishing", "Limits being established"
        FIXED = "fixed", "Limits fixed"
        RETIRED = "retired", "Retired"

    class Kind(models.TextChoices):
        XBAR_R = "xbar_r", "X̄ and R"
        XBAR_S = "xbar_s", "X̄ and s"
        I_MR = "i_mr", "Individuals and moving range"
        P = "p", "p: share nonconforming"
        NP = "np", "np: number nonconforming"
        C = "c", "c: nonconformities"
        U = "u", "u: nonconformities per unit"

    TRANSITIONS: ClassVar = {
        Status.ESTABLISHING: {Status.FIXED, Status.RETIRED},
        Status.FIXED: {Status.ESTABLISHING, Status.RETIRED},
    }
    MEASURED: ClassVar = frozenset({Kind.XBAR_R, Kind.XBAR_S, Kind.I_MR})
    WHOLE_SAMPLE: ClassVar = frozenset({Kind.P, Kind.U})

    name = models.CharField(max_length=120)
    characteristic = models.ForeignKey(
        Characteristic,
        on_delete=models.PROTECT,
        related_name="charts",
        help_text="The chart goes on under later revisions of the plan, while number and name stay",
    )
    line = models.CharField(
        max_length=40, blank=True, help_text="Only what was made on this machine or line; empty: wherever"
    )
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.XBAR_R)
    subgroup_size = models.PositiveIntegerField(
        default=5,
        help_text="Consecutive pieces of an inspection that make a point; 1 for individuals; p and u take the whole sample",
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.ESTABLISHING, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField(editable=False)

    objects: ClassVar = ControlChartQuerySet.as_manager()

    class Meta(Stateful.Meta):
        permissions = [("fix_limits", "Can fix control limits and acknowledge signals")]
        constraints = [
            models.UniqueConstraint(
                fields=["characteristic", "kind", "line"],
                condition=~Q(status="retired"),
                name="one_live_chart_of_a_kind_per_characteristic_and_line",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["xbar_r", "xbar_s"], subgroup_size__range=(2, spc.LARGEST_SUBGROUP))
                | Q(kind__in=["i_mr", "p", "u"], subgroup_size=1)
                | Q(kind__in=["np", "c"], subgroup_size__gte=1),
                name="a_subgroup_has_a_size_that_its_chart_can_take",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_measured(self) -> bool:
        """Whether values are plotted, not counts."""
        return self.kind in self.MEASURED


@pghistory.track()
class ChartRule(models.Model):
    """A rule that is on for a chart, with what a signal of it sets off. Every signal is told to the chart's owner."""

    chart = models.ForeignKey(ControlChart, on_delete=models.CASCADE, related_name="rules")
    rule = models.PositiveSmallIntegerField(
        choices=[(rule, f"{rule}: {spc.describe(rule)}") for rule in spc.RULES]
    )
    points = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="In a row, where books differ: rule 2 (7 to 9), rule 3 (6 or 7), rule 4 (14 or 15); empty: Nelson's",
    )
    holds_lot = models.BooleanField("hold the lot", default=False)
    asks_sample = models.BooleanField("ask for another sample", default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chart", "rule"], name="a_rule_is_on_once_per_chart"),
            models.CheckConstraint(condition=Q(rule__range=(1, 8)), name="rules_count_from_one_to_eight"),
            models.CheckConstraint(
                condition=Q(points__isnull=True)
                | Q(rule=2, points__range=(7, 9))
                | Q(rule=3, points__range=(6, 7))
                | Q(rule=4, points__range=(14, 15)),
                name="a_row_is_as_long_as_some_book_says",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chart}: rule {self.rule}"


class ChartLimitsQuerySet(models.QuerySet["ChartLimits"]):
    def newest_first(self) -> Self:
        return self.order_by("-pk")


class ChartLimits(AppendOnly):
    """Limits that a person fixed, from the points `first` to `last` but for those excluded, or as given."""

    chart = models.ForeignKey(ControlChart, on_delete=models.PROTECT, related_name="limits")
    center = models.FloatField(help_text="Of what is plotted")
    sigma = models.FloatField(help_text="Of one value, piece or unit; see quality.spc.Limits")
    spread = models.FloatField(
        null=True, blank=True, help_text="Mean range, standard deviation or moving range"
    )
    first = models.PositiveIntegerField(help_text="The first point that these limits are about")
    last = models.PositiveIntegerField(null=True, blank=True, help_text="Of their source; empty: given")
    excluded = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    subgroups = models.PositiveIntegerField(default=0, help_text="How many they were taken from; 0: given")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar = ChartLimitsQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(sigma__gt=0), name="a_process_varies_at_least_a_little"),
            models.CheckConstraint(condition=~Q(reason=""), name="limits_are_fixed_for_a_reason"),
        ]
        indexes = [models.Index(fields=["chart", "-id"], name="limits_by_chart")]

    def __str__(self) -> str:
        return f"limits of {self.chart} from {self.at:%Y-%m-%d}"

    def as_limits(self, chart: ControlChart) -> spc.Limits:
        n = chart.subgroup_size if chart.kind in {"xbar_r", "xbar_s", "np"} else 1
        kind: Any = str(chart.kind)
        return spc.Limits(kind, n, self.center, self.sigma, self.spread, self.subgroups)


class ChartPointQuerySet(models.QuerySet["ChartPoint"]):
    def standing(self) -> Self:
        """Points that no later one replaces."""
        return self.filter(replaced_by__isnull=True)

    def in_order(self) -> Self:
        return self.order_by("sequence", "pk")

    def last_of_each_chart(self, count: int) -> Self:
        """The last so many points of each chart, by one pass over them."""
        newest = ChartPoint.objects.filter(chart=OuterRef("chart")).order_by("-sequence").values("sequence")
        return self.filter(sequence__gt=Subquery(newest[:1]) - count)


class ChartPoint(AppendOnly):
    """One subgroup as it was plotted: pieces `first_piece` to `last_piece` of one inspection."""

    chart = models.ForeignKey(ControlChart, on_delete=models.PROTECT, related_name="points")
    sequence = models.PositiveIntegerField(help_text="Counts from 1 in the order of plotting")
    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="+")
    first_piece = models.PositiveIntegerField()
    last_piece = models.PositiveIntegerField()
    value = models.FloatField(help_text="Mean, individual, share or count, as the kind of chart plots it")
    spread = models.FloatField(null=True, blank=True, help_text="Range or standard deviation within")
    size = models.PositiveIntegerField(help_text="Pieces")
    values = ArrayField(models.FloatField(), help_text="What was measured; of what is counted, how many")
    at = models.DateTimeField(help_text="When its last piece was measured")
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    objects: ClassVar = ChartPointQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["chart", "sequence"],
                condition=Q(replaces__isnull=True),
                name="one_first_point_per_chart_and_place",
            ),
            models.UniqueConstraint(
                fields=["chart", "inspection", "first_piece"],
                condition=Q(replaces__isnull=True),
                name="a_piece_is_plotted_once_per_chart",
            ),
            models.CheckConstraint(
                condition=Q(size__gt=0, sequence__gt=0, last_piece__gte=F("first_piece")),
                name="a_point_stands_for_some_pieces",
            ),
        ]
        indexes = [models.Index(fields=["chart", "-sequence"], name="point_by_chart")]

    def __str__(self) -> str:
        return f"point {self.sequence} of {self.chart}"


class ChartSignalQuerySet(models.QuerySet["ChartSignal"]):
    def waiting(self) -> Self:
        """Signals that nobody has acknowledged, of points that still stand, on charts that are still kept."""
        return self.filter(acknowledgement__isnull=True, point__replaced_by__isnull=True).exclude(
            chart__status=ControlChart.Status.RETIRED
        )

    def oldest_first(self) -> Self:
        return self.order_by("at", "pk")


class ChartSignal(AppendOnly):
    """A rule found a pattern that ends in this point; what was done about it at once."""

    class Part(models.TextChoices):
        LOCATION = "location", "Level"
        SPREAD = "spread", "Spread"

    chart = models.ForeignKey(ControlChart, on_delete=models.PROTECT, related_name="signals")
    point = models.ForeignKey(ChartPoint, on_delete=models.PROTECT, related_name="signals")
    limits = models.ForeignKey(ChartLimits, on_delete=models.PROTECT, related_name="+")
    rule = models.PositiveSmallIntegerField()
    part = models.CharField(max_length=8, choices=Part, default=Part.LOCATION)
    sentence = models.CharField(max_length=120)
    nonconformance = models.ForeignKey(
        Nonconformance, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sample = models.ForeignKey(
        Inspection,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="It asked for",
    )
    at = models.DateTimeField()

    objects: ClassVar = ChartSignalQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["point", "rule", "part"], name="a_rule_signals_once_per_point_and_part"
            )
        ]
        indexes = [models.Index(fields=["chart", "-id"], name="signal_by_chart")]

    def __str__(self) -> str:
        return f"{self.chart}, point {self.point.sequence}: {self.sentence}"


class SignalAcknowledgement(AppendOnly):
    """Somebody looked into a signal: what caused it and what was done."""

    signal = models.OneToOneField(ChartSignal, on_delete=models.PROTECT, related_name="acknowledgement")
    cause = models.CharField(max_length=300)
    action = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(cause=""), name="an_acknowledgement_names_a_cause")
        ]

    def __str__(self) -> str:
        return f"{self.signal}: {self.cause}"
