"""Moves of the ledger as EPCIS events: what, when, where and why each was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any, Final

from inventory.gs1 import private_uri, stable_uuid
from inventory.models import Location, Lot, Move, Transformation
from inventory.quantities import COUNTED_UNITS
from orders.epcis import naming
from orders.epcis.naming import Event
from orders.models import Customer

Kind = Move.Kind
_TRANSFORMS: Final = {
    Transformation.Kind.REWORK: "repairing",
    Transformation.Kind.SERIALISATION: "commissioning",
}


@dataclass(frozen=True)
class Handover:
    """To or from whom a move went, on which paper."""

    customer: Customer
    paper: str


def of_move(move: Move, handovers: Mapping[int, Handover]) -> Event:
    """One move that is not part of a transformation."""
    event = _EVENTS[Kind(move.kind)](move, handovers.get(move.pk))
    return (
        _base("ObjectEvent", move.site, move.at, "move", move.pk, move.lot.number)
        | naming.what([(move.lot, move.quantity)])
        | event
    )


def with_error(event: Event, reversal: Move) -> Event:
    """The same event once more, declared wrong: it did not occur."""
    declared = reversal.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return event | {"errorDeclaration": {"declarationTime": declared, "reason": "did_not_occur"}}


def of_act(act: Transformation, moves: Sequence[Move]) -> list[Event]:
    """A transformation; where moves of it were reversed, first as it was recorded, declared wrong, then as it was."""
    reversals = [move for move in moves if move.reverses_id is not None]
    first = [move for move in moves if move.reverses_id is None]
    undone = {move.reverses_id for move in reversals}
    standing = [move for move in first if move.pk not in undone]
    if not reversals:
        return [*_transformation(act, standing, 0), *_assembly(act, standing)]
    right = _transformation(act, standing, len(reversals))
    declared = max(move.at for move in reversals).astimezone(UTC)
    error = {
        "declarationTime": declared.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "reason": "incorrect_data" if right else "did_not_occur",
    } | ({"correctiveEventIDs": [event["eventID"] for event in right]} if right else {})
    wrong = [event | {"errorDeclaration": error} for event in _transformation(act, first, 0)]
    return [*wrong, *right, *_assembly(act, standing)]


def _transformation(act: Transformation, moves: Sequence[Move], version: int) -> list[Event]:
    if not moves:
        return []
    used, made = (_amounts(moves, kind) for kind in (Kind.ISSUE, Kind.OUTPUT))
    latest = max(moves, key=lambda move: (move.at, move.pk))
    is_serial = bool(made) and all(lot.is_serial for lot, _ in made)
    usual = "commissioning" if is_serial else "creating_class_instance"
    event = _base("TransformationEvent", latest.site, latest.at, "act", act.pk, act.reference, version)
    event |= naming.what(used, side="input") | naming.what(made, side="output")
    event |= {
        "transformationID": stable_uuid(
            "transformation", latest.site.code, act.pk, act.started_at.isoformat()
        ),
        "bizStep": _TRANSFORMS.get(Transformation.Kind(act.kind), usual),
        "disposition": "in_progress",
        "readPoint": {"id": private_uri("site", latest.site.code)},
    }
    if act.reference:
        event["bizTransactionList"] = [_paper("prodorder", act.reference)]
    ilmd = _ilmd([lot for lot, _ in made])
    return [event | ({"ilmd": ilmd} if ilmd else {})]


def _assembly(act: Transformation, moves: Sequence[Move]) -> list[Event]:
    """Which numbered pieces one numbered piece was built of."""
    made = [
        (lot, quantity) for lot, quantity in _amounts(moves, Kind.OUTPUT) if lot.item.uom in COUNTED_UNITS
    ]
    parts = [lot for lot, _ in _amounts(moves, Kind.ISSUE) if lot.is_serial]
    if act.kind != Transformation.Kind.PRODUCTION or not parts or sum(quantity for _, quantity in made) != 1:
        return []
    last = max(moves, key=lambda move: (move.at, move.pk))
    return [
        _base("AggregationEvent", last.site, last.at, "assembly", act.pk, act.reference)
        | {
            "action": "ADD",
            "bizStep": "assembling",
            "parentID": naming.of_lot(made[0][0]),
            "childEPCs": [naming.of_lot(lot) for lot in parts],
            "readPoint": {"id": private_uri("site", last.site.code)},
        }
    ]


def _receipt(move: Move, handover: Handover | None) -> Event:
    lot, place = move.lot, move.destination
    is_ours = lot.code == lot.number
    parties: Event = {"destinationList": [_party("destination", naming.of_party(move.site))]}
    if lot.supplier is not None:
        parties["sourceList"] = [_party("source", naming.of_party(lot.supplier))]
    ilmd = _ilmd([lot])
    return (
        _at(place)
        | _on("recadv", move.reference)
        | parties
        | {
            "action": "ADD" if is_ours else "OBSERVE",
            "bizStep": "receiving",
            "disposition": "in_progress",
        }
        | ({"ilmd": ilmd} if ilmd and is_ours else {})
    )


def _transfer(move: Move, handover: Handover | None) -> Event:
    return _at(move.destination) | {"action": "OBSERVE", "bizStep": "storing", "disposition": "in_progress"}


def _shipment(move: Move, handover: Handover | None) -> Event:
    event: Event = {
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": naming.of_place(move.source)},
        "sourceList": [_party("source", naming.of_party(move.site))],
    } | _on("desadv", move.reference)
    if handover is not None:
        event["destinationList"] = [_party("destination", naming.of_party(handover.customer))]
    return event


def _return(move: Move, handover: Handover | None) -> Event:
    if not move.destination.is_real:
        event: Event = {"action": "OBSERVE", "bizStep": "shipping", "disposition": "returned"}
        event |= {"readPoint": {"id": naming.of_place(move.source)}} | _on("rma", move.reference)
        parties = (
            {"destinationList": [_party("destination", naming.of_party(move.lot.supplier))]}
            if move.lot.supplier
            else {}
        )
        return event | {"sourceList": [_party("source", naming.of_party(move.site))]} | parties
    event = _at(move.destination) | {"action": "OBSERVE", "bizStep": "receiving", "disposition": "returned"}
    event |= _on("rma", (handover.paper if handover else "") or move.reference)
    if handover is not None:
        event["sourceList"] = [_party("source", naming.of_party(handover.customer))]
    return event | {"destinationList": [_party("destination", naming.of_party(move.site))]}


def _scrap(move: Move, handover: Handover | None) -> Event:
    return {
        "action": "DELETE",
        "bizStep": "destroying",
        "disposition": "destroyed",
        "readPoint": {"id": naming.of_place(move.source)},
    }


def _adjustment(move: Move, handover: Handover | None) -> Event:
    found = move.destination.is_real
    place = move.destination if found else move.source
    return {
        "action": "ADD" if found else "DELETE",
        "bizStep": "stock_taking",
        "disposition": "in_progress" if found else "unknown",
        "readPoint": {"id": naming.of_place(place)},
    }


_EVENTS: Final = {
    Kind.RECEIPT: _receipt,
    Kind.TRANSFER: _transfer,
    Kind.SHIPMENT: _shipment,
    Kind.RETURN: _return,
    Kind.SCRAP: _scrap,
    Kind.ADJUSTMENT: _adjustment,
}


def _base(kind: str, site: Any, at: Any, *name: object) -> Event:
    return {"type": kind, "eventID": stable_uuid(site.code, at.isoformat(), *name)} | naming.moment(at, site)


def _at(place: Location) -> Event:
    uri = naming.of_place(place)
    return {"readPoint": {"id": uri}, "bizLocation": {"id": uri}}


def _on(kind: str, reference: str) -> Event:
    return {"bizTransactionList": [_paper(kind, reference)]} if reference else {}


def _paper(kind: str, reference: str) -> Event:
    return {"type": kind, "bizTransaction": private_uri(kind, reference)}


def _party(end: str, uri: str) -> Event:
    return {"type": "owning_party", end: uri}


def _amounts(moves: Sequence[Move], kind: str) -> list[tuple[Lot, Decimal]]:
    totals: dict[int, tuple[Lot, Decimal]] = {}
    for move in moves:
        if move.kind == kind:
            _, before = totals.get(move.lot_id, (move.lot, Decimal(0)))
            totals[move.lot_id] = (move.lot, before + move.quantity)
    return list(totals.values())


def _ilmd(lots: Sequence[Lot]) -> Event:
    """What is true of the whole lot from its making on; only where it is one lot."""
    if len(lots) != 1:
        return {}
    (lot,) = lots
    said: Event = {"cbvmda:lotNumber": lot.code}
    return said | ({"cbvmda:itemExpirationDate": lot.expires_on.isoformat()} if lot.expires_on else {})
