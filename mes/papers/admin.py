"""Papers in the console: the list to search, and each as it reads."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from mes.core.console import ReadOnlyAdmin, TellingAdmin, link_to
from mes.core.permissions import RightMissing
from mes.papers import services
from mes.papers.files import pdf_file, workbook_file
from mes.papers.models import Paper

LINKED = 24


def linked(references: Sequence[str]) -> list[SafeString]:
    """What a paper tells of, each with its kind as a link to its page, one query for a kind; what is gone is left out.

    :param references: as `app.model:key`.
    """
    keys: dict[str, list[int]] = {}
    for kind, _, key in (each.partition(":") for each in references):
        keys.setdefault(kind, []).append(int(key))
    return [
        format_html("{} {}", apps.get_model(kind)._meta.verbose_name, link_to(thing))
        for kind, wanted in keys.items()
        for thing in _in_order(apps.get_model(kind), wanted)
    ]


def _in_order(model: type[Model], keys: Sequence[int]) -> list[Model]:
    found = model._default_manager.in_bulk(keys)
    return [found[key] for key in keys if key in found]


class StandingFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("current", "Current"), ("superseded", "Superseded")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Paper]) -> QuerySet[Paper]:
        if self.value() not in {"current", "superseded"}:
            return queryset
        return queryset.filter(superseded_by__isnull=self.value() == "current")


@admin.register(Paper)
class PaperAdmin(ReadOnlyAdmin, TellingAdmin):
    change_form_outer_before_template = "papers/in_console.html"
    list_display = ["number", "shown_revision", "kind", "subject_name", "issued_at", "issued_by", "standing"]
    list_filter = ["kind", StandingFilter, ("issued_at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["issued_by"]
    search_fields = ["number", "subject_name"]
    search_help_text = "Number of the paper, or of an order, shipment, batch or lot that it tells of"
    ordering = ["-issued_at", "-pk"]
    fields = [("shown_subject", "issued_at", "issued_by"), "shown_concerns", "reason"]
    readonly_fields = ["shown_subject", "shown_concerns"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paper]:
        papers: Any = super().get_queryset(request)
        found: QuerySet[Paper] = papers.with_standing().without_content()
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Paper], search_term: str
    ) -> tuple[QuerySet[Paper], bool]:
        """Papers by their own number or subject, or by any number that they tell of."""
        term = search_term.strip()
        if not term:
            return queryset, False
        own = Q(number__icontains=term) | Q(subject_name__icontains=term)
        return queryset.filter(own | Q(names__contains=[term])), False

    @display(description="Revision", ordering="revision")
    def shown_revision(self, paper: Paper) -> str:
        return f"rev {paper.revision}"

    @display(description="Standing", label={"Current": "success", "Superseded": "danger"})
    def standing(self, paper: Any) -> str:
        return "Current" if paper.replaced_by is None else "Superseded"

    @display(description="Issued for")
    def shown_subject(self, paper: Paper) -> SafeString:
        return format_html_join("", "{}", ((link,) for link in linked([paper.subject])))

    @display(description="Tells of")
    def shown_concerns(self, paper: Paper) -> SafeString:
        others = [each for each in paper.concerns if each != paper.subject]
        links = format_html_join(" · ", "{}", ((link,) for link in linked(others[:LINKED])))
        more = f" and {len(others) - LINKED} more" if len(others) > LINKED else ""
        return format_html("{}{}", links or "nothing else", more)

    def told_of(self, obj: Any) -> dict[str, Any]:
        paper: Any = Paper.objects.with_standing().select_related("print").get(pk=obj.pk)
        address = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        replaced = paper.replaced_by is not None
        buttons = [
            ("PDF", reverse(f"{address}_pdf", args=[paper.pk]), True),
            ("Copy, stamped", reverse(f"{address}_pdf", args=[paper.pk]) + "?copy=1", True),
            ("Page to print", reverse(f"{address}_screen", args=[paper.pk]), True),
        ]
        if paper.content["document"]["layout"] == "sheet":
            buttons.append(("Workbook", reverse(f"{address}_workbook", args=[paper.pk]), False))
        word = f"Superseded by rev {paper.replaced_by}" if replaced else "Current"
        return {
            "paper": paper,
            "buttons": [{"label": label, "href": href, "new_tab": tab} for label, href, tab in buttons],
            "state": {"level": "late" if replaced else "done", "word": word},
            "stamp": services.stamp_on(paper),
            "revisions": list(
                Paper.objects.filter(number=paper.number).without_content().order_by("revision")
            ),
        }

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"papers_paper_{name}")
            for name, view in (("pdf", self.pdf), ("screen", self.screen), ("workbook", self.workbook))
        ]
        return [*own, *super().get_urls()]

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        return pdf_file(self._asked(request, pk), copy="copy" in request.GET)

    def screen(self, request: HttpRequest, pk: int) -> HttpResponse:
        paper = self._asked(request, pk)
        return render(request, "papers/screen.html", self.told_of(paper))

    def workbook(self, request: HttpRequest, pk: int) -> HttpResponse:
        return workbook_file(self._asked(request, pk))

    def _asked(self, request: HttpRequest, pk: int) -> Paper:
        if not self.has_view_permission(request):
            raise RightMissing("papers.view_paper")
        return get_object_or_404(Paper, pk=pk)
