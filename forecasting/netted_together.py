"""Which items of a run hang together when it is netted: by bills of material, and by families that are set up at once."""

from collections.abc import Iterator
from itertools import pairwise

from forecasting.lot_rules import joint_families
from forecasting.models import ForecastRun, StockTarget
from forecasting.netting import Group, groups
from inventory.models import Item
from production.models import Component, ProcessPlan


def groups_of(run: ForecastRun) -> list[Group]:
    """All items that are netted, in groups that nothing binds to one another: those with a target, and whatever is made or taken by a plan in
    force; in four queries.
    """
    parts = list(_parts())
    stocked = set(StockTarget.objects.filter(run=run).values_list("item", flat=True))
    in_bills = {key for part in parts for key in part}
    active = set(
        Item.objects.filter(is_active=True, pk__any_of=in_bills - stocked).values_list("pk", flat=True)
    )
    items = stocked | active
    families = joint_families(items).values()
    return groups(sorted(items), [*parts, *(tie for members in families for tie in pairwise(members))])


def _parts() -> Iterator[tuple[int, int]]:
    """What is made and what it takes, by plans in force."""
    rows = Component.objects.filter(plan__in=ProcessPlan.objects.effective())
    yield from rows.values_list("plan__item", "item")
