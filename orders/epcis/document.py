"""EPCIS documents of lots or of a time: every event of theirs in the order in which it happened."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.apps import apps

from inventory.gs1 import private_uri, stable_uuid
from inventory.models import Lot, Move
from inventory.models.lots import LotQuerySet
from mes.core.refusals import InvalidInput
from orders.epcis import naming
from orders.epcis.moves import Handover, of_act, of_move, with_error
from orders.epcis.naming import Event
from orders.models import CustomerReturn, ShipmentLine
from quality.models import Inspection, Measurement, RecallLot

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
MOST_MOVES: Final = 50_000
_STOPPED = {
    Lot.Status.QUARANTINE: "non_sellable_other",
    Lot.Status.HELD: "non_sellable_other",
    Lot.Status.REJECTED: "non_conformant",
}


class TooMuchAsked(InvalidInput):
    code = "orders.too_much_asked"
    title = "More than one document can hold"


def document(events: Iterable[Event], *, at: datetime) -> dict[str, Any]:
    """An `EPCISDocument` of these events, made at that moment."""
    return {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "epcisBody": {"eventList": list(events)},
    }


def moves_between(since: datetime, until: datetime) -> list[int]:
    """Keys of the lots that moved from `since` until before `until`.

    :raises TooMuchAsked: when there are more moves than a document holds.
    """
    moves = Move.objects.filter(at__gte=since, at__lt=until).order_by()
    _require_few(moves.count())
    return list(moves.values_list("lot", flat=True).distinct())


def events_of_lots(
    lots: Sequence[int], *, since: datetime | None = None, until: datetime | None = None
) -> list[Event]:
    """Everything that happened to these lots in that time, oldest first; see section 2 of the integrator's guide for the mapping.

    :raises TooMuchAsked: when there are more moves than a document holds.
    """
    moves = list(_moves(lots))
    _require_few(len(moves))
    found = [
        *_of_moves(moves),
        *_of_inspections(lots),
        *_of_holds(lots),
        *_of_recalls(lots),
    ]
    ends = [_stamp(each) if each is not None else None for each in (since, until)]
    wanted = [
        event
        for event in found
        if (ends[0] is None or event["eventTime"] >= ends[0])
        and (ends[1] is None or event["eventTime"] < ends[1])
    ]
    return sorted(wanted, key=lambda event: event["eventTime"])


def _moves(lots: Sequence[int]) -> Iterable[Move]:
    acts = Move.objects.filter(lot__in=lots, transformation__isnull=False).values("transformation")
    related = ("lot__item__site", "lot__supplier", "source__site", "destination__site", "transformation")
    own = Move.objects.filter(lot__in=lots, transformation__isnull=True).select_related(*related)
    shared = Move.objects.filter(transformation__in=acts).select_related(*related)
    return [*own.order_by("pk"), *shared.order_by("pk")]


def _of_moves(moves: Sequence[Move]) -> Iterable[Event]:
    handovers = _handovers(moves)
    reversed_by = {move.reverses_id: move for move in moves if move.reverses_id is not None}
    acts: dict[int, list[Move]] = defaultdict(list)
    for move in moves:
        if move.transformation_id is not None:
            acts[move.transformation_id].append(move)
        elif move.reverses_id is None:
            event = of_move(move, handovers)
            yield event
            if reversal := reversed_by.get(move.pk):
                yield with_error(event, reversal)
    for parts in acts.values():
        if parts[0].transformation is not None:
            yield from of_act(parts[0].transformation, parts)


def _handovers(moves: Sequence[Move]) -> dict[int, Handover]:
    shipped = ShipmentLine.objects.filter(
        move__in=[move.pk for move in moves if move.kind == Move.Kind.SHIPMENT]
    )
    found = {
        line.move_id: Handover(line.shipment.order.customer, line.shipment.number)
        for line in shipped.select_related("shipment__order__customer")
    }
    back = {move.lot_id for move in moves if move.kind == Move.Kind.RETURN and move.destination.is_real}
    returns = {
        (row.shipped.lot_id, row.at, row.quantity): Handover(
            row.shipped.shipment.order.customer, row.reference or row.shipped.shipment.number
        )
        for row in CustomerReturn.objects.filter(shipped__lot__in=back).select_related(
            "shipped__shipment__order__customer"
        )
    }
    for move in moves:
        if handover := returns.get((move.lot_id, move.at, move.quantity)):
            found.setdefault(move.pk, handover)
    return found


def _of_inspections(lots: Sequence[int]) -> Iterable[Event]:
    verdicts = {Inspection.Status.PASSED: "conformant", Inspection.Status.FAILED: "non_conformant"}
    closed = Inspection.objects.filter(lot__in=lots, status__in=list(verdicts)).select_related(
        "plan", "lot__item__site"
    )
    results: dict[int, list[Measurement]] = defaultdict(list)
    for result in (
        Measurement.objects.standing()
        .filter(inspection__in=closed, value__isnull=False)
        .select_related("characteristic", "gauge")
        .order_by("pk")
    ):
        results[result.inspection_id].append(result)
    for inspection in closed:
        site = inspection.lot.item.site
        event: Event = {
            "type": "ObjectEvent",
            "eventID": stable_uuid(site.code, "inspection", inspection.pk, inspection.opened_at.isoformat()),
            "action": "OBSERVE",
            "bizStep": "inspecting",
            "disposition": verdicts[Inspection.Status(inspection.status)],
            "readPoint": {"id": private_uri("site", site.code)},
            "bizTransactionList": [
                {
                    "type": "testres",
                    "bizTransaction": private_uri("inspection", inspection.plan.code, inspection.pk),
                }
            ],
        }
        event |= naming.moment(inspection.closed_at or inspection.opened_at, site)
        event |= naming.what([(inspection.lot, inspection.lot_quantity)])
        if results[inspection.pk]:
            event["sensorElementList"] = [
                {"sensorReport": [_reading(each) for each in results[inspection.pk]]}
            ]
        yield event


def _reading(result: Measurement) -> Event:
    characteristic = result.characteristic
    reading: Event = {
        "type": private_uri(
            "characteristic", characteristic.plan_id, characteristic.number, characteristic.name
        ),
        "time": _stamp(result.at),
    }
    if result.value is not None:
        reading["value"] = float(result.value)
    return reading | ({"deviceID": private_uri("gauge", result.gauge.number)} if result.gauge else {})


def _of_holds(lots: Sequence[int]) -> Iterable[Event]:
    """From the history of each lot: when it was stopped, other than by a recall, which tells of itself."""
    history: Any = apps.get_model("inventory", "LotEvent").objects
    known = _by_key(lots)
    before: dict[int, str] = {}
    for key, status, at, recalled in (
        history.filter(pgh_obj__in=lots)
        .order_by("pgh_id")
        .values_list("pgh_obj", "status", "pgh_created_at", "is_recalled")
    ):
        stopped = _STOPPED.get(status)
        if stopped and key in before and before[key] != status and not recalled:
            lot = known[key]
            yield (
                {
                    "type": "ObjectEvent",
                    "eventID": stable_uuid(lot.item.site.code, "hold", key, at.isoformat()),
                    "action": "OBSERVE",
                    "bizStep": "holding",
                    "disposition": stopped,
                    "readPoint": {"id": private_uri("site", lot.item.site.code)},
                }
                | naming.moment(at, lot.item.site)
                | _all_of(lot)
            )
        before[key] = status


def _of_recalls(lots: Sequence[int]) -> Iterable[Event]:
    held = RecallLot.objects.filter(lot__in=lots, held_at__isnull=False).select_related("recall", "run")
    known = _by_key(lots)
    for row in held.order_by("pk"):
        lot = known[row.lot_id]
        base = {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "readPoint": {"id": private_uri("site", lot.item.site.code)},
        }
        base |= _all_of(lot) | {
            "bizTransactionList": [{"bizTransaction": private_uri("recall", row.recall.number)}]
        }
        if row.held_at is not None:
            yield (
                base
                | naming.moment(row.held_at, lot.item.site)
                | {
                    "eventID": stable_uuid(lot.item.site.code, "recall", row.pk, row.held_at.isoformat()),
                    "bizStep": "holding",
                    "disposition": "recalled",
                    "persistentDisposition": {"set": ["recalled"]},
                }
            )
        if row.recall.closed_at is not None and row.decision == RecallLot.Decision.RELEASE:
            yield (
                base
                | naming.moment(row.recall.closed_at, lot.item.site)
                | {
                    "eventID": stable_uuid(
                        lot.item.site.code, "let go", row.pk, row.recall.closed_at.isoformat()
                    ),
                    "bizStep": "inspecting",
                    "disposition": "conformant",
                    "persistentDisposition": {"unset": ["recalled"]},
                }
            )


def _all_of(lot: Lot) -> Event:
    """The lot as a whole, without a quantity: of a class that is what there is of it."""
    uri = naming.of_lot(lot)
    return {"epcList": [uri]} if lot.is_serial else {"quantityList": [{"epcClass": uri}]}


def _by_key(lots: Sequence[int]) -> dict[int, Lot]:
    found: LotQuerySet = Lot.objects.select_related("item__site")
    return dict(found.in_bulk(list(lots)))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _require_few(moves: int) -> None:
    if moves > MOST_MOVES:
        raise TooMuchAsked(
            f"That is {moves:,} moves; a document holds at most {MOST_MOVES:,}.",
            remedy="Ask for fewer lots, or a shorter time.",
            errors={"since": ["ask for a shorter time"]},
        )
