"""A plant is written whole, or not at all; loading it again changes only what the files changed."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from forecasting.models import DemandHistory, StockPolicy
from inventory.models import Balance, Item, Location, Lot, Move, Site
from mes.core.trail import Asked, entries
from mes.demo.demand import Profile, history
from mes.plant.loader import PlantRefused, load_plant
from mes.plant.reader import read_plant
from orders.models import CustomOrder, OrderLine, Requirement
from production.models import Machine, ProcessPlan, Shift, Slot, Step, Tool, WorkCenter
from quality.models import Characteristic, InspectionPlan
from tests.plant import make_user

NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)
RETAIL = settings.SHARED_DIR / "data" / "retail_demand"

pytestmark = pytest.mark.django_db


@pytest.fixture
def load(tmp_path):
    def read_and_load(*, dry_run: bool = False, **files: str):
        for name, content in files.items():
            (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        return load_plant(read_plant(tmp_path, NOW), by=make_user(), at=NOW, dry_run=dry_run)

    return read_and_load


def faults(refusal: pytest.ExceptionInfo[PlantRefused]) -> list[str]:
    return [str(fault) for fault in refusal.value.faults]


SHOP = {
    "site": "site,name,time_zone\nSHOP,Small Shop,Europe/Berlin\n",
    "items": "item,uom,kind,strategy,unit_price\nPIN,C62,finished,MTO,12\nBAR,MTR,raw,MTO,\n",
    "work_centers": "work_center,name,kind,lead\nTURN,Turning,,\nHT,Heat treatment,outside,5d\n",
    "steps": "item,step,work_center,setup,run,inspection_plan\nPIN,10,TURN,1h,90s,\nPIN,20,HT,,,FI-PIN\n",
    "components": "item,component,quantity\nPIN,BAR,0.12\n",
    "inspection_plans": "plan,item,stage\nFI-PIN,PIN,final\n",
    "characteristics": "plan,characteristic,lower,upper,unit\nFI-PIN,Diameter,24.987,25,mm\nFI-PIN,Marking,,,\n",
    "stock": "item,lot,quantity,received,attributes\nBAR,M1,6,-20,heat=H1\n",
    "customers": "customer\nACME\n",
    "orders": "order,customer,reference,placed\nSO-1,ACME,PO 7,-3\n",
    "order_lines": "order,item,quantity,due\nSO-1,PIN,8,+20\n",
    "requirements": "order,kind,text,component,attribute\nSO-1,material,Heat number,BAR,heat\n",
}


def test_a_small_shop_is_loaded_with_its_order_planned_and_its_bar_reserved(load):
    load(**SHOP)

    site = Site.objects.get(code="SHOP")
    assert {location.kind for location in site.locations.all()} == set(Location.Kind)
    pin = Item.objects.get(number="PIN")
    assert (pin.supply, pin.unit_cost, pin.lead_time_days) == ("make", Decimal("7.2"), 7)
    assert Item.objects.get(number="BAR").supply == "buy"
    assert ProcessPlan.objects.get(item=pin).status == ProcessPlan.Status.APPROVED
    turning, hardening = Step.objects.filter(plan__item=pin).order_by("sequence")
    assert (turning.setup_seconds, turning.run_seconds, turning.fixed_seconds) == (3600, 90, 0)
    assert hardening.fixed_seconds == 5 * 86400
    assert hardening.work_center.is_unlimited
    assert Machine.objects.get().code == "TURN"
    assert Shift.objects.filter(work_center__code="TURN").count() == 10
    assert [c.kind for c in Characteristic.objects.order_by("number")] == ["variable", "attribute"]
    lot = Lot.objects.get(item__number="BAR")
    assert (lot.status, lot.attributes, lot.made_at.date()) == ("released", {"heat": "H1"}, date(2026, 2, 13))
    line = OrderLine.objects.get()
    assert (line.order.status, line.number, line.due_date) == ("confirmed", 1, date(2026, 3, 25))
    assert line.pegs.get().production_order.quantity == 8
    assert Requirement.objects.get(line=line).attribute == "heat"
    assert lot.reservations.open().get().quantity == Decimal("0.96")


def test_loading_again_changes_only_what_the_files_changed(load):
    load(**SHOP)
    moves, orders = Move.objects.count(), CustomOrder.objects.count()

    report = load(items="item,unit_price\nPIN,15\n")

    assert Item.objects.get(number="PIN").unit_price == 15
    assert Item.objects.get(number="PIN").strategy == "mto"
    assert (Move.objects.count(), CustomOrder.objects.count()) == (moves, orders)
    assert ProcessPlan.objects.count() == InspectionPlan.objects.count() == 1
    assert (report.counts["orders.csv"].written, report.counts["orders.csv"].left) == (0, 1)


def test_a_dry_run_writes_nothing(load):
    report = load(**SHOP, dry_run=True)
    assert report.counts["stock.csv"].written == 1
    assert not Site.objects.exists()
    assert not Item.objects.exists()
    assert not Move.objects.exists()


def test_the_database_knows_how_large_a_loaded_plant_is_before_the_first_query(load):
    load(**SHOP)

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'inventory_item'::regclass")
        assert cursor.fetchone() == (Item.objects.count(),)


def test_one_bad_row_leaves_nothing_written(load):
    with pytest.raises(PlantRefused) as refusal:
        load(**SHOP | {"stock": "item,lot,quantity\nBAR,M1,6\nPIN,M2,1.5\n"})
    (fault,) = faults(refusal)
    assert fault.startswith("stock.csv, row 3, column quantity: 1.5 ")
    assert "counted in whole numbers" in fault
    assert not Site.objects.exists()
    assert not Balance.objects.exists()


def test_a_name_that_neither_folder_nor_database_knows_is_a_fault(load):
    with pytest.raises(PlantRefused) as refusal:
        load(**SHOP | {"components": "item,component,quantity\nPIN,TUBE,0.12\n"})
    assert faults(refusal) == [
        (
            "components.csv, row 2, column component: nothing is called “TUBE”. "
            "Correct the name, or add a row for it to items.csv."
        )
    ]


def test_a_name_may_stand_in_the_database_already(load):
    load(**SHOP)
    load(demand="item,date,quantity\nBAR,2026-01-05,3\n")
    assert DemandHistory.objects.get().item.number == "BAR"


def test_where_two_revisions_are_alive_one_has_to_be_named(load):
    items = "item,revision\nARM,C\nARM,D\n"
    with pytest.raises(PlantRefused) as refusal:
        load(items=items, demand="item,date,quantity\nARM,2026-01-05,3\n")
    assert faults(refusal) == [
        "demand.csv, row 2, column item: ARM has several revisions. Name one of them, e.g. “ARM rev B”."
    ]
    load(items=items, demand="item,date,quantity\nARM rev D,2026-01-05,3\n")
    assert DemandHistory.objects.get().item.revision == "D"


def test_an_item_made_from_itself_is_a_fault_of_its_first_step(load):
    with pytest.raises(PlantRefused) as refusal:
        load(**SHOP | {"components": "item,component,quantity\nPIN,PIN,1\n"})
    assert faults(refusal) == [
        "steps.csv, row 2, column item: PIN would be made from itself: PIN → PIN. Remove one of these components."
    ]


def test_a_step_hands_on_what_its_file_says_and_none_that_is_judged_as_a_whole_does(load):
    hands_on = "item,step,work_center,run,transfer_quantity,inspection_plan\nPIN,10,TURN,90s,{},{}\nPIN,20,HT,,,FI-PIN\n"
    with pytest.raises(PlantRefused) as refusal:
        load(**SHOP | {"steps": hands_on.format("2.5", "")})
    assert faults(refusal) == [
        "steps.csv, row 2, column transfer_quantity: pcs are counted in whole numbers. State a whole number. Correct the cell."
    ]
    with pytest.raises(PlantRefused) as refusal:
        load(**SHOP | {"steps": hands_on.format("2", "FI-PIN")})
    assert (
        "column transfer_quantity: The inspection after the step judges the whole batch" in faults(refusal)[0]
    )

    load(**SHOP | {"steps": hands_on.format("2", "")})

    assert list(Step.objects.order_by("sequence").values_list("transfer_quantity", flat=True)) == [2, None]


def test_values_that_the_tables_cannot_hold_are_faults_not_crashes(load):
    with pytest.raises(PlantRefused) as refusal:
        load(items=f"item,uom,description\nA,METRE,\nB,C62,{'x' * 201}\n")
    assert faults(refusal) == [
        (
            "items.csv, row 2, column uom: Ensure this value has at most 3 characters (it has 5). "
            "Correct the cell."
        ),
        (
            "items.csv, row 3, column description: Ensure this value has at most 200 characters (it has 201). "
            "Correct the cell."
        ),
    ]


def test_a_break_outside_its_shift_is_a_fault_of_its_row(load):
    with pytest.raises(PlantRefused) as refusal:
        load(shifts="starts,ends,break_starts,break_ends\n06:00,14:00,23:00,23:30\n")
    assert faults(refusal) == [
        "shifts.csv, row 2, column break_starts: The break is not within the shift, 06:00–14:00. Move it there. Correct the cell."
    ]


TOOLS = {
    "work_centers": (
        "work_center,kind,lead,limited_by_people,order_share,stock_share\nTURN,,,yes,60%,0.2\nHT,outside,5d,,,\n"
    ),
    "tools": "tool,name,quantity\nCHUCK,Soft jaws,2\n",
    "tool_absences": "tool,starts,ends,reason\nCHUCK,+2wd 06:00,+3wd 14:00,Bored anew\n",
    "tool_needs": "item,step,tool\nPIN,10,CHUCK\n",
}


def test_tools_people_and_reserved_shares_are_loaded_and_loading_again_leaves_the_plan_as_it_is(load):
    load(**SHOP | TOOLS)
    report = load(tools="tool,name,quantity\nCHUCK,Soft jaws,3\n")

    center = WorkCenter.objects.get(code="TURN")
    assert (center.is_limited_by_people, center.reserved_shares) == (
        True,
        {"mto": Decimal("0.6"), "mts": Decimal("0.2")},
    )
    tool = Tool.objects.get()
    assert (tool.name, tool.quantity, tool.needs.get().step.sequence) == ("Soft jaws", 3, 10)
    absence = tool.absences.get()
    assert (absence.kind, absence.quantity, absence.starts_at) == (
        "calibration",
        1,
        datetime(2026, 3, 9, 5, tzinfo=UTC),
    )
    assert (report.counts["tool_absences.csv"].left, report.counts["tool_needs.csv"].left) == (1, 1)


def test_limits_that_cannot_be_are_faults_of_their_rows(load):
    with pytest.raises(PlantRefused) as refusal:
        load(**SHOP | TOOLS | {"work_centers": "work_center,order_share,stock_share\nTURN,0.7,0.4\nHT,,\n"})
    assert faults(refusal) == [
        "work_centers.csv, row 2, column stock_share: With 0.7 kept to order, no more than 0.3 is left to keep. Correct the cell."
    ]
    with pytest.raises(PlantRefused) as refusal:
        load(**SHOP | TOOLS | {"tool_needs": "item,step,tool,quantity\nPIN,10,CHUCK,3\nPIN,15,CHUCK,1\n"})
    assert faults(refusal) == [
        "tool_needs.csv, row 2, column quantity: There are only 2 of Soft jaws. Provide more, or ask less. Correct the cell.",
        "tool_needs.csv, row 3, column step: PIN has no step 15. Name one of its steps in steps.csv.",
    ]
    load(**SHOP | TOOLS)
    with pytest.raises(PlantRefused) as refusal:
        load(tools="tool,quantity\nCHUCK,0\n", tool_absences="tool,starts,quantity\nHAMMER,+1 06:00,1\n")
    assert any("HAMMER" in fault for fault in faults(refusal))
    with pytest.raises(PlantRefused) as refusal:
        load(tools="tool,quantity\nCHUCK,0\n", tool_absences="tool,starts\n")
    assert "A step in force needs 1 at once. Revise its process plan first." in faults(refusal)[0]


def test_an_item_of_another_site_is_not_taken_over(load, tmp_path):
    load(**SHOP)
    with pytest.raises(PlantRefused) as refusal:
        load(site="site\nOTHER\n", items="item\nPIN\n")
    assert "items.csv, row 2, column item: PIN is an item of Small Shop. Give it another number." in faults(
        refusal
    )
    assert not Site.objects.filter(code="OTHER").exists()


def test_another_unit_of_an_item_that_is_in_stock_is_a_fault_of_its_row(load):
    load(**SHOP)
    kept = Item.objects.get(number="BAR").uom

    with pytest.raises(PlantRefused) as refusal:
        load(items="item,uom\nBAR,TNE\n")

    assert any("BAR has lots in" in fault for fault in faults(refusal))
    assert Item.objects.get(number="BAR").uom == kept


def test_demand_drawn_from_a_profile_is_the_same_for_the_same_seed():
    profile = Profile("SOAP", 200, november=1.6, pack=12, stock_outs=((date(2026, 2, 2), 5),))
    one = history(profile, today=date(2026, 3, 5), seed=3)
    again = history(profile, today=date(2026, 3, 5), seed=3)
    other = history(profile, today=date(2026, 3, 5), seed=4)
    assert (one.quantities == again.quantities).all()
    assert list(one.quantities) != list(other.quantities)
    assert one.dates[-1] == date(2026, 3, 4)
    assert int(one.censored.sum()) == 5
    assert not one.quantities[one.censored].any()
    assert set(one.quantities % 12) == {0.0}
    assert not {day.weekday() for day in one.dates} - set(range(5))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["northgate", "clearwell"])
def test_the_plants_of_the_demonstration_load(name):
    call_command("load_plant", settings.BASE_DIR / "mes" / "demo" / name, stdout=StringIO())
    site = Site.objects.get(code=name.upper())
    assert not Balance.objects.filter(quantity__lt=0, is_real=True).exists()
    assert (
        ProcessPlan.objects.effective().filter(item__site=site).count()
        == site.items.filter(supply="make").count()
    )
    assert StockPolicy.objects.filter(item__site=site).count() == site.items.filter(strategy="mts").count()
    assert WorkCenter.objects.filter(site=site, shifts__isnull=True).count() == 0
    assert not Slot.objects.exists()
    fill = {
        store.code: store.filled_m3 / store.capacity_m3
        for store in Location.objects.with_fill().filter(capacity_m3__gt=0)
    }
    if name == "clearwell":
        assert fill["CW-FG"] == pytest.approx(Decimal("0.85"), abs=Decimal("0.002"))


@pytest.mark.skipif(not RETAIL.is_dir(), reason=f"the shared folder {RETAIL} is not there (set MES_SHARED)")
@pytest.mark.slow
def test_a_year_of_real_retail_demand_loads_as_it_stands_and_is_planned_by_the_same_command():
    told = StringIO()
    call_command("load_plant", RETAIL, then_plan=True, stdout=told)
    assert Item.objects.filter(strategy="mts", supply="buy").count() == 186
    assert DemandHistory.objects.count() == 32_790
    assert (
        "Note: demand.csv: column order_lines is not part of the format and was ignored." in told.getvalue()
    )


def test_the_command_lists_faults_and_fails(tmp_path: Path):
    (tmp_path / "items.csv").write_text("item,unit_price\nA,free\n")
    told = StringIO()
    with pytest.raises(CommandError, match=r"Nothing was loaded: 1 fault\. Correct them and load again"):
        call_command("load_plant", tmp_path, stdout=StringIO(), stderr=told)
    assert "items.csv, row 2, column unit_price: “free” is not a number." in told.getvalue()


def test_a_plant_may_be_loaded_as_of_another_day(tmp_path: Path):
    (tmp_path / "items.csv").write_text("item\nA\n")
    (tmp_path / "demand.csv").write_text("item,date,quantity\nA,today,4\n")
    call_command("load_plant", tmp_path, as_of="2026-02-10", stdout=StringIO())
    assert DemandHistory.objects.get().date == date(2026, 2, 10)


def test_production_is_told_to_migrate_first_where_tables_are_missing(tmp_path, settings, monkeypatch):
    settings.PRODUCTION = True
    monkeypatch.setattr("mes.console.management.commands.load_plant.tables_are_behind", lambda: True)

    with pytest.raises(CommandError, match="tables are not up to date"):
        call_command("load_plant", tmp_path, stdout=StringIO())
    assert not Site.objects.exists()


def test_a_regulated_plant_is_loaded_with_the_items_that_say_otherwise(load):
    load(
        **SHOP
        | {
            "site": "site,name,time_zone,regulated\nSHOP,Small Shop,Europe/Berlin,yes\n",
            "items": "item,uom,kind,regulated\nPIN,C62,finished,\nBAR,MTR,raw,no\nNUT,C62,component,yes\n",
        }
    )

    site = Site.objects.get(code="SHOP")
    items = {item.number: item for item in Item.objects.select_related("site")}
    assert site.is_regulated
    assert [items[name].is_regulated for name in ("PIN", "BAR", "NUT")] == [None, False, True]
    assert [items[name].is_under_rules for name in ("PIN", "BAR", "NUT")] == [True, False, True]
    assert {item.number for item in Item.objects.under_rules()} == {"PIN", "NUT"}


def test_loading_without_the_column_leaves_what_people_have_said_of_the_plant_and_its_items(load):
    load(**SHOP)
    Site.objects.filter(code="SHOP").update(is_regulated=True)
    Item.objects.filter(number="BAR").update(is_regulated=False)

    load(**SHOP)

    assert Site.objects.get(code="SHOP").is_regulated
    assert Item.objects.get(number="BAR").is_regulated is False


def test_what_is_neither_yes_nor_no_is_named_with_its_row(load):
    with pytest.raises(PlantRefused) as refusal:
        load(
            **SHOP
            | {
                "site": "site,regulated\nSHOP,GMP\n",
                "items": "item,uom,kind,regulated\nPIN,C62,finished,yes\nBAR,MTR,raw,maybe\n",
            }
        )

    assert faults(refusal) == [
        "site.csv, row 2, column regulated: “GMP” is neither yes nor no. Write yes or no.",
        "items.csv, row 3, column regulated: “maybe” is neither yes nor no. Write yes or no.",
    ]
    assert not Site.objects.exists()


def test_what_a_folder_changes_of_a_regulated_item_says_so_in_its_history(load):
    load(**SHOP | {"site": "site,regulated\nSHOP,yes\n"})
    load(items="item,uom,kind,shelf_life_days\nPIN,C62,finished,90\n")

    (changed,) = [
        each
        for each in entries(Asked(kind="inventory.item", key=Item.objects.get(number="PIN").pk))
        if any(change.field == "Shelf life days" for change in each.changes) and each.what == "Changed"
    ]
    assert changed.why.startswith("Plant folder ")
