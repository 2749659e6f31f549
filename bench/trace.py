"""How fast lots are traced and recalled in a large plant: `python -m bench.trace --lots 200000 --moves 1000000`.

Fills the benches' database with years of a plant: bought lots go into batches, batches into assemblies, assemblies are serialised and shipped.
One bought lot ends in 1,000 descendants over four levels, one in 10,000 affected lots; all others are what such a plant has besides. The
rows are written in sets, past the services, but with every trigger that keeps the genealogy switched on again before anything is
measured, and the whole ledger is checked to balance. Prints one JSON line of seconds: nineteen of twenty within `p95`. With `--records`
it also seals every record and verifies them all.
"""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil
from resource import RUSAGE_SELF, getrusage
from time import perf_counter, sleep
from typing import Any

from django.db import connection
from django.test import Client

from bench import scratch
from inventory import services as inventory
from inventory.balancing import balances_of
from inventory.genealogy import downstream, trace_down, trace_up
from inventory.models import Item, Location, Lot, Move, Site, Supplier
from mes.core.models import User
from mes.core.sealing import seal_records, verify_records
from mes.core.sealing.seal import SETTLED_AFTER
from orders import services
from orders.models import Customer, CustomOrder, OrderLine, Shipment
from orders.recalled import delivered_of, reach_of
from orders.tracing import trace_table
from quality import services as quality

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
TRACED, RECALLED = 1_000, 10_000
GOAL_TRACE, GOAL_RECALL = 0.1, 5.0

# Numbers, not names: $N are the first keys that are free.
_LOTS = """
    INSERT INTO inventory_lot (item_id, number, status, hold_reason, attributes, supplier_id, supplier_lot, made_at,
        expires_on, is_serial, is_recalled, traceability_code)
    SELECT %(item)s, %(prefix)s || n, 'released', '', '{}'::jsonb, %(supplier)s,
        CASE WHEN %(supplier)s IS NULL THEN '' ELSE 'S-' || %(prefix)s || n END,
        %(at)s::timestamptz + n * interval '1 minute', NULL, %(serial)s, false, ''
    FROM generate_series(1, %(count)s) n RETURNING id
"""
_MOVES = """
    INSERT INTO inventory_move (lot_id, quantity, source_id, destination_id, kind, at, by_id, transformation_id, reference, reason)
    SELECT lot, quantity, %(source)s, %(destination)s, %(kind)s, %(at)s, %(by)s, act, %(reference)s, ''
    FROM unnest(%(lots)s::bigint[], %(quantities)s::numeric[], %(acts)s::bigint[]) AS moved (lot, quantity, act)
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 0 when both goals were met."""
    parser = argparse.ArgumentParser(prog="bench.trace", description="Measure traces and recalls.")
    parser.add_argument("--lots", type=int, default=200_000, help="in the database (default 200,000)")
    parser.add_argument("--moves", type=int, default=1_000_000, help="in the ledger (default 1,000,000)")
    parser.add_argument("--traces", type=int, default=60, help="measured of each kind (default 60)")
    parser.add_argument("--records", action="store_true", help="seal every record too, and verify them all")
    options = parser.parse_args(arguments)
    scratch.make_empty()
    began = perf_counter()
    plant = build(options.lots, options.moves)
    built = perf_counter() - began
    line = measure(plant, options.traces) | {"build": round(built, 1)}
    if options.records:
        line["records"] = seal_and_verify()
    print(json.dumps(line), flush=True)
    return 0 if line["trace"]["p95"] <= GOAL_TRACE and line["recall"]["all"] <= GOAL_RECALL else 1


