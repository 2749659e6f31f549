"""What planners and the house know of an item's days, as the history and its forecast take it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from forecasting.history import Known, Stretch
from forecasting.models import DemandEvent
from inventory.models import Item

EPOCH = date(1970, 1, 1)
Kind = DemandEvent.Kind
_FOR_EVER = 10**7


@dataclass(frozen=True, eq=False)
class Explained:
    """What is known of one item's days.

    :ivar notes: sentences for the forecast's reason.
    :ivar like_items: items whose history a launch borrows.
    :ivar like_factor: what its demand is of theirs, where somebody said so.
    """

    known: Known = field(default_factory=Known)
    notes: tuple[str, ...] = ()
    like_items: tuple[int, ...] = ()
    like_factor: float | None = None


NOTHING = Explained()


def day_number(day: date) -> int:
    """Days since `EPOCH`."""
    return (day - EPOCH).days


def explained(items: Sequence[Item], as_of: date) -> dict[int, Explained]:
    """What is known of each item that anything is known of; in two queries whatever their number."""
    sites = {item.site_id for item in items}
    rows = DemandEvent.objects.confirmed().filter(site__in=sites).filter(_of(items))
    events = list(rows.prefetch_related("like_items").in_order())
    by_item: dict[int, list[DemandEvent]] = defaultdict(list)
    by_family: dict[tuple[int, str], list[DemandEvent]] = defaultdict(list)
    for event in events:
        if event.item_id is not None:
            by_item[event.item_id].append(event)
        else:
            by_family[event.site_id, event.family].append(event)
    found = {}
    for item in items:
        own = [
            *by_item.get(item.pk, ()),
            *(by_family.get((item.site_id, item.family), ()) if item.family else ()),
            *by_family.get((item.site_id, ""), ()),
        ]
        if own:
            found[item.pk] = explain(sorted(own, key=lambda event: (event.first_date, event.pk)), as_of)
    return found


def _of(items: Sequence[Item]) -> Q:
    """Of these items alone where they are few; of their sites where they are many."""
    if len(items) > 1_000:
        return Q()
    families = {item.family for item in items}
    return Q(item__in=[item.pk for item in items]) | Q(item__isnull=True, family__in=[*families, ""])


def explain(events: Iterable[DemandEvent], as_of: date) -> Explained:
    """Confirmed events of one item, in the order of their first days, as what is known of its days."""
    gathered = _Gathered(day_number(as_of))
    for event in events:
        gathered.take(event)
    return gathered.explained()


@dataclass(eq=False)
class _Gathered:
    """Events being put together; one method for each kind, named for what it does to demand."""

    today: int
    hidden: list[Stretch] = field(default_factory=list)
    starved: list[Stretch] = field(default_factory=list)
    lifts: list[Stretch] = field(default_factory=list)
    prices: list[Stretch] = field(default_factory=list)
    recurring: dict[str, list[Stretch]] = field(default_factory=lambda: defaultdict(list))
    begins: int | None = None
    ends: int | None = None
    likes: tuple[int, ...] = ()
    like_factor: float | None = None
    notes: list[str] = field(default_factory=list)
    hidden_days: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def take(self, event: DemandEvent) -> None:
        first = day_number(event.first_date)
        last = day_number(event.last_date) if event.last_date else _FOR_EVER
        factor = 1.0 if event.factor is None else float(event.factor)
        stretch = Stretch(first, last, factor)
        if event.kind == Kind.LAUNCH:
            self.begin(event, stretch)
        elif event.kind == Kind.END_OF_LIFE:
            self.ends = first if self.ends is None else min(self.ends, first)
            self.notes.append(f"Nothing is forecast from {event.first_date} on: {event.name}.")
        elif event.kind == Kind.STOCK_OUT:
            self.starved.append(stretch)
            self.hidden_days["out of stock"] += max(min(last, self.today - 1) - first + 1, 0)
        elif event.kind == Kind.PRICE:
            self.reprice(event, stretch)
        else:
            self.lift(event, stretch)

    def begin(self, event: DemandEvent, stretch: Stretch) -> None:
        self.begins = stretch.first
        self.likes = tuple(item.pk for item in event.like_items.all())
        self.like_factor = None if event.factor is None else float(event.factor)
        if stretch.first >= self.today:
            self.notes.append(f"Sold from {event.first_date} on: {event.name}.")

    def reprice(self, event: DemandEvent, stretch: Stretch) -> None:
        is_past = stretch.first < self.today
        if event.factor is not None:
            self.prices.append(stretch)
            when = f"Demand before {event.first_date}" if is_past else f"From {event.first_date} on demand"
            self.notes.append(f"{when} is taken × {stretch.factor:g}: {event.name}.")
        elif not is_past:
            self.notes.append(
                f"{event.name} from {event.first_date} on: no effect is known, so none is counted."
            )
        if not event.is_learnt:
            self.begins = stretch.first if self.begins is None else max(self.begins, stretch.first)

    def lift(self, event: DemandEvent, stretch: Stretch) -> None:
        """A promotion, a holiday or an outlier."""
        if not event.is_learnt:
            self.hidden.append(stretch)
        if event.factor is not None:
            self.lifts.append(stretch)
        elif event.is_learnt and event.kind != Kind.OUTLIER:
            # Holidays differ from one another, promotions are alike until somebody says otherwise.
            name = event.name if event.kind == Kind.HOLIDAY else "promotions"
            self.recurring[name].append(stretch)
        if stretch.last >= self.today:
            self.notes.append(_ahead(event))
        elif not event.is_learnt:
            self.hidden_days[event.get_kind_display().lower()] += stretch.last - stretch.first + 1

    def explained(self) -> Explained:
        days = self.hidden_days.items()
        past = [f"{count} {'day' if count == 1 else 'days'} ({what})" for what, count in days if count]
        told = [f"Not learnt from: {', '.join(past)}."] if past else []
        known = Known(
            hidden=tuple(self.hidden),
            starved=tuple(self.starved),
            lifts=tuple(self.lifts),
            recurring={name: tuple(stretches) for name, stretches in self.recurring.items()},
            prices=tuple(self.prices),
            begins=self.begins,
            ends=self.ends,
        )
        return Explained(known, (*self.notes, *told), self.likes, self.like_factor)


def _ahead(event: DemandEvent) -> str:
    if event.factor is None:
        return f"{event.name} ({event.days}): its effect is what earlier ones showed, none where there were none."
    return f"{event.name} ({event.days}) multiplies demand by {float(event.factor):g}."
