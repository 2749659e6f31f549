"""A plant that is played: things get made, judged and shipped, and every quantity adds up."""

import ast
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory.models import Lot, Move, Site
from inventory.services import adjust
from mes.core.trail import Asked, entries
from mes.plant import simulation
from mes.plant.conservation import audit
from mes.plant.loader import load_plant
from mes.plant.reader import read_plant
from mes.plant.simulation.bench import inspect_what_is_open
from mes.plant.simulation.play import play
from mes.plant.simulation.trace import trace_of_a_shipped_serial
from mes.plant.simulation.world import World
from orders.models import CustomOrder, Shipment
from production.models import Batch, Operation
from quality.models import Inspection
from tests.clean_slate import Stand
from tests.plant import make_inspection, make_user

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)

pytestmark = pytest.mark.django_db

SHOP = {
    "site": "site,name,time_zone\nSHOP,Small Shop,Europe/London\n",
    "items": (
        "item,uom,kind,strategy,tracking,unit_price,lead_time_days\n"
        "PIN,C62,finished,MTO,serial,12,5\nBAR,MTR,raw,MTO,lot,,5\n"
    ),
    "work_centers": "work_center,name\nTURN,Turning\nGRIND,Grinding\n",
    "machines": "machine,work_center\nT1,TURN\nT2,TURN\nG1,GRIND\n",
    "operators": "operator,name\nB1,Ann Able\nB2,Ben Busy\n",
    "qualifications": "operator,qualification\nB2,GRINDING\n",
    "steps": (
        "item,step,work_center,setup,run,inspection_plan,qualification\n"
        "PIN,10,TURN,20m,15m,IP-PIN,\nPIN,20,GRIND,10m,10m,FI-PIN,GRINDING\n"
    ),
    "components": "item,component,quantity\nPIN,BAR,0.12\n",
    "inspection_plans": "plan,item,stage\nIP-PIN,PIN,in process\nFI-PIN,PIN,final\nRI-BAR,BAR,receiving\n",
    "characteristics": (
        "plan,characteristic,lower,upper\nIP-PIN,Length,99.9,100.1\nFI-PIN,Diameter,24.987,25\n"
        "FI-PIN,Marking,,\nRI-BAR,Hardness,,241\n"
    ),
    "stock": "item,lot,quantity,received,attributes\nBAR,M1,6,-20,heat=H1; certificate=3.1\n",
    "expected_receipts": "receipt,item,quantity,due\nPO-1,BAR,3,+1\n",
    "customers": "customer\nACME\n",
    "orders": "order,customer,placed\nSO-1,ACME,-3\nSO-2,ACME,-2\n",
    "order_lines": "order,item,quantity,due\nSO-1,PIN,3,+4\nSO-2,PIN,5,+6\n",
    "requirements": (
        "order,kind,text,component,attribute,characteristic,lower\n"
        "SO-1,material,Heat number,BAR,heat,,\nSO-1,document,Certificate of conformity,,,,\n"
        "SO-1,characteristic,Diameter at least 24.99,,,Diameter,24.99\n"
    ),
}


@pytest.fixture
def shop(tmp_path) -> Site:
    return loaded(tmp_path, SHOP)


def loaded(folder: Path, plant: dict[str, str]) -> Site:
    for name, content in plant.items():
        (folder / f"{name}.csv").write_text(content)
    load_plant(read_plant(folder, MONDAY), by=make_user(), at=MONDAY)
    return Site.objects.get()


@pytest.fixture(scope="class")
def played(standing_for_class: Stand, tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, str]:
    """The shop after three days that the command played, and what that told."""

    def write() -> tuple[Site, str]:
        site, told = loaded(tmp_path_factory.mktemp("shop"), SHOP), StringIO()
        call_command("run_plant", days=3, start="2026-03-02 07:00", seed=1, stdout=told)
        return site, told.getvalue()

    return standing_for_class(write)


