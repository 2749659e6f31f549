"""Which policy an item is kept by: its own, else that of the class it is in, else that of all, else the defaults."""

from collections.abc import Iterable, Mapping, Sequence

from forecasting import policy
from forecasting.models import ForecastRun, StockPolicy, StockTarget
from forecasting.pipeline import Outlook, value_a_year
from inventory.models import Item


def standings(
    found: Iterable[Outlook], by_value: Mapping[int, tuple[policy.Abc, float]]
) -> dict[int, policy.Class]:
    """The class of each item, by its key: by what was asked for in the last year, at cost, and how far the forecast errs.

    :param by_value: where each stands by value among all items of its run.
    """
    return {one.history.item.pk: policy.classed(_usage(one), *by_value[one.history.item.pk]) for one in found}


def policies_of(
    items: Iterable[Item], standing: Mapping[int, tuple[str, str]] | None = None
) -> dict[int, StockPolicy]:
    """The stock policy of each item, by its key.

    :param standing: by value and by forecast error, the classes of a run under way; otherwise those of the newest run done count.
    """
    wanted = {item.pk: item for item in items}
    own = {row.item_id: row for row in StockPolicy.objects.filter(item__in=list(wanted))}
    of_classes = sorted(StockPolicy.objects.of_classes(), key=_how_general)
    if not of_classes:
        return {pk: own.get(pk) or StockPolicy(item=item) for pk, item in wanted.items()}
    names = _names(wanted) if standing is None else standing
    return {pk: own.get(pk) or _of_class(item, names.get(pk), of_classes) for pk, item in wanted.items()}


def names_of(standing: Mapping[int, policy.Class]) -> dict[int, tuple[str, str]]:
    """The two letters of each class, by the key of the item."""
    return {pk: (one.abc.value, one.xyz.value) for pk, one in standing.items()}


def _of_class(item: Item, names: tuple[str, str] | None, of_classes: Sequence[StockPolicy]) -> StockPolicy:
    """An item that no run has classed yet is one of all."""
    for row in of_classes:
        if row.covers(*(names or ("", ""))):
            return row
    return StockPolicy(item=item)


def _how_general(row: StockPolicy) -> int:
    return (not row.abc) * 2 + (not row.xyz)


def _names(items: Mapping[int, Item]) -> dict[int, tuple[str, str]]:
    newest = ForecastRun.objects.latest_done()
    rows = StockTarget.objects.filter(run=newest, item__in=list(items)).values_list("item", "abc", "xyz")
    return {item: (abc, xyz) for item, abc, xyz in rows}


def _usage(one: Outlook) -> policy.Usage:
    foreseen = one.over(policy.FORESEEN_DAYS)
    mean = foreseen.mean
    return policy.Usage(value_a_year(one.history), foreseen.deviation / mean if mean > 0 else 9.99)
