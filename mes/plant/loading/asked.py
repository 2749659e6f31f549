"""What is asked for: stock policies, demand and the profiles it is drawn from."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from forecasting.models import StockPolicy
from forecasting.services import DemandPoint, import_demand
from inventory.quantities import LARGEST
from mes.demo.demand import Profile, histories
from mes.plant.loading.session import Loading, upsert
from mes.plant.tables import DemandProfileRow, DemandRow, PolicyRow


def write_policies(loading: Loading) -> None:
    """Stock policies of the file; items made to stock without one are kept by their class's, or by the defaults."""
    policies = {}
    for row in loading.plant.of(PolicyRow):
        item = loading.item(row)
        if not 0 < row.service_level < 1:
            loading.fault(
                row, "service_level", "nobody can promise none or all.", "Write a share between the two: 95%."
            )
        elif row.review_days < 1:
            loading.fault(row, "review_days", "stock is reviewed once a day at most.", "Write 1 or more.")
        elif item is not None:
            policies[item.pk] = StockPolicy(
                item=item,
                measure=row.measure,
                unmet=row.unmet,
                service_level=row.service_level,
                review_days=row.review_days,
                cover_days=row.cover_days,
            )
    update = ["measure", "service_level", "unmet", "review_days", "cover_days"]
    loading.count(PolicyRow, written=upsert(StockPolicy, policies.values(), unique=["item"], update=update))


def write_demand(loading: Loading) -> None:
    """Demand as stated, then demand as drawn; a day that is known is brought to the new number."""
    stated = list(_stated(loading))
    if loading.faults:
        return
    import_demand(stated, by=loading.by, at=loading.at)
    loading.count(DemandRow, written=len(stated))
    drawn = list(_drawn(loading))
    import_demand(drawn, by=loading.by, at=loading.at)
    loading.count(DemandProfileRow, written=len(loading.plant.of(DemandProfileRow)))
    if drawn:
        loading.say(f"  {len(drawn):,} days of demand drawn from profiles")


def _stated(loading: Loading) -> Iterator[DemandPoint]:
    today = loading.at.date()
    for row in loading.plant.of(DemandRow):
        item = loading.item(row)
        if row.quantity >= LARGEST:
            loading.fault(row, "quantity", f"{row.quantity} is more than can be stored.", "Check the unit.")
        elif row.date > today:
            loading.fault(
                row, "date", f"{row.date} has not come yet.", "History ends today; leave the row out."
            )
        elif item is not None:
            yield DemandPoint(item, row.date, round(row.quantity, 4), row.stocked_out)


def _drawn(loading: Loading) -> Iterator[DemandPoint]:
    rows = [(item, row) for row in loading.plant.of(DemandProfileRow) if (item := loading.item(row))]
    items = {row.item: item for item, row in rows}
    profiles = [_profile(row) for _, row in rows if _fits(loading, row)]
    today = min(loading.plant.clock.today, loading.at.date() + timedelta(days=1))
    for history in histories(profiles, today=today, seed=loading.seed):
        for day, quantity, censored in zip(history.dates, history.quantities, history.censored, strict=True):
            yield DemandPoint(items[history.item], day, Decimal(int(quantity)), bool(censored))


def _fits(loading: Loading, row: DemandProfileRow) -> bool:
    if len(row.weekdays) != 7:
        loading.fault(row, "weekdays", f"names {len(row.weekdays)} factors.", "Write seven, Monday first.")
    if row.pack < 1:
        loading.fault(row, "pack", "a pack holds at least one.", "Write 1 or more.")
    return len(row.weekdays) == 7 and row.pack >= 1


def _profile(row: DemandProfileRow) -> Profile:
    return Profile(
        item=row.item,
        per_day=float(row.per_day),
        years=float(row.years),
        growth=float(row.growth),
        spring=float(row.spring),
        summer=float(row.summer),
        november=float(row.november),
        season=row.season,
        weekdays=row.weekdays,
        pack=row.pack,
        promotions=row.promotions,
        lift=float(row.lift),
        wholesale=row.wholesale,
        wholesale_size=float(row.wholesale_size),
        launched=row.launched,
        fading_since=row.fading_since,
        stock_outs=row.stock_outs,
    )
