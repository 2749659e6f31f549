"""Rework, from the page of either batch: what called for it, what was reworked, and by what."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from inventory.renumbering import numbered_before, renumbered_from
from mes.core.console import link_to
from production.models import Batch


def rework_links(batch: Batch) -> SafeString:
    """Of a rework the report that called for it and the batch that made the goods; of others what reworked theirs. Empty where
    nothing did.
    """
    if batch.lot_id is None:
        return SafeString("")
    if batch.rework_of is not None:
        made = Batch.objects.making().filter(lot__in=numbered_before(batch.lot_id)).order_by("pk")
        goods = format_html_join("", ", of what batch {} made", ((link_to(each),) for each in made))
        return format_html("For {}{}", link_to(batch.rework_of), goods)
    lots = renumbered_from([batch.lot_id])[batch.lot_id]
    again = Batch.objects.filter(lot__in=lots, rework_of__isnull=False).select_related("rework_of")
    links = ((link_to(each), link_to(each.rework_of)) for each in again.order_by("pk") if each.rework_of)
    return format_html_join(" · ", "Batch {} for {}", links)
