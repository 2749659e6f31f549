"""Papers as other pages show them: the current ones that tell of something, each a link."""

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from mes.papers.models import Paper

SHOWN = 8


def papers_about(thing: Model) -> SafeString:
    """Links to the newest current papers about this; one query."""
    found = list(
        Paper.objects.about(thing).current().without_content().order_by("-issued_at", "-pk")[: SHOWN + 1]
    )
    if not found:
        return format_html("{}", "None yet.")
    links = format_html_join(
        " · ",
        '<a class="underline" href="{}">{}</a> {}',
        (
            (
                reverse("admin:papers_paper_change", args=[paper.pk]),
                str(paper),
                paper.get_kind_display().lower(),
            )
            for paper in found[:SHOWN]
        ),
    )
    return format_html("{}{}", links, " · more in the list of papers" if len(found) > SHOWN else "")
