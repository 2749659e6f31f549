"""Which policy an item is kept by: its own, else that of the class it is in, else that of all, else the defaults."""

from collections.abc import Iterable, Mapping, Sequence

from forecasting import policy
from forecasting.models import ForecastRun, StockPolicy, StockTarget
from forecasting.pipeline import Outlook
from inventory.models import Item

YEAR_DAYS = 364


def standings(found: Sequence[Outlook]) -> dict[int, policy.Class]:
    """The class of each item, by its key: by what was asked for in the last year, at cost, and how far the forecast errs."""
    usages = [_usage(one) for one in found]
    return {
        one.history.item.pk: standing for one, standing in zip(found, policy.classify(usages), strict=True)
    }


def policies_of(
    items: Iterable[Item], standing: Mapping[int, policy.Class] | None = None
) -> dict[int, StockPolicy]:
    """The stock policy of each item, by its key.

    :param standing: the classes of a run under way; otherwise those of the newest run done count.
    """
    wanted = {item.pk: item for item in items}
    own = {row.item_id: row for row in StockPolicy.objects.filter(item__in=list(wanted))}
    of_classes = sorted(StockPolicy.objects.of_classes(), key=_how_general)
    if not of_classes:
        return {pk: own.get(pk) or StockPolicy(item=item) for pk, item in wanted.items()}
    names = _names(wanted, standing)
    return {pk: own.get(pk) or _of_class(item, names.get(pk), of_classes) for pk, item in wanted.items()}


def _of_class(item: Item, names: tuple[str, str] | None, of_classes: Sequence[StockPolicy]) -> StockPolicy:
    """An item that no run has classed yet is one of all."""
    for row in of_classes:
        if row.covers(*(names or ("", ""))):
            return row
    return StockPolicy(item=item)


def _how_general(row: StockPolicy) -> int:
    return (not row.abc) * 2 + (not row.xyz)


def _names(
    items: Mapping[int, Item], standing: Mapping[int, policy.Class] | None
) -> dict[int, tuple[str, str]]:
    if standing is not None:
        return {pk: (one.abc.value, one.xyz.value) for pk, one in standing.items()}
    newest = ForecastRun.objects.latest_done()
    rows = StockTarget.objects.filter(run=newest, item__in=list(items)).values_list("item", "abc", "xyz")
    return {item: (abc, xyz) for item, abc, xyz in rows}


def _usage(one: Outlook) -> policy.Usage:
    item = one.history.item
    weeks = one.history.series.values[-YEAR_DAYS // 7 :]
    a_week = float(weeks.mean()) if weeks.size else 0.0
    foreseen = one.over(policy.FORESEEN_DAYS)
    error = foreseen.deviation / foreseen.mean if foreseen.mean > 0 else 9.99
    return policy.Usage(a_week * 365 / 7 * float(item.unit_cost or item.unit_price), error)
