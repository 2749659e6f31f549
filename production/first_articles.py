"""When a first article is due: never done, changed since, or two years without production (AS9102 Rev C, 4.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inventory.models import Item
from production.models import Batch, Component, FirstArticle, ProcessPlan, Step, ToolNeed
from quality.models import InspectionPlan, Stage

LAPSE_MONTHS = 24
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
    """Why a first article is due, and what a partial one would build on."""

    reasons: tuple[str, ...]
    baseline: FirstArticle | None

    @property
    def sentence(self) -> str:
        return f"First article due because of {'; '.join(self.reasons)}."


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


def due_for(item: Item, at: datetime, plan: ProcessPlan | None = None) -> Due | None:
    """Why a first article of the item is due at `at`; None when none is, or the item needs none.

    :param plan: what it is made by; by default the one in force.
    """
    if not item.needs_first_article:
        return None
    plan = plan or ProcessPlan.objects.effective().filter(item=item).select_related("item__site").first()
    last = FirstArticle.objects.of_part(item.number).select_related("paper", "item", "batch").first()
    if last is None:
        return Due(("a new part: none was done yet",), None)
    if plan is None:
        return None
    reasons = [
        *_changes(last, circumstances_of(plan)),
        *_lapse(item, last, at),
    ]
    return Due(tuple(f"{reason} since {last}" for reason in reasons), last) if reasons else None


def told_of(item: Item, at: datetime) -> str:
    """Whether a first article is due, in one sentence."""
    if not item.needs_first_article:
        return "Not needed for this item."
    due = due_for(item, at)
    if due is not None:
        return due.sentence
    last = FirstArticle.objects.of_part(item.number).select_related("paper").first()
    return f"Done: {last}." if last else "Due once a process plan is in force."


def _changes(last: FirstArticle, now: Mapping[str, Any]) -> list[str]:
    was = last.circumstances
    return [
        sentence.format(now=_told(now[name]), was=_told(was.get(name)))
        for name, sentence in CHANGES.items()
        if now[name] != was.get(name)
    ]


def _lapse(item: Item, last: FirstArticle, at: datetime) -> list[str]:
    """Nothing of the part was finished for two years, counted from the first article or the last batch after it."""
    finished = Batch.objects.filter(
        plan__item__number=item.number, status=Batch.Status.DONE, finished_at__gt=last.at, finished_at__lte=at
    ).order_by("-finished_at")
    produced = finished.values_list("finished_at", flat=True).first()
    since = max(filter(None, [last.at, last.batch.finished_at, produced]))
    if at < _months_after(since, LAPSE_MONTHS):
        return []
    return [f"a lapse of {LAPSE_MONTHS} months: nothing was made after {since:%d %b %Y}"]


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
