"""Corrective actions with their analysis."""

from collections.abc import Iterable
from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from inventory.colours import chip
from mes.core.console import ConsoleAdmin, service_action
from mes.core.models import User
from quality import services
from quality.forms import actions as forms
from quality.models import AnalysisEntry, CorrectiveAction
from quality.services.actions import QUESTIONS

Status = CorrectiveAction.Status
LEVELS = {
    Status.OPEN: "planned",
    Status.PLANNED: "running",
    Status.IMPLEMENTED: "risk",
    Status.EFFECTIVE: "done",
    Status.NOT_EFFECTIVE: "late",
    Status.CLOSED: "done",
}


class OverdueFilter(admin.SimpleListFilter):
    title = "overdue"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Overdue")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.overdue(timezone.now()) if self.value() == "yes" else queryset


def is_in(*statuses: str) -> Any:
    return lambda action: action.status in statuses


@admin.register(CorrectiveAction)
class CorrectiveActionAdmin(ConsoleAdmin):
    """Opened here or on a nonconformance's page; every later step is an action."""

    list_display = [
        "number",
        "title",
        "shown_status",
        "overdue",
        "owner",
        "due_date",
        "check_date",
        "cause_category",
    ]
    list_filter = [OverdueFilter, "status", "kind", "cause_category", "owner"]
    list_select_related = ["owner"]
    search_fields = ["number", "title", "cause", "nonconformances__number"]
    ordering = ["due_date", "pk"]
    change_form_outer_before_template = "quality/action.html"
    readonly_fields = ["shown_status"]
    actions = [
        service_action(
            "Answer…",
            services.answer_question,
            form=forms.AnswerForm,
            when=lambda action: action.status != Status.CLOSED,
            icon="psychology",
        ),
        service_action(
            "Plan…",
            services.plan_action,
            form=forms.PlanActionForm,
            when=is_in(Status.OPEN, Status.NOT_EFFECTIVE),
            icon="event",
            variant=ActionVariant.PRIMARY,
        ),
        service_action(
            "Implemented…",
            services.implement_action,
            form=forms.DoneForm,
            when=is_in(Status.PLANNED),
            icon="build",
            variant=ActionVariant.PRIMARY,
        ),
        service_action(
            "Judge…",
            services.judge_action,
            form=forms.JudgeForm,
            when=is_in(Status.IMPLEMENTED),
            icon="fact_check",
            variant=ActionVariant.PRIMARY,
            description="From the day of the check on, by somebody else than its owner.",
        ),
        service_action(
            "Close",
            services.close_action,
            when=is_in(Status.EFFECTIVE, Status.NOT_EFFECTIVE),
            icon="task_alt",
        ),
    ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ["title", ("kind", "method"), ("owner", "due_date"), "nonconformances"]
        return [("number", "shown_status", "kind"), ("opened_by", "opened_at", "closed_at")]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(
            request, obj, change=change, **kwargs | ({} if obj else {"form": forms.NewActionForm})
        )

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return ["nonconformances"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It is changed by its services alone."""
        return obj is None and bool(super().has_change_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CorrectiveAction, form: Any, change: Any) -> None:
        typed = form.cleaned_data | {"nonconformances": list(form.cleaned_data["nonconformances"])}
        made = services.open_action(**typed, by=cast("User", request.user), at=timezone.now())
        obj.__dict__.update(made.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """The service has set them."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[CorrectiveAction]:
        found: QuerySet[CorrectiveAction] = super().get_queryset(request)
        return found.select_related("owner", "opened_by", "judged_by")

    def complete(self, rows: Iterable[Any]) -> None:
        late = set(CorrectiveAction.objects.overdue(timezone.now()).values_list("pk", flat=True))
        for row in rows:
            row.is_late = row.pk in late

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        action = kwargs.get("obj")
        if action is not None:
            context = context | {
                "corrective_action": action,
                "chip": self.shown_status(action),
                "is_late": CorrectiveAction.objects.overdue(timezone.now()).filter(pk=action.pk).exists(),
                "next_step": _next_step(action),
                "analysis": _analysis(action),
                "rounds": _rounds_that_did_not_help(action),
                "about": action.nonconformances.select_related("lot__item").order_by("pk"),
            }
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    @display(description="Status", ordering="status")
    def shown_status(self, action: Any) -> SafeString:
        if not action.pk:
            return SafeString("–")
        return chip(action.get_status_display(), LEVELS[Status(action.status)])

    @display(description="Overdue")
    def overdue(self, action: Any) -> SafeString:
        return chip("Overdue", "late") if action.is_late else SafeString("")


def _next_step(action: CorrectiveAction) -> str:
    """What the action waits for, and of whom."""
    match Status(action.status):
        case Status.OPEN:
            return (
                f"{action.owner} answers the questions below and plans what is done against the root cause."
            )
        case Status.PLANNED:
            return f"{action.owner} has it done by {date_format(action.due_date)} and says what was done."
        case Status.IMPLEMENTED:
            day = date_format(action.check_date) if action.check_date else "now"
            return f"somebody else than {action.owner} judges from {day} on whether it helped."
        case Status.NOT_EFFECTIVE:
            return f"it did not help: {action.owner} plans anew, or it is closed with another in its place."
        case Status.EFFECTIVE:
            return "it helped. Close it."
    return "nothing, it is closed."


def _rounds_that_did_not_help(action: CorrectiveAction) -> list[Any]:
    """What was planned, done and judged in vain before the plan that stands, from the history; the first one first."""
    history = apps.get_model("quality", "CorrectiveActionEvent")._default_manager
    former = history.filter(pgh_obj=action.pk, status=Status.NOT_EFFECTIVE).select_related("judged_by")
    by_judgement = {each.judged_at: each for each in former.order_by("pgh_id")}
    by_judgement.pop(action.judged_at, None)
    return list(by_judgement.values())


def _analysis(action: CorrectiveAction) -> list[dict[str, Any]]:
    """Every question of the method with the answer that stands and how many went before."""
    entries: dict[str, list[AnalysisEntry]] = {}
    for entry in action.analysis.select_related("by").order_by("pk"):
        entries.setdefault(entry.question, []).append(entry)
    return [
        {
            "label": AnalysisEntry.Question(question).label,
            "entry": entries[question][-1] if question in entries else None,
            "earlier": entries.get(question, [])[:-1],
        }
        for question in QUESTIONS[CorrectiveAction.Method(action.method)]
    ]
