"""When a first article is due: never done, changed since, or two years without production (AS9102 Rev C, 4.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from inventory.models import Item
from production.models import Batch, Component, FirstArticle, ProcessPlan, Step, ToolNeed
from production.models.first_articles import FirstArticleQuerySet
from quality.models import InspectionPlan, Stage

LAPSE_MONTHS = 24
NEW_PART = "a new part, none was done yet"
NOT_NEEDED = "Not needed for this item."
CHANGES = {
    "revision": "design: revision {now} instead of {was}",
    "plan": "process: plan {now} instead of {was}",
    "site": "location: made at {now} instead of {was}",
    "work_centers": "location: work centers {now} instead of {was}",
    "tools": "tooling: {now} instead of {was}",
    "sources": "source: {now} instead of {was}",
    "inspection_plans": "inspection: {now} instead of {was}",
}
"""What each circumstance is called when it changed; AS9102 names design, source, process, inspection method, location and tooling."""


@dataclass(frozen=True)
class Due:
    """Why a first article is due, and the one that it is due since; None of a new part."""

    reasons: tuple[str, ...]
    since: FirstArticle | None

    @property
    def why(self) -> str:
        """As field 14 of form 1 says it."""
        told = "; ".join(self.reasons)
        return f"{told} (since {self.since})" if self.since else told

    @property
    def sentence(self) -> str:
        return f"First article due: {self.why}."


def circumstances_of(plan: ProcessPlan) -> dict[str, Any]:
    """What a first article of a process plan vouches for; four queries.

    :param plan: with its item, its site and supplier loaded.
    """
    item = plan.item
    steps = list(
        Step.objects.filter(plan=plan)
        .select_related("work_center__supplier", "inspection_plan")
        .order_by("sequence")
    )
    tools = ToolNeed.objects.filter(plan=plan).select_related("tool")
    components = Component.objects.filter(plan=plan).select_related("item__supplier")
    final = InspectionPlan.objects.effective().filter(item=item, stage=Stage.FINAL)
    sources = {step.work_center.supplier.code for step in steps if step.work_center.supplier}
    sources |= {each.item.supplier.code for each in components if each.item.supplier}
    return {
        "revision": item.revision,
        "plan": plan.revision,
        "site": item.site.code,
        "work_centers": sorted({step.work_center.code for step in steps}),
        "tools": sorted({need.tool.code for need in tools}),
        "sources": sorted(sources),
        "inspection_plans": sorted(
            {str(step.inspection_plan) for step in steps if step.inspection_plan}
            | {str(each) for each in final}
        ),
    }


def due_for(item: Item, at: datetime) -> Due | None:
    """Why a first article of what is made of the item from now on is due at `at`; None when none is, or the item needs none."""
    if not item.needs_first_article:
        return None
    plan = ProcessPlan.objects.effective().filter(item=item).select_related("item__site").first()
    last = FirstArticle.objects.of_part(item.number).select_related("paper", "item", "batch").first()
    if last is None:
        return Due((NEW_PART,), None)
    return _due_since(last, plan, at) if plan is not None else None


def due_of(batch: Batch, at: datetime) -> Due | None:
    """Why a batch calls for a first article, whether it has one or not: what is different since the last one of a batch made before it.

    :param batch: with its plan, the plan's item and site loaded.
    """
    last = made_before(batch).first()
    return _due_since(last, batch.plan, batch.finished_at or at) if last else Due((NEW_PART,), None)


def made_before(batch: Batch) -> FirstArticleQuerySet:
    """First articles of the part of batches that were made before this one, the last of them first."""
    earlier = FirstArticle.objects.of_part(batch.plan.item.number).exclude(batch=batch)
    if batch.finished_at is not None:
        earlier = earlier.exclude(batch__finished_at__gt=batch.finished_at)
    found: FirstArticleQuerySet = earlier.select_related("paper", "item", "batch")
    return found


def baseline_of(batch: Batch) -> FirstArticle | None:
    """What a partial first article of a batch builds on: the part's last full one of a batch that was made before."""
    return made_before(batch).filter(scope=FirstArticle.Scope.FULL).first()


def told_of(item: Item, at: datetime) -> str:
    """Whether a first article is due, in one sentence."""
    if not item.needs_first_article:
        return NOT_NEEDED
    due = due_for(item, at)
    if due is not None:
        return due.sentence
    last = FirstArticle.objects.of_part(item.number).select_related("paper").first()
    return f"Done: {last}." if last else "Due once a process plan is in force."


def told_of_batch(batch: Batch, at: datetime) -> str:
    """What there is of a batch's own first article, or why it calls for one, or since which one nothing changed.

    :param batch: with its plan, the plan's item and site loaded.
    """
    own = batch.first_articles.select_related("paper", "baseline__paper").order_by("-pk").first()
    if own is not None:
        return f"{own.told}."
    if not batch.plan.item.needs_first_article:
        return NOT_NEEDED
    return told_before_issue(batch, at)


def told_before_issue(batch: Batch, at: datetime) -> str:
    """Why a first article of the batch would be issued, for whoever is about to."""
    due = due_of(batch, at)
    return due.sentence if due else f"Not due: nothing changed since {made_before(batch)[0]}."


def _due_since(last: FirstArticle, plan: ProcessPlan, at: datetime) -> Due | None:
    reasons = (*_changes(last, circumstances_of(plan)), *_lapse(plan.item, last, at))
    return Due(reasons, last) if reasons else None


def _changes(last: FirstArticle, now: Mapping[str, Any]) -> list[str]:
    was = last.circumstances
    return [
        sentence.format(now=_told(now[name]), was=_told(was.get(name)))
        for name, sentence in CHANGES.items()
        if now[name] != was.get(name)
    ]


def _lapse(item: Item, last: FirstArticle, at: datetime) -> list[str]:
    """Nothing of the part was finished for two years at some time since it was: a batch that ends such a time has itself to be inspected so."""
    finished = Batch.objects.filter(
        plan__item__number=item.number, status=Batch.Status.DONE, finished_at__gt=last.at, finished_at__lte=at
    )
    produced = filter(None, finished.order_by("finished_at").values_list("finished_at", flat=True))
    begin = max(filter(None, [last.at, last.batch.finished_at]))
    for since, until in pairwise([begin, *produced, at]):
        if until >= _months_after(since, LAPSE_MONTHS):
            days = [moment.astimezone(item.site.zone).strftime("%-d %b %Y") for moment in (since, until)]
            return [f"a lapse of {LAPSE_MONTHS} months: nothing was made between {days[0]} and {days[1]}"]
    return []


def _months_after(at: datetime, months: int) -> datetime:
    """The same day so many months later; the first of March for the 29th of February."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    try:
        return at.replace(year=year, month=month + 1)
    except ValueError:
        return at.replace(year=year, month=month + 2, day=1)


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value or "none")
