"""Corrective actions: what is done so that something does not happen again, and whether it helped; and what nonconformances cost.

An action is opened for nonconformances (or, as a preventive one, for none), analysed by five whys or in eight disciplines, planned with an owner
and a day, implemented, and judged on a later day by somebody else. Analysis and costs are written down entry by entry: of each question, and
of each kind of cost, the latest entry stands, and the earlier ones stay readable.

Its days are days where the lots are made that it is about: of several plants that of the last to begin it, of a preventive one any of ours.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from inventory.models import Site
from inventory.models.days import day_at
from mes.core.states import AppendOnly, Stateful
from quality.models.nonconformances import CauseCategory, Nonconformance


class CorrectiveActionQuerySet(models.QuerySet["CorrectiveAction"]):
    def unfinished(self) -> Self:
        return self.exclude(status=CorrectiveAction.Status.CLOSED)

    def overdue(self, at: datetime) -> Self:
        """Not implemented by their day, or implemented and not judged by the day on which that was due."""
        today = self._today(at)
        late = Q(status__in=["open", "planned", "not_effective"], due_date__lt=today)
        unjudged = Q(status="implemented", check_date__lt=today)
        return self.filter(late | unjudged)

    def to_judge_today(self, at: datetime) -> Self:
        """Implemented, and this is the day from which it can be seen whether they helped."""
        return self.filter(status="implemented", check_date=self._today(at))

    @staticmethod
    def _today(at: datetime) -> Coalesce:
        """The day at the plant whose lots an action is about; without any, the first that it is at one of ours."""
        about = Nonconformance.objects.filter(actions=OuterRef("pk")).annotate(
            day=day_at(at, "lot__item__site__time_zone")
        )
        plants = Site.objects.annotate(day=day_at(at, "time_zone"))
        return Coalesce(
            Subquery(about.order_by("day").values("day")[:1]),
            Subquery(plants.order_by("day").values("day")[:1]),
            Value(at.date()),
        )


@pghistory.track()
class CorrectiveAction(Stateful):
    """What is done so that it does not happen again."""

    class Kind(models.TextChoices):
        CORRECTIVE = "corrective", "Corrective"
        PREVENTIVE = "preventive", "Preventive"

    class Method(models.TextChoices):
        FIVE_WHYS = "five_whys", "5 whys"
        EIGHT_D = "eight_d", "8D"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        PLANNED = "planned", "Planned"
        IMPLEMENTED = "implemented", "Implemented"
        EFFECTIVE = "effective", "Effective"
        NOT_EFFECTIVE = "not_effective", "Not effective"
        CLOSED = "closed", "Closed"

    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.PLANNED},
        Status.PLANNED: {Status.IMPLEMENTED},
        Status.IMPLEMENTED: {Status.EFFECTIVE, Status.NOT_EFFECTIVE},
        Status.NOT_EFFECTIVE: {Status.PLANNED, Status.CLOSED},
        Status.EFFECTIVE: {Status.CLOSED},
    }

    number = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CORRECTIVE)
    method = models.CharField("analysis by", max_length=9, choices=Method, default=Method.FIVE_WHYS)
    nonconformances = models.ManyToManyField(Nonconformance, blank=True, related_name="actions")
    status = models.CharField(max_length=13, choices=Status, default=Status.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_date = models.DateField(help_text="By when it is implemented")
    cause = models.CharField("root cause", max_length=300, blank=True)
    cause_category = models.CharField(max_length=11, choices=CauseCategory, blank=True)
    plan = models.TextField(blank=True, help_text="What will be done")
    check_date = models.DateField(
        "effectiveness check", null=True, blank=True, help_text="On or after this day it is judged"
    )
    done = models.TextField("what was done", blank=True)
    judgement = models.TextField(blank=True, help_text="What shows that it helped, or did not")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    implemented_at = models.DateTimeField(null=True, blank=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    judged_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = CorrectiveActionQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open") | (~Q(plan="") & ~Q(cause="") & Q(check_date__isnull=False)),
                name="a_planned_action_has_cause_plan_and_check",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["effective", "not_effective", "closed"]) | ~Q(judgement=""),
                name="a_judged_action_says_what_shows_it",
            ),
            models.CheckConstraint(
                condition=Q(judged_by__isnull=True) | ~Q(judged_by=F("owner")),
                name="nobody_judges_their_own_action",
            ),
        ]
        indexes = [
            models.Index(fields=["due_date"], name="corrective_action_open", condition=~Q(status="closed"))
        ]

    def __str__(self) -> str:
        return self.number

    def local_date(self, at: datetime) -> date:
        """The day that a moment is where the lots are made that it is about."""
        return day_of_plants(self.nonconformances.all(), at)


def day_of_plants(about: Iterable[Nonconformance], at: datetime) -> date:
    """The day that a moment is where these nonconformances' lots are made, the earliest of them; of none, that of our plants."""
    found = Nonconformance.objects.filter(pk__in=[each.pk for each in about])
    zones = set(found.values_list("lot__item__site__time_zone", flat=True))
    zones = zones or set(Site.objects.values_list("time_zone", flat=True))
    return min((at.astimezone(ZoneInfo(zone)).date() for zone in zones), default=at.date())


