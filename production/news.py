"""What happened since a plan was made, by name: the causes of the next one, as planners say them.

Read from the log of facts, so nothing need be remembered. A plan names the facts it knew rather than the last of them: ids are
drawn before commit, so a lower one may come to light later. Of what has no facts (hours, tools, qualifications) it keeps digests.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from django.db.models import Max, Model

from inventory.facts import (
    LotHeld,
    LotQuarantined,
    LotReceived,
    LotRejected,
    LotReleased,
    PurchaseCancelled,
    PurchaseExpected,
    PurchasePostponed,
    PurchaseReduced,
)
from inventory.models import ExpectedReceipt, Lot
from inventory.quantities import plain
from mes.core.models import Fact
from mes.core.outbox import moment
from production.conditions import changed, conditions
from production.facts import (
    BatchesJoined,
    BatchSplit,
    DowntimePlanned,
    MachineBroken,
    MachineRestored,
    OperationFinished,
    OperationPinned,
    OrderPlanned,
    OrderReduced,
    OrderReprioritised,
    OvertimePlanned,
    ProductionHoldEnded,
    ProductionOrderCancelled,
)
from production.models import Batch, Downtime, Machine, Operation, Priority, ProductionOrder, Schedule, Slot
from quality.facts import InspectionFailed, NonconformanceDecided
from quality.models import Nonconformance

LATE = timedelta(minutes=15)
"""An operation that starts or ends so much later than planned, or starts so much sooner, upsets the plan."""

MEMORY = ("facts_until", "facts_seen", "conditions")
"""What a version of the plan knew when it was made, among its figures."""

LOOK_BACK = 500  # facts; more than ever are under way at once
TOLD = 3  # causes in a reason of one line
LONGEST_LINE = 200  # characters, as many as a reason holds


@dataclass(frozen=True)
class News:
    """Something that calls for a new plan; `fact` is None where nobody did it: an operation is late."""

    text: str
    at: datetime
    is_urgent: bool
    fact: int | None = None
    about: str = ""  # the kind of thing, as its table is called
    key: int | None = None

    def row(self) -> dict[str, Any]:
        """As kept with the version it causes."""
        return {
            "text": self.text,
            "at": self.at.isoformat(),
            "fact": self.fact,
            "about": self.about,
            "id": self.key,
        }


def known_facts() -> dict[str, Any]:
    """What a plan made from now on knows of; kept among its figures. To be read before the plant is."""
    last = Fact.objects.aggregate(last=Max("pk"))["last"] or 0
    seen = Fact.objects.filter(name__in=_KINDS, pk__gt=last - LOOK_BACK, pk__lte=last)
    return {
        "facts_until": last,
        "facts_seen": sorted(seen.values_list("pk", flat=True)),
        "conditions": conditions(),
    }


def news_since(schedule: Schedule | None) -> list[News]:
    """What happened that a version does not know of, oldest first, in some fifteen queries at most however much it is."""
    facts = Fact.objects.filter(name__in=_KINDS)
    if schedule is not None:
        until = schedule.figures.get("facts_until") or 0
        seen = schedule.figures.get("facts_seen")
        # Versions of before there was such a list know all that came before them.
        since = until if seen is None else until - LOOK_BACK
        facts = facts.filter(pk__gt=since).exclude(pk__in=seen or ())
    rows = list(facts.order_by("pk"))
    things = _Things(rows)
    told = [_told(row, things) for row in rows]
    return [*(news for news in told if news is not None), *_other_conditions(schedule)]


def _other_conditions(schedule: Schedule | None) -> list[News]:
    """Versions of before there were digests know nothing of them, and are not troubled."""
    known = schedule.figures.get("conditions") if schedule is not None else None
    if known is None:
        return []
    return [News(other.text, moment(), False, about=other.about, key=other.key) for other in changed(known)]


def late_operations(at: datetime) -> list[News]:
    """Operations that should have started, or ended, a while ago; longest ago first."""
    slots = Slot.objects.published().select_related("operation__batch", "operation__step__work_center__site")
    late = []
    for slot in slots.overdue(at - LATE).order_by("starts_at", "pk"):
        operation, zone = slot.operation, slot.operation.step.work_center.site.zone
        is_running = operation.status == Operation.Status.RUNNING
        what = (
            f"ended {_clock(slot.ends_at, zone)}" if is_running else f"started {_clock(slot.starts_at, zone)}"
        )
        late.append(News(f"{operation} should have {what}", at, True, about="operation", key=operation.pk))
    return late


def sentence(news: Sequence[News]) -> str:
    """The causes of a plan in a line, as many as have room in it; empty for none."""
    told = list(dict.fromkeys(each.text for each in sorted(news, key=lambda each: not each.is_urgent)))
    lines = (_line(told, count) for count in range(TOLD, 0, -1))
    return next((line for line in lines if len(line) <= LONGEST_LINE), _line(told, 1))


def _line(told: Sequence[str], count: int) -> str:
    more = len(told) - count
    return ", ".join(told[:count]) + (f" and {more} more" if more > 0 else "")


def misplaced_operations(at: datetime) -> list[News]:
    """Operations that run long before their time, or on another machine than planned: what the plan has there instead cannot be."""
    slots = Slot.objects.published().select_related(
        "machine", "operation__batch", "operation__machine", "operation__step__work_center__site"
    )
    found = []
    for slot in slots.elsewhere(at + LATE).order_by("starts_at", "pk"):
        operation = slot.operation
        if slot.machine is not None and slot.machine != operation.machine:
            told = f"runs on {operation.machine}, planned on {slot.machine}"
        else:
            told = _too_soon(slot, operation.running_since or at, operation.step.work_center.site.zone)
        found.append(News(f"{operation} {told}", at, False, about="operation", key=operation.pk))
    return found


def _too_soon(slot: Slot, began: datetime, zone: tzinfo) -> str:
    planned = slot.starts_at.astimezone(zone)
    day = "" if planned.date() == began.astimezone(zone).date() else f"{planned:%a %d %b} "
    return f"started {_clock(began, zone)}, planned for {day}{planned:%H:%M}"


class _Things:
    """What facts are about, read once for all of them."""

    def __init__(self, rows: Iterable[Fact]) -> None:
        wanted: dict[str, set[int]] = {}
        for row in rows:
            for field, key in row.payload.items():
                if field in _TABLES and isinstance(key, int):
                    wanted.setdefault(field, set()).add(key)
        self.found: dict[str, Mapping[int, Any]] = {}
        for field, keys in wanted.items():
            model, related = _TABLES[field]
            query = model._default_manager.filter(pk__any_of=keys).select_related(*related)
            self.found[field] = {row.pk: row for row in query}
        finished = [row.payload["operation"] for row in rows if row.name == OperationFinished.name]
        ends = Slot.objects.filter(operation__in=finished).order_by("pk").values_list("operation", "ends_at")
        self.planned_end: dict[int, datetime] = dict(ends)

    def of(self, field: str, payload: Mapping[str, Any]) -> Any:
        """The thing itself, or None where it is gone or was never named."""
        return self.found.get(field, {}).get(payload.get(field) or 0)


def _told(row: Fact, things: _Things) -> News | None:
    about, tell = _KINDS[row.name]
    thing = things.of(about, row.payload)
    if thing is None:
        return None
    said = tell(thing, row, things)
    if said is None:
        return None
    text, is_urgent = said
    return News(text, row.recorded_at, is_urgent, row.pk, about, thing.pk)


Said = tuple[str, bool] | None
Tell = Callable[[Any, Fact, _Things], Said]


def _broken(machine: Machine, row: Fact, things: _Things) -> Said:
    downtime: Downtime | None = things.of("downtime", row.payload)
    since = downtime.starts_at if downtime is not None else row.recorded_at
    return f"{machine} broke down {_clock(since, machine.work_center.site.zone)}", True


def _restored(machine: Machine, row: Fact, things: _Things) -> Said:
    return f"{machine} works again", True


def _maintained(machine: Machine, row: Fact, things: _Things) -> Said:
    return f"Maintenance of {machine} was planned", False


def _pinned(operation: Operation, row: Fact, things: _Things) -> Said:
    return f"{operation} was {'pinned' if row.payload.get('machine') else 'let go from its pin'}", True


def _finished(operation: Operation, row: Fact, things: _Things) -> Said:
    """Only what did not go as planned: scrap, and an end much too late."""
    if scrap := Decimal(row.payload["scrap"]):
        unit = operation.batch.plan.item.unit
        whose = f" ({operation.batch.order.reason})" if operation.batch.order.reason else ""
        return f"{plain(scrap)} {unit} of {operation.batch} scrapped at {operation.step}{whose}", True
    planned = things.planned_end.get(operation.pk)
    if planned is None or operation.finished_at is None or operation.finished_at - planned < LATE:
        return None
    late = (operation.finished_at - planned) / timedelta(hours=1)
    return f"{operation} ended {late:.1f} h late", True


def _planned(order: ProductionOrder, row: Fact, things: _Things) -> Said:
    if order.parent_id is not None:
        return None  # told with the order it is for
    wanted = f" ({order.reason})" if order.reason else ""
    if order.priority == Priority.RUSH:
        return f"Order {order} rush{wanted}", True
    return f"Order {order} was planned{wanted}", False


def _cancelled(order: ProductionOrder, row: Fact, things: _Things) -> Said:
    return (f"Order {order} was cancelled", False) if order.parent_id is None else None


def _reduced(order: ProductionOrder, row: Fact, things: _Things) -> Said:
    return f"Order {order} was reduced to {_amount(row)} {order.item.unit}", False


def _freed(order: ProductionOrder, row: Fact, things: _Things) -> Said:
    return (f"Held capacity of {order} became free", False) if order.parent_id is None else None


def _reprioritised(order: ProductionOrder, row: Fact, things: _Things) -> Said:
    due = datetime.fromisoformat(row.payload["due_at"]).astimezone(order.site.zone)
    what = f"Order {order} is now {Priority(row.payload['priority']).label.lower()}, due {due:%d %b %H:%M}"
    return what, True


def _split(batch: Batch, row: Fact, things: _Things) -> Said:
    return f"Batch {batch} was split", False


def _joined(batch: Batch, row: Fact, things: _Things) -> Said:
    return f"Batches were joined in {batch}", False


def _longer(machine: Machine, row: Fact, things: _Things) -> Said:
    """Urgent once called off: the plan may count on hours that nobody works, as on a machine that breaks down."""
    is_planned = bool(row.payload["ends"])
    return f"Overtime of {machine} {'was planned' if is_planned else 'was called off'}", not is_planned


def _failed(lot: Lot, row: Fact, things: _Things) -> Said:
    return f"Lot {lot} failed its inspection", True


def _decided(lot: Lot, row: Fact, things: _Things) -> Said:
    disposition = Nonconformance.Disposition(row.payload["disposition"]).label.lower()
    return f"Lot {lot}: {disposition}", False


def _lot(what: str, *, is_urgent: bool) -> Tell:
    def tell(lot: Lot, row: Fact, things: _Things) -> Said:
        return f"Lot {lot} {what}", is_urgent

    return tell


def _arrived(lot: Lot, row: Fact, things: _Things) -> Said:
    return f"{lot.item} arrived", False


def _expected(receipt: ExpectedReceipt, row: Fact, things: _Things) -> Said:
    return f"{receipt.item} is expected {receipt.due_date:%d %b}", False


def _postponed(receipt: ExpectedReceipt, row: Fact, things: _Things) -> Said:
    due = date.fromisoformat(row.payload["due_date"])  # then; by now it may be another
    is_sooner = row.payload["due_date"] < (row.payload.get("former_date") or "")  # ISO days
    how = f"as soon as {due:%d %b}" if is_sooner else f"{due:%d %b} only"
    return f"{receipt.item} comes {how}", True


def _not_coming(receipt: ExpectedReceipt, row: Fact, things: _Things) -> Said:
    return f"The purchase {receipt} of {receipt.item} was cancelled", True


def _less_coming(receipt: ExpectedReceipt, row: Fact, things: _Things) -> Said:
    return f"Only {_amount(row)} {receipt.item.unit} of {receipt.item} still come of purchase {receipt}", True


_TABLES: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    "machine": (Machine, ("work_center__site",)),
    "downtime": (Downtime, ()),
    "operation": (Operation, ("batch__plan__item", "batch__order", "step")),
    "order": (ProductionOrder, ("item", "site")),
    "batch": (Batch, ()),
    "lot": (Lot, ("item",)),
    "expected_receipt": (ExpectedReceipt, ("item",)),
}
_KINDS: dict[str, tuple[str, Tell]] = {
    MachineBroken.name: ("machine", _broken),
    MachineRestored.name: ("machine", _restored),
    DowntimePlanned.name: ("machine", _maintained),
    OperationPinned.name: ("operation", _pinned),
    OperationFinished.name: ("operation", _finished),
    OrderPlanned.name: ("order", _planned),
    ProductionOrderCancelled.name: ("order", _cancelled),
    OrderReduced.name: ("order", _reduced),
    ProductionHoldEnded.name: ("order", _freed),
    OrderReprioritised.name: ("order", _reprioritised),
    BatchSplit.name: ("batch", _split),
    BatchesJoined.name: ("batch", _joined),
    OvertimePlanned.name: ("machine", _longer),
    InspectionFailed.name: ("lot", _failed),
    NonconformanceDecided.name: ("lot", _decided),
    LotReceived.name: ("lot", _arrived),
    LotReleased.name: ("lot", _lot("was released", is_urgent=False)),
    LotQuarantined.name: ("lot", _lot("was quarantined", is_urgent=False)),
    LotHeld.name: ("lot", _lot("is held", is_urgent=True)),
    LotRejected.name: ("lot", _lot("was rejected", is_urgent=True)),
    PurchaseExpected.name: ("expected_receipt", _expected),
    PurchasePostponed.name: ("expected_receipt", _postponed),
    PurchaseCancelled.name: ("expected_receipt", _not_coming),
    PurchaseReduced.name: ("expected_receipt", _less_coming),
}


def _amount(row: Fact) -> str:
    return plain(Decimal(row.payload["quantity"]))


def _clock(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"
