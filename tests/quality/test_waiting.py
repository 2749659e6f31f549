"""What a lot that may not be used waits for is named: the inspection, the decision, the signature, or that nobody is asked to look."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import services as inventory
from inventory.models import Lot
from mes.console.decisions.judging import lots_nobody_judges
from orders import services as orders
from production import services as production
from quality import services
from quality.models import Stage
from tests import plant
from tests.orders.desk import line_of, make_order
from tests.shop import make_made_item, operations_of, plan_order

pytestmark = pytest.mark.django_db


def acting() -> dict[str, Any]:
    return {"by": plant.make_user(), "at": plant.MONDAY}


def waits(lot: Lot) -> str:
    lot.refresh_from_db()
    wait = services.what_it_waits_for(lot)
    return f"{wait.told} {wait.remedy}" if wait else ""


def test_without_any_plan_the_lot_says_so_and_who_lets_it_go():
    lot = plant.make_lot(status=Lot.Status.QUARANTINE)

    told = waits(lot)

    assert told.startswith(f"{lot.item} has no receiving or final inspection plan in force, so no inspection")
    assert "whoever judges lots releases it by hand (Release on its page)." in told
    assert "adds one under Inspection plans and approves it." in told
    (entry,) = lots_nobody_judges()
    assert entry.what == "A lot is in quarantine, and nobody is asked to judge it"
    assert entry.why.startswith(f"{lot} ({lot.item}). The page of each says what it waits for")

    services.release_lot(lot, **acting())

    assert waits(lot) == ""
    assert list(lots_nobody_judges()) == []


def test_a_lot_split_off_one_that_is_inspected_is_for_somebody_to_judge_only_once_that_is_judged():
    inspection = plant.make_inspection(lot_quantity=10)
    part = inventory.split_lot(inspection.lot, Decimal(4), **acting())
    again = inventory.split_lot(part, Decimal(1), **acting())

    assert waits(again).startswith(f"{inspection}, whose goods it is of, is open.")
    assert list(lots_nobody_judges()) == []

    plant.measure_all(inspection)

    (entry,) = lots_nobody_judges()
    assert entry.what == "2 lots are in quarantine, and nobody is asked to judge them"


def test_what_is_found_on_the_rest_after_a_lot_was_split_off_is_not_about_that_lot():
    whole = plant.make_lot(quantity=10, status=Lot.Status.QUARANTINE)
    part = inventory.split_lot(whole, Decimal(4), **acting())
    later = acting() | {"at": plant.MONDAY + timedelta(hours=1)}
    services.open_nonconformance(whole, Decimal(1), "Scratch", **later)

    (entry,) = lots_nobody_judges()

    assert str(part) in entry.why


def test_with_a_plan_that_nobody_was_asked_to_inspect_by_the_plan_is_named():
    plan = plant.make_inspection_plan(stage=Stage.RECEIVING)
    lot = plant.make_lot(plan.item, status=Lot.Status.QUARANTINE)

    assert waits(lot).startswith(
        f"Nobody has asked for its inspection, though {plan} is in force. Ask for it"
    )


def test_an_open_a_failed_and_a_decided_inspection_are_told_apart():
    inspection = plant.make_inspection()
    lot = inspection.lot
    assert waits(lot) == f"{inspection} is open. Record its results: passing releases the lot."
    plant.measure_all(inspection, 99)
    assert waits(lot).startswith(f"{inspection.nonconformance} of it is undecided. Decide it")
    services.decide_nonconformance(inspection.nonconformance, "reinspect", "Doubtful", **acting())
    again = inspection.repetitions.get()
    assert waits(lot).startswith(f"{again} is open.")
    services.cancel_inspection(again, "Not today", **acting())

    assert waits(lot) == f"{inspection} failed. Repeat it; once it passes the lot may go on."


def test_a_lot_that_somebody_holds_and_one_that_is_put_back_wait_for_a_person():
    held = plant.make_lot()
    inventory.hold_lot(held, "Waiting for a certificate", **acting())
    inspection = plant.measure_all(plant.make_inspection())
    inventory.quarantine_lot(inspection.lot, **acting())

    assert waits(held).startswith("Somebody held it by hand. Once that is settled whoever judges lots")
    assert waits(inspection.lot).startswith("Nothing is open about it, and nobody has released it.")


def test_a_lot_that_is_used_or_shipped_all_the_same_is_refused_in_these_words():
    bar = plant.make_item(kind="raw", supply="buy")
    item = make_made_item(components={bar: 1}, site=bar.site)
    lot = plant.make_lot(bar, 20, status=Lot.Status.QUARANTINE)
    ready = plant.make_lot(bar, 20)
    (operation,) = operations_of(plan_order(item, 5))
    machine = operation.step.work_center.machines.get()
    production.start_operation(operation, machine=machine, **acting())

    with pytest.raises(inventory.LotNotUsable, match=f"Lot {lot} is in quarantine. {bar} has no") as using:
        production.finish_operation(operation, good=Decimal(5), consumed=[(lot, Decimal(5))], **acting())

    assert using.value.remedy.endswith("Or take another lot.")
    assert using.value.see == (lot,)
    order = make_order((bar, 4), confirmed=True)
    with pytest.raises(inventory.LotNotUsable, match="has no receiving or final inspection plan in force"):
        orders.ship(order, lots=[(line_of(order), lot, Decimal(4))], **acting())
    assert inventory.on_hand(lot) == 20
    assert inventory.on_hand(ready) == 20


def test_what_nobody_is_asked_to_judge_takes_the_same_queries_whatever_its_number():
    plant.make_lot(status=Lot.Status.QUARANTINE)
    with CaptureQueriesContext(connection) as few:
        assert len(list(lots_nobody_judges())) == 1
    for _ in range(4):
        plant.make_lot(status=Lot.Status.QUARANTINE)
    with CaptureQueriesContext(connection) as many:
        (entry,) = lots_nobody_judges()

    assert entry.what.startswith("5 lots are in quarantine")
    assert "and 2 more" in entry.why
    assert len(many) == len(few)
