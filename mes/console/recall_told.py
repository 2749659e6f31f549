"""What the page of a recall says: how far it is, each lot with its balance, each customer with their notices."""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from inventory.balancing import LotBalance, balances_of
from inventory.models import Lot
from inventory.models.items import unit_of
from inventory.quantities import plain
from mes.console.levels import LOT
from orders.models import Customer, RecallNotice
from orders.recalled import (
    Delivered,
    Reach,
    Waiting,
    delivered_of,
    effectiveness_of,
    reach_of,
    untold_of,
    waiting_for,
    why_not_measured,
)
from quality.models import Recall, RecallLot

RECALL_LEVELS: Final = {
    Recall.Status.OPEN: "running",
    Recall.Status.HELD: "held",
    Recall.Status.CLOSED: "done",
    Recall.Status.CANCELLED: "planned",
}
NOTICE_LEVELS: Final = {
    RecallNotice.Status.DRAFT: "planned",
    RecallNotice.Status.SENT: "running",
    RecallNotice.Status.ACKNOWLEDGED: "done",
    RecallNotice.Status.WITHDRAWN: "planned",
}


@dataclass(frozen=True)
class Row:
    """One affected lot, its balance, and what is said of it."""

    listed: RecallLot
    balance: LotBalance
    unit: str
    level: str
    needs_decision: bool
    may_be_decided: bool


@dataclass(frozen=True)
class Progress:
    """One of the six steps: done, next, or to come."""

    name: str
    word: str
    state: str
    at: datetime | None = None
    by: str = ""


@dataclass
class Kept:
    """What one order line or batch has reserved of these lots, all together."""

    purpose: str
    customer: str
    due: str
    order: int | None
    batch: int | None
    unit: str
    lots: list[str]
    quantity: Decimal = Decimal(0)

    @property
    def day(self) -> date | None:
        return date.fromisoformat(self.due) if self.due else None


@dataclass(frozen=True)
class Told:
    """Everything that the page shows."""

    rows: Sequence[Row]
    totals: Sequence[tuple[str, LotBalance]]
    steps: Sequence[Progress]
    level: str
    held: int
    in_stock: int
    undecided: int
    unsaid: int
    drafts: int
    unanswered: Sequence[str]
    uneven: int
    reach: Sequence[Reach]
    effectiveness: Decimal | None
    not_measured: str
    notices: Sequence[tuple[RecallNotice, str, Sequence[Any]]]
    untold: Sequence[tuple[Customer, Delivered, str, str]]
    waiting: Sequence[Kept]
    runs: Sequence[Any]
    taken: str

    @property
    def next(self) -> str:
        """The step that is next; empty when the recall is over."""
        return next((step.name for step in self.steps if step.state == "next"), "")


def told_of(recall: Recall, at: datetime) -> Told:
    """All of it, in a number of queries that does not depend on how many lots there are."""
    undecided = set(recall.lots.undecided().values_list("lot", flat=True)) if recall.is_open else set()
    unsaid = set(recall.lots.unsaid().values_list("lot", flat=True)) if recall.is_open else set()
    rows = _rows(recall, undecided, unsaid)
    balances = {row.listed.lot_id: row.balance for row in rows}
    names = {row.listed.lot_id: row.listed.lot.number for row in rows}
    units = {row.listed.lot_id: row.unit for row in rows}
    notices = _notices(recall)
    untold = untold_of(delivered_of(names), recall)
    customers = Customer.objects.in_bulk({each.customer for each in untold})
    reach = reach_of(recall, balances)
    return Told(
        rows=rows,
        totals=_totals(rows),
        steps=_steps(recall, len(undecided), bool(untold), notices),
        level=RECALL_LEVELS[Recall.Status(recall.status)],
        held=sum(1 for row in rows if row.listed.held_at is not None),
        in_stock=sum(1 for balance in balances.values() if balance.on_hand),
        undecided=len(undecided),
        unsaid=len(unsaid),
        drafts=sum(1 for notice, _, _ in notices if notice.status == RecallNotice.Status.DRAFT),
        unanswered=[str(each.customer) for each, _, _ in notices if each.status == RecallNotice.Status.SENT],
        uneven=sum(1 for balance in balances.values() if balance.unaccounted),
        reach=reach,
        effectiveness=effectiveness_of(recall, reach),
        not_measured=why_not_measured(recall),
        notices=notices,
        untold=[(customers[each.customer], each, names[each.lot], units[each.lot]) for each in untold],
        waiting=_kept(waiting_for(names, at), names, units) if recall.is_open else [],
        runs=list(recall.runs.select_related("by").order_by("-pk")),
        taken=lasted(recall.time_taken(at)),
    )


