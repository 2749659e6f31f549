"""First articles (AS9102 Rev C): the inspection that shows that a way of making a part makes it as drawn.

The report itself is a paper; here stands what it was done under, so that a change since then can be told.
"""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.models import Item
from mes.core.states import AppendOnly
from mes.papers.models import Paper
from production.models.orders import Batch


class FirstArticleQuerySet(models.QuerySet["FirstArticle"]):
    def of_part(self, number: str) -> Self:
        """Of a part number under any revision, that of what was made last first: one issued again is no newer for it."""
        made_last = models.F("batch__finished_at").desc(nulls_last=True)
        return self.filter(item__number=number).order_by(made_last, "-at", "-pk")


class FirstArticle(AppendOnly):
    """One first article inspection, full or partial, and the circumstances that it vouches for."""

    class Scope(models.TextChoices):
        FULL = "full", "Full"
        PARTIAL = "partial", "Partial"

    paper = models.OneToOneField(Paper, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="first_articles")
    scope = models.CharField(max_length=7, choices=Scope, default=Scope.FULL)
    baseline = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="partials",
        help_text="The first article that a partial one builds on",
    )
    circumstances = models.JSONField(
        help_text="Revision, process plan, site, tools and sources that it was done under"
    )
    has_nonconformance = models.BooleanField(help_text="Whether it contains a documented nonconformance")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar = FirstArticleQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="full", baseline__isnull=True) | Q(scope="partial", baseline__isnull=False),
                name="a_partial_first_article_has_its_baseline",
            ),
            models.CheckConstraint(condition=~Q(baseline=F("pk")), name="no_first_article_builds_on_itself"),
        ]
        indexes = [models.Index(fields=["item", "-at"], name="first_article_by_item")]

    def __str__(self) -> str:
        return str(self.paper)

    @property
    def told(self) -> str:
        """Its number, whether it is full, and what a partial one builds on."""
        builds_on = f", builds on {self.baseline}" if self.baseline else ""
        return f"{self} ({self.get_scope_display().lower()}{builds_on})"
