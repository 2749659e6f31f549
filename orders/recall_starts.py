"""What a recall can start from, and which lots that means: asked again at every search, because more may have come since.

A start is kept as the keys of what was named, never as the lots that it meant at one time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format

from inventory.models import Lot, Supplier
from mes.core.refusals import InvalidInput
from production.models import Machine, ProcessPlan
from production.recalling import lots_of_machine, lots_of_plan
from quality.models import Calibration, Gauge, Measurement, Recall

LOTS_NAMED = 3
Scope = dict[str, Any]


class StartUnclear(InvalidInput):
    code = "orders.recall_start_unclear"
    title = "What the recall starts from is unclear"


@dataclass(frozen=True)
class Given:
    """What somebody named; a basis needs some of it. `now` is when they did, and the end of what goes on."""

    lots: tuple[Lot, ...] = ()
    supplier: Supplier | None = None
    supplier_lot: str = ""
    machine: Machine | None = None
    since: datetime | None = None
    until: datetime | None = None
    plan: ProcessPlan | None = None
    gauge: Gauge | None = None
    now: datetime | None = None


def start_of(basis: str, given: Given) -> tuple[Scope, str]:
    """What is kept of a start, and the same in words.

    :raises StartUnclear: for another basis, or when what it needs is missing, naming the field.
    """
    if basis not in _STARTS:
        known = ", ".join(_STARTS)
        raise StartUnclear(f"A recall starts from one of: {known}.", errors={"basis": [f"one of: {known}"]})
    return _STARTS[basis](given)


def origins_of(basis: str, scope: Mapping[str, Any]) -> list[int]:
    """Keys of the lots that a start means now."""
    return _ORIGINS[basis](scope)


def _start_from_lots(given: Given) -> tuple[Scope, str]:
    if not given.lots:
        raise _missing("lots", "name at least one lot or serial number")
    names = ", ".join(f"{lot} of {lot.item}" for lot in given.lots[:LOTS_NAMED])
    more = f" and {len(given.lots) - LOTS_NAMED} more" if len(given.lots) > LOTS_NAMED else ""
    return {"lots": [lot.pk for lot in given.lots]}, f"Lot {names}{more}"


def _start_from_supplier_lot(given: Given) -> tuple[Scope, str]:
    if not given.supplier_lot:
        raise _missing("supplier_lot", "the number that the supplier gave the lot")
    whose = f" of {given.supplier}" if given.supplier else " of any supplier"
    scope = {"supplier": given.supplier.pk if given.supplier else None, "supplier_lot": given.supplier_lot}
    return scope, f"Supplier's lot {given.supplier_lot}{whose}"


def _start_from_machine(given: Given) -> tuple[Scope, str]:
    if given.machine is None:
        raise _missing("machine", "the machine that was at fault")
    if given.since is None:
        raise _missing("since", "from when on it was at fault")
    until = given.until or given.now
    if until is None or until <= given.since:
        raise _ends_too_early(given.since, until)
    scope = {
        "machine": given.machine.pk,
        "since": given.since.isoformat(),
        "until": until.isoformat(),
    }
    return scope, f"{given.machine}, {_told(given.since)} to {_told(until)}"


def _start_from_gauge(given: Given) -> tuple[Scope, str]:
    """From its last good calibration until it was found out of tolerance, or until now, where nobody says otherwise."""
    if given.gauge is None:
        raise _missing("gauge", "the gauge that measured wrong")
    until = given.until or _found_out(given.gauge, given.since, given.now) or given.now
    if until is None:
        raise _missing("until", "until when it measured")
    since = given.since or Calibration.objects.last_good(given.gauge, before=until)
    if since is not None and until <= since:
        raise _ends_too_early(since, until)
    scope = {
        "gauge": given.gauge.pk,
        "since": since.isoformat() if since else None,
        "until": until.isoformat(),
    }
    began = f"since {_told(since)}" if since else "ever"
    return scope, f"Gauge {given.gauge}, {began} until {_told(until)}"


def _found_out(gauge: Gauge, since: datetime | None, now: datetime | None) -> datetime | None:
    """When it was found out of tolerance last, after the moment from which on it is in doubt."""
    found = Calibration.objects.filter(gauge=gauge, found_in_tolerance=False)
    if since is not None:
        found = found.filter(at__gt=since)
    if now is not None:
        found = found.filter(at__lte=now)
    return found.order_by("-at").values_list("at", flat=True).first()


def _start_from_plan(given: Given) -> tuple[Scope, str]:
    if given.plan is None:
        raise _missing("plan", "the revision of the process plan")
    return {"plan": given.plan.pk}, f"Process plan {given.plan}"


def _lots_of_supplier(scope: Mapping[str, Any]) -> list[int]:
    lots = Lot.objects.filter(supplier_lot=scope["supplier_lot"])
    if scope["supplier"] is not None:
        lots = lots.filter(supplier=scope["supplier"])
    return list(lots.order_by("pk").values_list("pk", flat=True))


def _lots_of_machine(scope: Mapping[str, Any]) -> list[int]:
    machine = Machine.objects.get(pk=scope["machine"])
    since, until = (datetime.fromisoformat(scope[name]) for name in ("since", "until"))
    return lots_of_machine(machine, since, until)


def _lots_of_gauge(scope: Mapping[str, Any]) -> list[int]:
    since = datetime.fromisoformat(scope["since"]) if scope["since"] else None
    until = datetime.fromisoformat(scope["until"])
    taken = Measurement.objects.taken_with(Gauge.objects.get(pk=scope["gauge"]), since=since, until=until)
    return list(taken.order_by("inspection__lot").values_list("inspection__lot", flat=True).distinct())


_STARTS: Final[Mapping[str, Callable[[Given], tuple[Scope, str]]]] = {
    Recall.Basis.LOT: _start_from_lots,
    Recall.Basis.SUPPLIER_LOT: _start_from_supplier_lot,
    Recall.Basis.MACHINE: _start_from_machine,
    Recall.Basis.GAUGE: _start_from_gauge,
    Recall.Basis.PROCESS_PLAN: _start_from_plan,
}
_ORIGINS: Final[Mapping[str, Callable[[Mapping[str, Any]], list[int]]]] = {
    Recall.Basis.LOT: lambda scope: list(scope["lots"]),
    Recall.Basis.SUPPLIER_LOT: _lots_of_supplier,
    Recall.Basis.MACHINE: _lots_of_machine,
    Recall.Basis.GAUGE: _lots_of_gauge,
    Recall.Basis.PROCESS_PLAN: lambda scope: lots_of_plan(ProcessPlan.objects.get(pk=scope["plan"])),
}


def _told(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y H:i")


def _ends_too_early(since: datetime, until: datetime | None) -> StartUnclear:
    """Named at the end where somebody stated it, else at the beginning, which then has not come."""
    if until is None:
        return _missing("until", "until when")
    told = f"It begins {_told(since)} and would end {_told(until)}: state a later end or an earlier beginning"
    return StartUnclear(f"{told}.", errors={"until": [told]})


def _missing(field: str, what: str) -> StartUnclear:
    return StartUnclear(f"Say {what}.", errors={field: [f"say {what}"]})