class AnalysisEntry(AppendOnly):
    """An answer to one question of an analysis; the latest of a question stands."""

    class Question(models.TextChoices):
        WHY_1 = "why1", "Why did it happen?"
        WHY_2 = "why2", "Why that?"
        WHY_3 = "why3", "And why that?"
        WHY_4 = "why4", "And why that, in turn?"
        WHY_5 = "why5", "And at the root?"
        D1 = "d1", "D1 Team"
        D2 = "d2", "D2 Problem"
        D3 = "d3", "D3 Containment"
        D4 = "d4", "D4 Root cause"
        D5 = "d5", "D5 Corrective actions chosen"
        D6 = "d6", "D6 Implemented and validated"
        D7 = "d7", "D7 Prevention elsewhere"
        D8 = "d8", "D8 Team recognised"

    action = models.ForeignKey(CorrectiveAction, on_delete=models.PROTECT, related_name="analysis")
    question = models.CharField(max_length=4, choices=Question)
    answer = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "analysis entries"
        constraints = [models.CheckConstraint(condition=~Q(answer=""), name="an_analysis_entry_answers")]

    def __str__(self) -> str:
        return f"{self.action} {self.get_question_display()}"


class CostEntryQuerySet(models.QuerySet["CostEntry"]):
    def standing(self) -> Self:
        """The latest of each nonconformance and kind."""
        latest = (
            CostEntry.objects.filter(
                nonconformance=models.OuterRef("nonconformance"), kind=models.OuterRef("kind")
            )
            .order_by("-pk")
            .values("pk")[:1]
        )
        return self.filter(pk=models.Subquery(latest))


class CostEntry(AppendOnly):
    """What one kind of cost of a nonconformance comes to, with the arithmetic, or with the reason of whoever put it right."""

    class Kind(models.TextChoices):
        MATERIAL = "material", "Material"
        LABOUR = "labour", "Labour"
        OTHER = "other", "Other"

    nonconformance = models.ForeignKey(Nonconformance, on_delete=models.PROTECT, related_name="costs")
    kind = models.CharField(max_length=8, choices=Kind)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    arithmetic = models.CharField(
        max_length=300, help_text="How it was worked out, or why it is put otherwise"
    )
    is_computed = models.BooleanField(default=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar = CostEntryQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "cost entries"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="a_cost_is_not_negative"),
            models.CheckConstraint(condition=~Q(arithmetic=""), name="a_cost_says_how_it_comes_about"),
        ]

    def __str__(self) -> str:
        return f"{self.nonconformance} {self.get_kind_display().lower()}: {self.amount}"
