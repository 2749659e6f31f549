"""Which sites, suppliers, items and units are regulated."""

from collections.abc import Collection

from inventory.models import Item, ItemUnit, Site, Supplier
from mes.core.regulated import part_of, regulates


@regulates(Site)
def _sites(keys: Collection[int]) -> Collection[int]:
    """Those that put their items under the rules."""
    return Site.objects.filter(pk__in=keys, is_regulated=True).values_list("pk", flat=True)


@regulates(Supplier)
def _suppliers(keys: Collection[int]) -> Collection[int]:
    """Those of whom something regulated is bought: they are on the list of approved ones."""
    bought = Item.objects.under_rules().filter(supplier__in=keys)
    return bought.values_list("supplier", flat=True)


@regulates(Item)
def _items(keys: Collection[int]) -> Collection[int]:
    return Item.objects.under_rules().filter(pk__in=keys).values_list("pk", flat=True)


part_of(ItemUnit, "item")