class Plant:
    """A site with its places and people, and the two bought lots that matter."""

    def __init__(self) -> None:
        self.by = User.objects.create_superuser("bench", password="bench")  # noqa: S106 - nobody logs in
        self.site = Site.objects.create(code="BENCH", name="Bench")
        inventory.ensure_locations(self.site)
        self.places = {place.kind: place.pk for place in Location.objects.filter(site=self.site)}
        self.mill = Supplier.objects.create(code="MILL", name="Mill")
        self.customers = Customer.objects.bulk_create(
            Customer(code=f"C-{n}", name=f"Customer {n}", email=f"quality@c{n}.example") for n in range(50)
        )
        self.items = [
            Item.objects.create(number=f"LEVEL-{level}", description=f"Level {level}", site=self.site)
            for level in range(4)
        ]
        self.traced = self.recalled = Lot()

    def make_lots(self, level: int, prefix: str, count: int, *, serial: bool = False) -> list[int]:
        return _keys(
            _LOTS,
            {
                "item": self.items[level].pk,
                "prefix": prefix,
                "supplier": None if level else self.mill.pk,
                "at": AT,
                "serial": serial,
                "count": count,
            },
        )

    def move(
        self,
        kind: str,
        ends: tuple[str, str],
        lots: list[int],
        quantities: list[int],
        *,
        acts: list[int] | None = None,
        reference: str = "",
    ) -> None:
        _run(
            _MOVES,
            {
                "source": self.places[ends[0]],
                "destination": self.places[ends[1]],
                "kind": kind,
                "at": AT,
                "by": self.by.pk,
                "reference": reference,
                "lots": lots,
                "quantities": quantities,
                "acts": acts or [None] * len(lots),
            },
        )

    def begin(self, kind: str, count: int) -> list[int]:
        return _keys(
            "INSERT INTO inventory_transformation (kind, reference, started_at, by_id)"
            " SELECT %(kind)s, 'B-' || n, %(at)s, %(by)s FROM generate_series(1, %(count)s) n RETURNING id",
            {"kind": kind, "at": AT, "by": self.by.pk, "count": count},
        )

    def receive(self, prefix: str, count: int, quantity: int) -> list[int]:
        lots = self.make_lots(0, prefix, count)
        self.move("receipt", ("supplier", "storage"), lots, [quantity] * count)
        return lots

    def make(self, level: int, prefix: str, used: list[int], *, each: int, pieces: int) -> list[int]:
        """From every lot used, `each` lots of `pieces`; one unit of it goes into each."""
        lots = self.make_lots(level, prefix, len(used) * each)
        acts = self.begin("production", len(lots))
        parents = [lot for lot in used for _ in range(each)]
        self.move("issue", ("storage", "production"), parents, [1] * len(lots), acts=acts)
        self.move("output", ("production", "storage"), lots, [pieces] * len(lots), acts=acts)
        return lots

    def serialise(self, prefix: str, used: list[int], pieces: int) -> list[int]:
        serials = self.make_lots(3, prefix, len(used) * pieces, serial=True)
        acts = self.begin("serialisation", len(used))
        self.move("issue", ("storage", "production"), used, [pieces] * len(used), acts=acts)
        spread = [act for act in acts for _ in range(pieces)]
        self.move("output", ("production", "storage"), serials, [1] * len(serials), acts=spread)
        return serials

    def ship(self, lots: list[int]) -> None:
        """To fifty customers in turn, one order and one shipment for each."""
        for number, customer in enumerate(self.customers):
            part = lots[number :: len(self.customers)]
            order, _ = CustomOrder.objects.get_or_create(
                customer=customer, number=f"SO-{customer.code}", defaults={"ordered_at": AT}
            )
            line, _ = OrderLine.objects.get_or_create(
                order=order, number=1, item=self.items[3], defaults={"quantity": 10**6, "due_date": AT.date()}
            )
            name = f"SH-{number}-{lots[0]}"
            shipment = Shipment.objects.create(number=name, order=order, shipped_at=AT, by=self.by)
            self.move("shipment", ("storage", "customer"), part, [1] * len(part), reference=name)
            _run(
                "INSERT INTO orders_shipmentline (shipment_id, line_id, lot_id, quantity, move_id)"
                " SELECT %(shipment)s, %(line)s, lot_id, quantity, id FROM inventory_move"
                " WHERE reference = %(name)s AND lot_id = ANY(%(lots)s) AND kind = 'shipment'",
                {"shipment": shipment.pk, "line": line.pk, "name": name, "lots": part},
            )


