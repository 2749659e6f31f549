"""What every app's `admin.py` is built from. Actions are services, refusals are sentences, never an error page.

@admin.register(Operation)
class OperationAdmin(ConsoleAdmin):
    actions = [service_action("Start", services.start_operation)]
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from unfold import admin as unfold
from unfold.dataclasses import UnfoldAction

from mes.core.actions import ServiceAction, service_action
from mes.core.decimals import PlainDecimals
from mes.core.forms import RecordForm, ServiceForm
from mes.core.links import address_of, link_to
from mes.core.permissions import RightMissing
from mes.core.problems import ANTICIPATED, Problem, problem_of
from mes.core.regulated import require_reason
from mes.core.trail import tracked

__all__ = [
    "ConsoleAdmin",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "ServiceForm",
    "StackedInline",
    "TabularInline",
    "TellingAdmin",
    "address_of",
    "link_to",
    "service_action",
    "shown_moment",
]

TRAIL_PAGE, READ_TRAIL = "console:trail", "core.read_trail"


def shown_moment(at: datetime | None) -> str:
    """A moment as people write it, in the zone of the page."""
    return date_format(timezone.localtime(at), "D j M Y, H:i") if at else "–"


class StackedInline(PlainDecimals, unfold.StackedInline):
    """Rows under their parent, one below the other."""

    form: type[ModelForm[Any]] = RecordForm


class TabularInline(PlainDecimals, unfold.TabularInline):
    """Rows under their parent, as a table."""

    form: type[ModelForm[Any]] = RecordForm


class ConsoleAdmin(PlainDecimals, unfold.ModelAdmin):
    """An admin page that knows services and refusals.

    Every `ServiceAction` of `actions` is offered in the list and, where its `when` allows, on the object's page. A save or
    delete that the domain or the database refuses shows why, and keeps what was typed.
    """

    form: type[ModelForm[Any]] = RecordForm
    change_form_after_template: str | None = "core/change_reason.html"
    list_per_page = 50
    actions_detail: Sequence[Any] = ()
    actions_row: Sequence[Any] = ()
    show_full_result_count = False
    warn_unsaved_form = True

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.service_actions = {
            action.__name__: action for action in self.actions or () if isinstance(action, ServiceAction)
        }
        for name, action in self.service_actions.items():
            setattr(self, name, self._button(action))
        on_rows = [name for name, action in self.service_actions.items() if action.on_rows]
        self.actions_detail = [*type(self).actions_detail, *self.service_actions]
        self.actions_row = [*type(self).actions_row, *on_rows]

    def _button(self, action: ServiceAction) -> Callable[..., HttpResponse]:
        """The view behind an action's button, described in the way unfold reads it."""

        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            return action.answer_one(self, request, object_id)

        described: Any = view
        described.short_description = action.short_description
        described.url_path = f"do/{action.slug}"
        described.icon = action.icon
        described.variant = action.variant
        described.attrs = {}
        described.dialog = {"title": action.label}
        return view

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)
        return {name: entry for name, entry in found.items() if self._allowed(name, request)}

    def get_actions_row(self, request: HttpRequest) -> list[UnfoldAction]:
        return [
            action
            for action in super().get_actions_row(request)
            if self._allowed(self._name(action), request)
        ]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """The buttons that make sense for this object in its present state."""
        offered = super().get_actions_detail(request, object_id)
        conditions = {name: action.when for name, action in self.service_actions.items() if action.when}
        target = self.get_object(request, str(object_id)) if conditions else None
        return [
            action
            for action in offered
            if self._allowed(name := self._name(action), request)
            and (name not in conditions or (target is not None and conditions[name](target)))
        ]

    def _name(self, action: UnfoldAction) -> str:
        return str(action.action_name).removeprefix(f"{self.opts.app_label}_{self.opts.model_name}_")

    def _allowed(self, name: str, request: HttpRequest) -> bool:
        action = self.service_actions.get(name)
        return action is None or action.allowed(self, request)

    # --- what was changed of it -----------------------------------------------------------------------------------------

    def has_trail(self, request: HttpRequest) -> bool:
        """Whether the database keeps what is changed of such records, and this person may read it."""
        return self.opts.label_lower in tracked() and request.user.has_perm(READ_TRAIL)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The audit trail of the record. Django's own log knows of nothing that a service did, so it is never shown."""
        if not self.has_trail(request):
            raise RightMissing(READ_TRAIL)
        asked = urlencode({"kind": self.opts.label_lower, "key": object_id})
        return HttpResponseRedirect(f"{reverse(TRAIL_PAGE)}?{asked}")

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context = context | {"show_history": self.has_trail(request)}
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        if change and form.changed_data:
            require_reason(obj, request)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        """Rows below a record are part of it: added, changed or taken away, it is the record that changes."""
        if change and formset.has_changed():
            require_reason(form.instance, request)
            for row in formset.initial_forms:
                if row.has_changed():
                    require_reason(row.instance, request)
        super().save_formset(request, form, formset, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        require_reason(obj, request)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for obj in queryset:
            require_reason(obj, request)
        super().delete_queryset(request, queryset)

    # --- refusals on the way of a plain save or delete ---------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ANTICIPATED as failure:
            self._refusals(request).append(_anticipated(failure, request))
            # Django draws the page of an invalid form with all that was typed; the refusal makes this form invalid.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Any]]:
        form: type[ModelForm[Any]] = super().get_form(request, obj, change=change, **kwargs)
        problems = self._refusals(request)
        if not problems:
            return form

        class Refused(form):  # type: ignore[misc, valid-type]  # a form made at run time
            def clean(self) -> dict[str, Any]:
                cleaned: dict[str, Any] = super().clean()
                for problem in problems:
                    for line in (problem.sentence, *problem.row_faults):
                        self.add_error(None, line)
                return cleaned

        return Refused

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ANTICIPATED as failure:
            messages.error(request, _anticipated(failure, request).sentence)
            return HttpResponseRedirect("../change/")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        try:
            return super().changelist_view(request, extra_context)
        except ANTICIPATED as failure:
            messages.error(request, _anticipated(failure, request).sentence)
            return HttpResponseRedirect(request.get_full_path())

    # --- lists -------------------------------------------------------------------------------------------------------

    def complete(self, rows: Iterable[Any]) -> None:
        """Put to rows what their list shows beside their own columns, read once for all of them."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        self.complete(shown.result_list)
        return shown

    def _refusals(self, request: HttpRequest) -> list[Problem]:
        kept: list[Problem] = request.__dict__.setdefault("console_refusals", [])
        return kept


class TellingAdmin(ConsoleAdmin):
    """A page that shows more of its object than its fields: `told_of` gives its template what else there is to tell."""

    def told_of(self, obj: Any) -> dict[str, Any]:
        """Context of the object's page."""
        raise NotImplementedError

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        told = self.told_of(obj) if obj is not None else {}
        shown: HttpResponse = super().change_view(request, object_id, form_url, (extra_context or {}) | told)
        return shown


class ReadOnlyAdmin(ConsoleAdmin):
    """Rows that people look at but never edit: facts, moves, anything that only services write."""

    change_form_after_template = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Rows shown under their parent, written by services alone."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _anticipated(failure: Exception, request: HttpRequest) -> Problem:
    """The refusal that a failed write is; bugs, and failures of mere reading, go on as they are."""
    problem = problem_of(failure)
    if problem is None or request.method != "POST":
        raise failure
    return problem
