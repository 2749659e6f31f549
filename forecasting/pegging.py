"""Full pegging of one item: what covers each demand of it, and whom each proposal serves, up to the customer's order or the forecast.

Worked out anew from stock, orders and open proposals as they are now, of the item and of all that it goes into, so that it agrees with the
item's page. Proposals that stand are supply here; only components that are planned together with the order that needs them are proposed anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from forecasting import netting
from forecasting.concerned import Concerned
from forecasting.lot_rules import Planned, inspection_days
from forecasting.models import ForecastRun, ItemForecast, Replenishment, StockTarget
from forecasting.netting import Demand, Part, Rule, Supply, Trace, Use
from forecasting.netting.book import NOTHING
from forecasting.netting.kernel.tables import FORECAST, SAFETY
from forecasting.netting.tracing import MADE
from forecasting.pegged import Covered, Pegging, Served, Source
from forecasting.proposals import IN_QUARANTINE, entries_of_all
from forecasting.today import Today, today_at
from inventory.models import Item
from production.models import Component, ProcessPlan

HORIZON_DAYS: Final = 91
_DEEPEST: Final = 30
_DIGITS: Final = 3


def pegging(item: Item, *, at: datetime) -> Pegging:
    """What covers each demand of an item and whom its proposals serve; the number of queries depends on the levels above it alone."""
    return _Pegged(item, at).told()


def serves(proposal: Replenishment, *, at: datetime) -> Sequence[Served]:
    """Whom one proposal serves in the end; nobody once it is not open any more."""
    return pegging(proposal.item, at=at).serves.get(proposal.pk, ())


class _Pegged:
    """An item and all that it goes into, netted with the proposals that stand."""

    def __init__(self, item: Item, at: datetime) -> None:
        self.item, self.at = item, at
        run = ForecastRun.objects.latest_done()
        self.today: Today = today_at(at) if run is None else today_at(at, not_before=run.as_of)
        self.parts = _above(item)
        keys = {item.pk} | {int(part.product) for part in self.parts}
        self.items = {str(one.pk): one for one in Item.objects.filter(pk__in=keys).select_related("site")}
        self.days = HORIZON_DAYS if run is None else max(_left(run, self.today.of(item)), 7)
        means = _means(run, keys)
        planned = [
            Planned(one, means.get(one.pk, [])[_gone(run, self.today.of(one)) :], 0.0, 0.0, 1)
            for one in self.items.values()
        ]
        self.supplies, self.demands = entries_of_all(
            planned, at=at, today=self.today, horizon_days=self.days, by_lot=True
        )
        self.inspected = inspection_days(list(keys), at)
        self.kept = self._kept(run)
        self.proposals: dict[int, Replenishment] = {}
        self.taken_by: dict[int, list[int]] = {}
        self._add_proposals()
        self._tie_batches()
        self.trace = Trace(self._plan(), self.taken_by)

    def _kept(self, run: ForecastRun | None) -> set[str]:
        """Items whose proposals are stored: bought ones, and those with a target of their own."""
        targets = StockTarget.objects.filter(run=run, item__in=[one.pk for one in self.items.values()])
        own = {str(key) for key in targets.values_list("item", flat=True)}
        return own | {key for key, one in self.items.items() if one.supply == Item.Supply.BUY}

    def _add_proposals(self) -> None:
        """Proposals that stand come as supplies, and call for their components on the day on which they begin."""
        by_product: dict[str, list[Part]] = defaultdict(list)
        for part in self.parts:
            by_product[part.product].append(part)
        rows = Replenishment.objects.proposed().filter(item__in=[one.pk for one in self.items.values()])
        for row in rows.select_related("item").order_by("due_date", "pk"):
            key, item = str(row.item_id), self.items[str(row.item_id)]
            due = self.today.number(item, row.due_date) + self.inspected.get(row.item_id, 0)
            self.proposals[len(self.supplies)] = row
            for part in by_product[key]:
                self.taken_by[len(self.demands)] = [len(self.supplies)]
                start = self.today.number(item, row.start_date)
                quantity = float(row.quantity) * part.quantity
                self.demands.append(Demand(part.component, start, quantity, str(item), is_forecast=False))
            self.supplies.append(Supply(key, due, float(row.quantity), "proposal"))

    def _tie_batches(self) -> None:
        """What open batches lack is for what their order brings."""
        brings: dict[int, list[int]] = defaultdict(list)
        for place, supply in enumerate(self.supplies):
            if supply.key < 0:
                brings[supply.key].append(place)
        for place, demand in enumerate(self.demands):
            if demand.key < 0 and demand.key in brings:
                self.taken_by[place] = brings[demand.key]

    def _plan(self) -> netting.Plan:
        return netting.plan(
            [
                Rule(
                    key,
                    # Where proposals are stored, none are made anew.
                    lead_days=self.days if key in self.kept else item.lead_time_days,
                    inspection_days=0 if key in self.kept else self.inspected.get(item.pk, 0),
                )
                for key, item in self.items.items()
            ],
            parts=[part for part in self.parts if part.product not in self.kept],
            supplies=self.supplies,
            demands=self.demands,
            horizon=self.days,
        )

    # --- told -------------------------------------------------------------------------------------------------------

    def told(self) -> Pegging:
        key = str(self.item.pk)
        self.about = Concerned(self.item, self.supplies, self.demands, self.at)
        uses: dict[tuple[int, int], list[Use]] = defaultdict(list)
        rows: list[Covered] = []
        for use in self.trace.uses(key):
            if use.demand == FORECAST:
                rows.append(self._forecast(use))
            elif use.demand != SAFETY:
                uses[use.demand, use.made_by].append(use)
        rows += [self._called(own) for (demand, _), own in uses.items() if demand == MADE]
        for place, demand in enumerate(self.demands):
            if demand.item == key and not demand.is_forecast and demand.day < self.days:
                rows.append(self._named(place, demand, uses.get((place, -1), [])))
        rows += self._lost(key)
        own = [place for place, row in self.proposals.items() if row.item_id == self.item.pk]
        return Pegging(
            self.item,
            sorted(rows, key=lambda row: (row.first_date, row.last_date, row.kind, row.what)),
            {self.proposals[place].pk: self._served(place) for place in own},
        )

    def _forecast(self, use: Use) -> Covered:
        return Covered(
            "forecast",
            "forecast",
            self.today.day(self.item, use.first_day),
            self.today.day(self.item, use.last_day),
            _told(use.quantity),
            0.0,
            [self._source(use, use.first_day)],
        )

    def _called(self, uses: Sequence[Use]) -> Covered:
        """For a component that is planned with the order that needs it, and itself proposed anew each time."""
        first = uses[0]
        day = self.today.day(self.item, first.first_day)
        product = self.items[first.what]
        return Covered(
            "product",
            f"{product}, to be made",
            day,
            day,
            _told(sum(use.quantity for use in uses)),
            0.0,
            [self._source(use, use.first_day) for use in uses],
            product,
            self._served(-1 - first.made_by),
        )

    def _named(self, place: int, demand: Demand, uses: Sequence[Use]) -> Covered:
        day = self.today.day(self.item, max(demand.day, 0))
        makers = self.taken_by.get(place, ())
        proposal = next((self.proposals[maker] for maker in makers if maker in self.proposals), None)
        kind = "product" if proposal is not None else ("order" if demand.key > 0 else "batch")
        what = f"{demand.what}, to be made" if proposal is not None else demand.what
        return Covered(
            kind,
            what,
            day,
            day,
            _told(demand.quantity),
            _told(max(demand.quantity - sum(use.quantity for use in uses), 0.0)),
            [self._source(use, max(demand.day, 0)) for use in uses],
            proposal if proposal is not None else self.about.of_demand(demand),
            [served for maker in makers for served in self._served(maker)] or self.about.customers_of(demand),
        )

    def _lost(self, key: str) -> list[Covered]:
        """What is forecast and finds no stock, and on which days."""
        plan = self.trace.plan
        asked = [0.0] * self.days
        for demand in self.demands:
            if demand.item == key and demand.is_forecast and demand.day < self.days:
                asked[max(demand.day, 0)] += demand.quantity
        met = sum(use.quantity for use in self.trace.uses(key) if use.demand == FORECAST)
        lost = sum(asked) - met
        row = plan.by_day[plan.places[key]]
        dry = [day for day in range(self.days) if asked[day] > NOTHING and row[day] <= NOTHING]
        if lost <= 1e-3 or not dry:
            return []
        first, last = self.today.day(self.item, dry[0]), self.today.day(self.item, dry[-1])
        return [Covered("forecast", "forecast", first, last, _told(lost), _told(lost), ())]

    def _source(self, use: Use, wanted: int) -> Source:
        day = self.today.day(self.item, use.supply_day)
        late = max(use.supply_day - wanted, 0)
        if use.supply < 0:
            return Source("proposal", "to be made with it", _told(use.quantity), day, late)
        supply = self.supplies[use.supply]
        proposal = self.proposals.get(use.supply)
        if proposal is not None:
            return Source("proposal", "proposal", _told(use.quantity), day, late, proposal)
        kind = _kind(supply)
        return Source(kind, supply.what, _told(use.quantity), day, late, self.about.of_supply(supply))

    def _served(self, place: int) -> list[Served]:
        found = []
        for end in self.trace.ends(place):
            item = self.items[end.item]
            first, last = self.today.day(item, end.first_day), self.today.day(item, end.last_day)
            if end.demand in {FORECAST, SAFETY}:
                kind = "forecast" if end.demand == FORECAST else "safety stock"
                found.append(Served(kind, end.what, item, first, last, _told(end.quantity)))
                continue
            demand = self.demands[end.demand]
            if customers := self.about.customers_of(demand):
                share = end.quantity / demand.quantity
                found += [replace(one, quantity=_told(share * one.quantity)) for one in customers]
                continue
            kind = "order" if demand.key > 0 else "batch"
            found.append(
                Served(kind, end.what, item, first, last, _told(end.quantity), self.about.of_demand(demand))
            )
        return sorted(found, key=lambda one: (one.first_date, one.kind, one.what))


def _told(quantity: float) -> float:
    """Without what is lost and won in arithmetic."""
    return round(quantity, _DIGITS)


def _kind(supply: Supply) -> str:
    if supply.key:
        return "purchase" if supply.key > 0 else "production"
    return "quarantine" if supply.what == IN_QUARANTINE else "stock"


def _above(item: Item) -> list[Part]:
    """What the item goes into by the plans in force, and what that goes into, level by level."""
    found: list[Part] = []
    seen, level = {item.pk}, {item.pk}
    for _ in range(_DEEPEST):
        rows = Component.objects.filter(
            item__in=list(level), plan__in=ProcessPlan.objects.effective(), plan__item__is_active=True
        )
        parts = list(rows.values_list("plan__item", "item", "quantity_per"))
        found += [Part(str(product), str(part), float(quantity)) for product, part, quantity in parts]
        level = {product for product, _, _ in parts} - seen
        seen |= level
        if not level:
            break
    return found


def _means(run: ForecastRun | None, keys: Iterable[int]) -> dict[int, list[float]]:
    if run is None:
        return {}
    rows = ItemForecast.objects.filter(run=run, item__in=list(keys))
    return dict(rows.values_list("item", "daily_means"))


def _gone(run: ForecastRun | None, today: date) -> int:
    return 0 if run is None else max((today - run.as_of).days, 0)


def _left(run: ForecastRun, today: date) -> int:
    return min(run.horizon_days - _gone(run, today), HORIZON_DAYS)
