"""Links to records' own pages in the console."""

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from mes.core.problems import Problem


def address_of(target: Model) -> str | None:
    """The object's page in the console, where it has one."""
    return address_of_key(target._meta.label_lower, target.pk)


def address_of_key(kind: str, key: int) -> str | None:
    """The page of the object of this kind (`app.model`) and key, where the kind has one."""
    try:
        return reverse(f"admin:{kind.replace('.', '_')}_change", args=[key])
    except NoReverseMatch:
        return None


def link_to(target: Model) -> SafeString:
    address = address_of(target)
    return (
        format_html('<a class="underline" href="{}">{}</a>', address, target)
        if address
        else format_html("{}", target)
    )


def told_with_links(problem: Problem) -> SafeString:
    """What is wrong and what to do, and where: links to the pages on which it can be done."""
    links = format_html_join(
        "", " → {} {}", ((each._meta.verbose_name, link_to(each)) for each in problem.see)
    )
    return format_html("{}{}", problem.sentence, links)
