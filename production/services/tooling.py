"""Whether the tools of an operation are free, as the plan would have it."""

from datetime import datetime

from django.db.models import Sum
from django.utils import timezone

from mes.core.refusals import DomainError
from production.models import Operation, Tool, ToolAbsence


class ToolNotFree(DomainError):
    code = "production.tool_not_free"
    title = "A tool is not free"


def require_tools(operation: Operation, *, at: datetime, locked: bool = True) -> None:
    """Lock the tools that an operation's step needs, in the order of their keys, and see that so many are free.

    :param locked: False only looks.
    :raises ToolNotFree: naming where they are.
    """
    needs = dict(operation.step.tool_needs.values_list("tool", "quantity"))
    if not needs:
        return
    tools = Tool.objects.select_for_update(no_key=True) if locked else Tool.objects.all()
    for tool in tools.filter(pk__in=needs).order_by("pk"):
        away = _away(tool, at)
        running = Operation.objects.running().filter(step__tool_needs__tool=tool).exclude(pk=operation.pk)
        used = list(running.values_list("step__tool_needs__quantity", "pk"))
        free = tool.quantity - away - sum(quantity for quantity, _ in used)
        if free < needs[tool.pk]:
            raise ToolNotFree(
                f"{operation} needs {needs[tool.pk]} of {tool}, and {max(free, 0)} of {tool.quantity} are free: "
                f"{_where(tool, [key for _, key in used], at)}.",
                remedy="Finish or pause that first, or bring another tool.",
            )


def _away(tool: Tool, at: datetime) -> int:
    total: int | None = tool.absences.current(at).aggregate(total=Sum("quantity"))["total"]
    return total or 0


def _where(tool: Tool, users: list[int], at: datetime) -> str:
    places = [
        f"in use at {operation.machine or operation.step.work_center} for {operation}"
        for operation in Operation.objects.filter(pk__in=users)
        .select_related("batch", "step__work_center", "machine")
        .order_by("pk")
    ]
    absences: list[ToolAbsence] = list(tool.absences.current(at).order_by("starts_at", "pk"))
    places += [f"{absence.quantity} away{_until(absence)}" for absence in absences]
    return "; ".join(places) or "the site has no more"


def _until(absence: ToolAbsence) -> str:
    why = absence.reason or absence.get_kind_display().lower()
    back = (
        f"until {timezone.localtime(absence.ends_at):%Y-%m-%d %H:%M %Z}"
        if absence.ends_at
        else "until further notice"
    )
    return f" ({why}) {back}"