def _rows(recall: Recall, undecided: Container[int], unsaid: Container[int]) -> list[Row]:
    """Those with something open first: differences, then what must be decided."""
    listed = list(
        recall.lots.select_related("lot__item").order_by("-is_origin", "lot__item__number", "lot__number")
    )
    balances = balances_of([row.lot_id for row in listed])
    rows = [
        Row(
            row,
            balances[row.lot_id],
            unit_of(row.lot.item.uom),
            "held" if row.lot.is_recalled else LOT[Lot.Status(row.lot.status)],
            row.lot_id in undecided and row.held_at is not None,
            row.lot_id in unsaid and row.held_at is not None,
        )
        for row in listed
    ]
    return sorted(rows, key=lambda row: (not row.balance.unaccounted, not row.needs_decision))


def lasted(span: timedelta) -> str:
    """How long something took, as people say it: 34 s, 42 min, 3 h 10 min."""
    seconds = round(span.total_seconds())
    minutes, hours = seconds // 60, seconds // 3600
    if not minutes:
        return f"{seconds} s"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _kept(waiting: Sequence[Waiting], names: Mapping[int, str], units: Mapping[int, str]) -> list[Kept]:
    found: dict[tuple[str, str], Kept] = {}
    for each in waiting:
        kept = found.setdefault(
            (each.purpose, units[each.lot]),
            Kept(each.purpose, each.customer, each.due, each.order, each.batch, units[each.lot], []),
        )
        kept.quantity += each.quantity
        kept.lots.append(names[each.lot])
    return sorted(found.values(), key=lambda kept: (kept.order is None, kept.due, kept.purpose))


def _totals(rows: Sequence[Row]) -> list[tuple[str, LotBalance]]:
    """What there is of each unit, all lots together."""
    sums: dict[str, LotBalance] = {}
    for row in rows:
        sums[row.unit] = sums[row.unit] + row.balance if row.unit in sums else row.balance
    return sorted(sums.items())


def _notices(recall: Recall) -> list[tuple[RecallNotice, str, Sequence[Any]]]:
    """Each notice with its colour and its lots, those first of which something is open."""
    found = RecallNotice.objects.filter(recall=recall).select_related("customer", "sent_by")
    notices = list(found.prefetch_related("lines__lot__item").order_by("customer__name", "pk"))
    return [
        (
            notice,
            NOTICE_LEVELS[RecallNotice.Status(notice.status)],
            sorted(map(_line, notice.lines.all()), key=lambda each: (not each["open"], each["line"].pk)),
        )
        for notice in notices
    ]


def _line(line: Any) -> dict[str, Any]:
    """A lot of a notice: what is open of it, and how the e-mail lists it."""
    unit = unit_of(line.lot.item.uom)
    return {
        "line": line,
        "unit": unit,
        "open": line.quantity - line.returned - line.destroyed,
        "told": f"- {line.lot.number}, {line.lot.item}: {plain(line.quantity)} {unit}",
    }


def _steps(
    recall: Recall,
    undecided: int,
    is_untold: bool,
    notices: Sequence[tuple[RecallNotice, str, Sequence[Any]]],
) -> list[Progress]:
    by_status: dict[str, int] = defaultdict(int)
    for notice, _, _ in notices:
        by_status[notice.status] += 1
    sent = by_status["sent"] + by_status["acknowledged"]
    is_told = not is_untold and not by_status["draft"]
    steps = [
        ("trace", "Lots found", recall.traced_at is not None, recall.traced_at, ""),
        ("hold", "Stock held", recall.held_at is not None, recall.held_at, str(recall.held_by or "")),
        (
            "balance",
            "Quantities confirmed",
            recall.balanced_at is not None,
            recall.balanced_at,
            str(recall.balanced_by or ""),
        ),
        ("tell", f"Customers told{f' ({sent})' if sent else ''}", is_told, None, ""),
        ("decide", "Lots decided", recall.held_at is not None and not undecided, None, ""),
        ("close", "Closed", recall.closed_at is not None, recall.closed_at, str(recall.closed_by or "")),
    ]
    if recall.is_mock:
        steps = [step for step in steps if step[0] not in {"hold", "tell", "decide"}]
    shown, is_next_found = [], not recall.is_open
    for name, word, is_done, at, by in steps:
        state = "done" if is_done else "later" if is_next_found else "next"
        is_next_found |= state == "next"
        shown.append(Progress(name, word, state, at, by))
    return shown
