"""The console of files of demand."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanWidget

from forecasting import services
from forecasting.models import DemandImport
from mes.core.console import ConsoleAdmin
from mes.core.forms import RecordForm
from mes.core.models import User


class ImportForm(RecordForm):
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget,
        help_text="CSV or XLSX with the headings item, date, quantity, and where known revision, unit, customer group, channel, "
        "location, stocked out, returned.",
    )
    leave_out_wrong = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanWidget,
        label="Leave out rows that cannot be taken",
        help_text="Else nothing is taken while a row is wrong. The import keeps a report of what was left out.",
    )

    class Meta:
        model = DemandImport
        fields: list[str] = []


@admin.register(DemandImport)
class DemandImportAdmin(ConsoleAdmin):
    """Adding one imports a file; its page tells of every row that was not taken as it stood."""

    form = ImportForm
    list_display = ["name", "made_at", "by", "rows", "days", "left_out", "noted"]
    list_filter = ["by"]
    list_select_related = ["by"]
    search_fields = ["name"]
    ordering = ["-made_at", "-pk"]
    readonly_fields = ["told_faults", "told_notes"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ["file", "leave_out_wrong"]
        return ["name", ("made_at", "by"), ("rows", "days"), "told_faults", "told_notes"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: DemandImport, form: Any, change: Any) -> None:
        file = form.cleaned_data["file"]
        made = services.import_demand_file(
            file.read(),
            name=file.name,
            leave_out_wrong=form.cleaned_data["leave_out_wrong"],
            by=cast("User", request.user),
            at=timezone.now(),
        )
        obj.pk, obj.name, obj.made_at = made.pk, made.name, made.made_at

    @display(description="Rows left out")
    def left_out(self, row: DemandImport) -> int:
        return len(row.faults)

    @display(description="Notes")
    def noted(self, row: DemandImport) -> int:
        return len(row.notes)

    @display(description="Rows left out")
    def told_faults(self, row: DemandImport) -> SafeString | str:
        lines = ((each["row"], each["column"], each["what"], each["remedy"]) for each in row.faults)
        return format_html_join("", "<div>Row {}, {}: {} {}</div>", lines) or "None."

    @display(description="Taken otherwise than they stood")
    def told_notes(self, row: DemandImport) -> SafeString | str:
        lines = ((each["row"], each["what"]) for each in row.notes)
        return format_html_join("", "<div>Row {}: {}</div>", lines) or "None."