def build(lots: int, moves: int) -> Plant:
    """The plant with so many lots and moves. Triggers rest meanwhile: balances are summed up once, and then checked."""
    plant = Plant()
    _run("SET session_replication_role = replica")
    try:
        (traced,) = plant.receive("T-", 1, 100)
        (recalled,) = plant.receive("R-", 1, 1000)
        _descend(plant, "T", traced, TRACED)
        _descend(plant, "R", recalled, RECALLED - 1)
        _surround(plant, lots - 2 - TRACED - (RECALLED - 1))
        _fill_up(plant, moves)
        _sum_up()
    finally:
        _run("SET session_replication_role = DEFAULT")
    _run("ANALYZE")
    plant.traced, plant.recalled = Lot.objects.get(pk=traced), Lot.objects.get(pk=recalled)
    found = {name: len(downstream([lot])) for name, lot in (("traced", traced), ("recalled", recalled))}
    assert found == {"traced": TRACED + 1, "recalled": RECALLED}, found
    assert not any(balance.difference for balance in balances_of(downstream([recalled])).values())
    return plant


def _descend(plant: Plant, prefix: str, origin: int, count: int) -> None:
    """`count` descendants over three levels: blanks, assemblies of ten blanks' worth, and serial numbers, half of them shipped."""
    blanks = plant.make(1, f"{prefix}1-", [origin], each=max(count // 100, 1), pieces=20)
    assemblies = plant.make(2, f"{prefix}2-", blanks, each=8, pieces=12)
    full, rest = divmod(count - len(blanks) - len(assemblies), len(assemblies))
    serials = plant.serialise(f"{prefix}4-", assemblies[:rest], full + 1) if rest else []
    serials += plant.serialise(f"{prefix}3-", assemblies[rest:], full)
    plant.ship(serials[: len(serials) // 2])


def _surround(plant: Plant, count: int) -> None:
    """What else the plant has: bought lots each with 9 lots made of it, so many in all."""
    each = 10
    bought = plant.receive("N-", count // each, 100)
    made = plant.make(1, "M-", bought, each=each - 1, pieces=20)
    rest = count - len(bought) - len(made)
    if rest:
        plant.receive("X-", rest, 5)
    plant.ship(made[: len(made) // 3])


def _fill_up(plant: Plant, moves: int) -> None:
    """Lots are carried about, from storage to finished goods and back, until there are as many moves as were asked for."""
    count = max(moves - Move.objects.count(), 0)
    carried = max(Lot.objects.filter(number__startswith="M-").count(), 1)
    _run(
        "INSERT INTO inventory_move (lot_id, quantity, source_id, destination_id, kind, at, by_id, reference, reason)"
        " SELECT id, 1, CASE WHEN n %% 2 = 0 THEN %(storage)s ELSE %(finished)s END,"
        " CASE WHEN n %% 2 = 0 THEN %(finished)s ELSE %(storage)s END, 'transfer', %(at)s, %(by)s, '', ''"
        " FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM inventory_lot WHERE number LIKE 'M-%%') lot,"
        " generate_series(0, %(times)s) n ORDER BY n, id LIMIT %(count)s",
        {
            "storage": plant.places["storage"],
            "finished": plant.places["finished"],
            "at": AT + timedelta(days=1),
            "by": plant.by.pk,
            "times": count // carried,
            "count": count,
        },
    )


def _sum_up() -> None:
    _run(
        "INSERT INTO inventory_balance (lot_id, location_id, is_real, quantity)"
        " SELECT lot_id, location_id, is_real, sum(quantity) FROM ("
        " SELECT lot_id, destination_id AS location_id, quantity FROM inventory_move"
        " UNION ALL SELECT lot_id, source_id, -quantity FROM inventory_move"
        ") moved JOIN inventory_location place ON place.id = location_id GROUP BY 1, 2, 3"
    )
    below = _keys("SELECT id FROM inventory_balance WHERE is_real AND quantity < 0", {})
    assert not below, f"{len(below)} balances below zero"


def measure(plant: Plant, traces: int) -> dict[str, Any]:
    """Traces as people and systems ask for them, then one recall from start to the notices."""
    lot = plant.traced
    serial = Lot.objects.filter(number__startswith="T3-").latest("pk")
    client = Client()
    client.force_login(plant.by)
    line: dict[str, Any] = {
        "lots": Lot.objects.count(),
        "moves": Move.objects.count(),
        "trace": _times(lambda: trace_down(lot), traces),
        "trace_to_supplier": _times(lambda: trace_up(serial), traces),
        "table": _times(lambda: trace_table(lot), max(traces // 3, 1)),
        "api": _times(lambda: client.get(f"/api/v1/lots/{lot.pk}/genealogy/"), max(traces // 3, 1)),
    }
    assert len(trace_down(lot)) == TRACED
    return line | {"recall": _recall(plant)}


def seal_and_verify() -> dict[str, Any]:
    """Seconds that it takes to seal everything that is there, and to compare all of it with its seals; megabytes at the most."""
    seal_records(at=datetime.now(UTC))
    sleep(SETTLED_AFTER.total_seconds() + 1)
    began = perf_counter()
    sealed = seal_records(at=datetime.now(UTC))
    told: dict[str, Any] = {"rows": sealed.rows, "seal": round(perf_counter() - began, 1)}
    began = perf_counter()
    found = verify_records(started_at=datetime.now(UTC))
    assert not found.faults, found.faults[:3]
    told["verify"] = round(perf_counter() - began, 1)
    return told | {"megabytes": getrusage(RUSAGE_SELF).ru_maxrss // 1024}


def _recall(plant: Plant) -> dict[str, Any]:
    who: dict[str, Any] = {"by": plant.by, "at": AT + timedelta(days=9)}
    # As in a server's session: it has changed single lots before, and what it remembers from then must do for ten thousand, too.
    Lot.objects.filter(pk=plant.traced.pk).update(attributes={"heat": "H-1"})
    began = last = perf_counter()
    told: dict[str, Any] = {}

    def note(step: str) -> None:
        nonlocal last
        told[step] = round(perf_counter() - last, 3)
        last = perf_counter()

    recall = services.start_recall(basis="supplier_lot", supplier_lot="S-R-1", reason="Wrong alloy", **who)
    note("find")
    quality.hold_recall(recall, **who)
    note("hold")
    balances = balances_of(recall.lots.values_list("lot", flat=True))
    note("balance")
    delivered = delivered_of(balances)
    reach_of(recall, balances)
    note("customers")
    told["all"] = round(perf_counter() - began, 3)
    last = perf_counter()
    services.prepare_notices(recall, **who)
    note("notices")
    held = Lot.objects.filter(is_recalled=True, status="held").count()
    assert (len(balances), held) == (RECALLED, RECALLED), (len(balances), held)
    return told | {"lots": held, "told": len({each.customer for each in delivered})}


def _times(act: Callable[[], Any], count: int) -> dict[str, float]:
    act()  # the first one loads pages and code
    spent = []
    for _ in range(count):
        began = perf_counter()
        act()
        spent.append(perf_counter() - began)
    ordered = sorted(spent)
    return {"p50": round(ordered[count // 2], 4), "p95": round(ordered[ceil(0.95 * count) - 1], 4)}


def _run(statement: str, values: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _keys(statement: str, values: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [key for (key,) in cursor.fetchall()]


if __name__ == "__main__":
    sys.exit(main())