@pytest.mark.slow
class TestThreeDays:
    def test_the_command_tells_what_happened_and_that_it_adds_up(self, played):
        _, told = played
        assert "operations finished" in told
        assert "Traced: BAR lot M1 (heat H1) → PIN serial" in told
        assert "Every quantity adds up" in told

    def test_an_order_is_traced_from_its_bar_to_shipped_serial_numbers(self, played):
        shop, _ = played
        assert CustomOrder.objects.get(number="SO-1").status == CustomOrder.Status.SHIPPED
        trace = trace_of_a_shipped_serial([shop])
        assert trace is not None
        assert [lot.item.number for lot in trace.raw] == ["BAR"]
        assert trace.inspection.status == Inspection.Status.PASSED
        assert trace.shipped.quantity == 1

    def test_the_audit_trail_names_whoever_is_played(self, played):
        told = entries(Asked())
        assert {each.kind for each in told} >= {"production.operation", "inventory.lot"}
        nobodys = {each.kind for each in told if each.by == "the house itself"}
        assert not nobodys & {
            "production.operation",
            "production.batch",
            "inventory.lot",
            "quality.inspection",
        }

    def test_nothing_happens_before_its_time(self, played):
        end = MONDAY + timedelta(days=3)
        assert Shipment.objects.exists()
        assert not Operation.objects.filter(finished_at__gt=end).exists()
        assert not Shipment.objects.filter(shipped_at__gt=end).exists()
        assert not Inspection.objects.filter(closed_at__lt=MONDAY).exists()

    def test_a_batch_that_put_out_something_else_than_it_reported_is_found(self, played):
        bar = Lot.objects.get(item__number="BAR", number="M1")
        assert audit().faults == []

        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE inventory_balance SET quantity = quantity + 1 WHERE lot_id = %s AND is_real", [bar.pk]
            )

        faults = audit().faults
        assert "Lot M1: its balances leave 1.0000." in faults
        assert any(fault.startswith(f"Lot {bar.pk} at location") for fault in faults)


@pytest.mark.slow
def test_every_quantity_adds_up_after_days_of_trouble(shop):
    world = play([shop], start=MONDAY, days=2, seed=3)

    found = audit()
    assert found.faults == []
    assert world.tally["operations finished"] > 3
    assert {flow.item for flow in found.flows} == {"PIN", "BAR"}
    pins = next(flow for flow in found.flows if flow.item == "PIN")
    # Serialising consumes a batch and produces its pieces: it is on both sides.
    assert (
        pins.produced + pins.received + pins.adjusted
        == pins.on_hand + pins.used + pins.shipped + pins.scrapped
    )


@pytest.mark.slow
def test_a_step_that_hands_on_is_followed_before_it_is_done(tmp_path):
    steps = "item,step,work_center,run,transfer_quantity,inspection_plan\nPIN,10,TURN,1h,1,\nPIN,20,GRIND,1h,,FI-PIN\n"
    site = loaded(tmp_path, SHOP | {"steps": steps})

    play([site], start=MONDAY, days=2, seed=1)

    batch = Batch.objects.filter(quantity=5, status=Batch.Status.DONE).earliest("pk")
    first, second = batch.operations.order_by("sequence")
    moments = [first.started_at, second.started_at, first.finished_at, second.finished_at]
    known = [moment for moment in moments if moment is not None]
    assert (len(known), known) == (4, sorted(known))
    assert audit().faults == []


@pytest.mark.slow
def test_the_same_seed_plays_the_same_days(shop):
    first = _played_and_undone(shop, seed=7)
    again = _played_and_undone(shop, seed=7)
    assert first == again
    assert first[0]["operations finished"] > 1


def _played_and_undone(shop: Site, *, seed: int) -> tuple[dict[str, int], list[tuple[str, Decimal]]]:
    sid = str(connection.savepoint())
    world = play([shop], start=MONDAY, days=1, seed=seed)
    moves = [(move.kind, move.quantity) for move in Move.objects.order_by("pk")]
    connection.savepoint_rollback(sid)
    return dict(world.tally), moves


def test_an_adjustment_is_part_of_what_adds_up(shop):
    bar = Lot.objects.get(item__number="BAR", number="M1")
    place = bar.balances.get(is_real=True).location
    adjust(bar, place, Decimal("-0.5"), "Counted", by=make_user(), at=MONDAY)
    found = audit()
    assert found.faults == []
    flow = next(flow for flow in found.flows if flow.item == "BAR")
    assert (flow.received, flow.adjusted, flow.on_hand) == (Decimal(6), Decimal("-0.5"), Decimal("5.5"))


def test_without_a_plant_there_is_nothing_to_play():
    with pytest.raises(CommandError, match="There is no plant with work centers"):
        call_command("run_plant", days=1, stdout=StringIO())


def test_the_simulation_writes_through_services_alone():
    """No method that writes rows is called anywhere in it."""
    writes = {
        "create",
        "save",
        "update",
        "delete",
        "bulk_create",
        "bulk_update",
        "get_or_create",
        "update_or_create",
    }
    found = [
        f"{path.name}:{node.lineno} {node.func.attr}"
        for path in Path(simulation.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in writes
    ]
    assert found == []


def test_inspections_of_the_last_hours_may_be_left_to_whoever_takes_over():
    opened = make_inspection()
    sites = [opened.lot.item.site]
    end = opened.opened_at + timedelta(hours=4)

    inspect_what_is_open(World.begin(sites, until=end, seed=1, leave=timedelta(hours=6)), end)
    opened.refresh_from_db()
    assert opened.status == Inspection.Status.OPEN

    inspect_what_is_open(World.begin(sites, until=end, seed=1), end)
    opened.refresh_from_db()
    assert opened.status != Inspection.Status.OPEN
