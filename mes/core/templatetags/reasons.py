"""Whether a change, or a deletion, is to be given a reason."""

from typing import Any

from django import template

from mes.core.regulated import is_regulated

register = template.Library()


@register.filter
def needs_reason(record: Any) -> bool:
    """Whether a record changes only with a reason."""
    return is_regulated(record)


@register.simple_tag(takes_context=True)
def deletion_needs_reason(context: Any) -> bool:
    """Whether what a page is about to delete, one record or several, goes only with a reason."""
    several = context.get("queryset")
    records = [context["object"]] if several is None else several
    return any(is_regulated(each) for each in records)
