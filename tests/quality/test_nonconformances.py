"""What is not as it should be, and what becomes of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from inventory import services as inventory
from inventory.models import Lot
from mes.core.models import Fact
from mes.core.refusals import InvalidInput
from mes.core.states import IllegalTransition
from quality import services
from quality.models import CostEntry, Inspection, Nonconformance, Stage
from tests import plant

pytestmark = pytest.mark.django_db


def acting() -> dict[str, Any]:
    return {"by": plant.make_user(), "at": plant.MONDAY}


def a_failed(stage=Stage.FINAL, lot_quantity=1, sampling=None):
    plan = plant.make_inspection_plan(stage=stage, sampling=sampling)
    return plant.measure_all(plant.make_inspection(plan, lot_quantity=lot_quantity), 99)


def decide(nonconformance, disposition, **given):
    services.decide_nonconformance(nonconformance, disposition, "Engineering agrees", **given, **acting())
    nonconformance.lot.refresh_from_db()
    return nonconformance


def is_cleared(inspection):
    return Inspection.objects.cleared().filter(pk=inspection.pk).exists()


def test_a_lot_used_as_it_is_is_released_and_clears_its_gate():
    inspection = a_failed()

    found = decide(inspection.nonconformance, "use_as_is")

    assert found.lot.status == Lot.Status.RELEASED
    assert is_cleared(inspection)
    fact = Fact.objects.get(name="quality.NonconformanceDecided")
    assert (fact.payload["gate"], fact.payload["disposition"]) == (inspection.pk, "use_as_is")


def test_a_lot_used_as_it_is_in_process_goes_on_in_process():
    inspection = a_failed(Stage.IN_PROCESS)

    found = decide(inspection.nonconformance, "use_as_is")

    assert found.lot.status == Lot.Status.IN_PROCESS
    assert is_cleared(inspection)


def test_the_customers_agreement_may_follow_once_to_what_was_used_as_it_is():
    found, scrapped = (decide(a_failed().nonconformance, each) for each in ("use_as_is", "scrap"))

    with pytest.raises(InvalidInput) as refusal:
        services.note_customer_agreement(found, " ", **acting())
    assert refusal.value.errors.keys() == {"customer_agreement"}
    with pytest.raises(services.NothingToAgreeTo):
        services.note_customer_agreement(scrapped, "MRB-7", **acting())
    services.note_customer_agreement(found, "MRB-7", **acting())
    with pytest.raises(services.AgreedBefore, match="MRB-7"):
        services.note_customer_agreement(found, "MRB-8", **acting())

    found.refresh_from_db()
    assert found.customer_agreement == "MRB-7"


def test_until_it_is_decided_the_gate_is_shut():
    inspection = a_failed(Stage.IN_PROCESS)

    assert inspection.lot.status == Lot.Status.HELD
    assert not is_cleared(inspection)


def test_a_reworked_lot_is_inspected_again_and_goes_on_when_that_passes():
    inspection = a_failed(Stage.IN_PROCESS)
    found = decide(inspection.nonconformance, "rework")
    again = inspection.repetitions.get()

    assert found.lot.status == Lot.Status.IN_PROCESS
    assert (again.status, again.plan, again.note) == (
        Inspection.Status.OPEN,
        inspection.plan,
        f"Rework by {found.number}",
    )
    assert not is_cleared(inspection)
    with pytest.raises(services.StillOpen):
        services.close_nonconformance(found, **acting())

    plant.measure_all(again)
    services.close_nonconformance(found, cause="Burr", **acting())

    assert is_cleared(inspection)
    assert (found.status, found.cause) == (Nonconformance.Status.CLOSED, "Burr")


def test_a_rework_that_fails_again_is_decided_again():
    inspection = a_failed()
    decide(inspection.nonconformance, "rework")
    again = plant.measure_all(inspection.repetitions.get(), 99)

    found = decide(again.nonconformance, "use_as_is")

    assert found.lot.status == Lot.Status.RELEASED
    assert is_cleared(inspection)


def test_a_doubtful_result_is_inspected_again_in_quarantine():
    inspection = a_failed()

    found = decide(inspection.nonconformance, "reinspect")
    assert found.lot.status == Lot.Status.QUARANTINE

    plant.measure_all(inspection.repetitions.get())
    found.lot.refresh_from_db()
    assert found.lot.status == Lot.Status.RELEASED


def test_the_bad_pieces_are_scrapped_and_the_rest_goes_on():
    plan = plant.make_inspection_plan()
    inspection = plant.make_inspection(plan, lot_quantity=3)
    characteristic = plan.characteristics.get()
    for piece, value in enumerate((10, 99, 10), start=1):
        services.record_measurement(inspection, characteristic, piece=piece, value=Decimal(value), **acting())

    found = decide(inspection.nonconformance, "scrap")

    assert inventory.on_hand(found.lot) == 2
    assert found.lot.status == Lot.Status.RELEASED
    assert is_cleared(inspection)
    assert found.lot.moves.get(kind="scrap").reference == found.number


@pytest.mark.parametrize("disposition", ["scrap", "return"])
def test_more_than_is_on_hand_is_neither_scrapped_nor_returned(disposition):
    lot = plant.make_lot(plant.make_item(supplier=plant.make_supplier()), 180)
    found = services.open_nonconformance(lot, Decimal(5), "Bent", **acting())

    with pytest.raises(services.MoreThanThere, match=r"500 pcs of lot .* cannot go: 180 pcs are on hand"):
        decide(found, disposition, quantity=Decimal(500))

    found.refresh_from_db()
    assert (found.status, inventory.on_hand(lot)) == (Nonconformance.Status.OPEN, 180)


def test_nobody_doubts_more_of_a_lot_than_there_is():
    lot = plant.make_lot(quantity=180)

    with pytest.raises(
        services.MoreThanThere,
        match=r"500 pcs of lot .* there are 180 pcs on hand\. Report at most 180; if more",
    ) as refusal:
        services.open_nonconformance(lot, Decimal(500), "Bent", **acting())

    lot.refresh_from_db()
    assert refusal.value.errors == {"quantity": ["At most 180 pcs"]}
    assert (lot.status, Nonconformance.objects.filter(lot=lot).exists()) == (Lot.Status.RELEASED, False)
    assert services.open_nonconformance(lot, Decimal(180), "Bent", **acting()).quantity == 180


def test_what_customers_have_and_what_was_used_may_be_in_doubt_too_but_not_what_is_gone():
    site = plant.make_site()
    lot = plant.make_lot(plant.make_item(site=site), 100)
    inventory.ship(lot, Decimal(30), reference="S-1", **acting())
    act = inventory.begin_transformation("production", **acting())
    inventory.issue(lot, Decimal(20), transformation=act, **acting())
    inventory.scrap(lot, Decimal(10), reason="Lost", **acting())
    inventory.split_lot(lot, Decimal(15), **acting())

    with pytest.raises(
        services.MoreThanThere, match="25 pcs on hand, 30 pcs at customers, 20 pcs used in production"
    ):
        services.open_nonconformance(lot, Decimal(76), "Bent", **acting())

    assert services.open_nonconformance(lot, Decimal(75), "Bent", **acting()).quantity == 75


def test_where_nothing_of_a_lot_is_here_nobody_is_told_to_adjust_its_stock():
    shipped, used = plant.make_lot(quantity=30), plant.make_lot(quantity=20)
    inventory.ship(shipped, Decimal(30), reference="S-1", **acting())
    act = inventory.begin_transformation("production", **acting())
    inventory.issue(used, Decimal(20), transformation=act, **acting())

    with pytest.raises(services.MoreThanThere) as of_shipped:
        services.open_nonconformance(shipped, Decimal(31), "Bent", **acting())
    with pytest.raises(services.MoreThanThere) as of_used:
        services.open_nonconformance(used, Decimal(21), "Bent", **acting())

    assert of_shipped.value.remedy.startswith(
        "Report at most 30; none of it is here. Goods that came back are taken back from their customer first"
    )
    assert of_used.value.remedy == (
        "Report at most 20; none of it is here. Goods that lie before you are of another lot, see their label."
    )


def test_of_a_lot_that_is_gone_nothing_is_in_doubt():
    lot = plant.make_lot(quantity=10)
    inventory.scrap(lot, Decimal(10), reason="Lost", **acting())

    with pytest.raises(
        services.MoreThanThere, match=r"Nothing of lot .* is left\. Report the lot that the goods"
    ):
        services.open_nonconformance(lot, Decimal(1), "Bent", **acting())


def test_a_failed_inspection_doubts_what_is_left_of_what_it_judged():
    inspection = plant.make_inspection(
        plant.make_inspection_plan(sampling=plant.make_sampling(1)), lot_quantity=20
    )
    inventory.scrap(inspection.lot, Decimal(5), reason="Dropped", **acting())

    plant.measure_all(inspection, 99)

    assert inspection.nonconformance.quantity == 15


def test_what_is_left_of_a_reported_quantity_goes_and_is_what_it_costs():
    lot = plant.make_lot(plant.make_item(unit_cost=Decimal(4)), 10)
    found = services.open_nonconformance(lot, Decimal(10), "Rusty", **acting())
    inventory.scrap(lot, Decimal(7), reason="Lost", **acting())

    decide(found, "scrap")

    assert CostEntry.objects.get(nonconformance=found).amount == 12


def test_a_lot_that_is_scrapped_whole_is_rejected():
    inspection = a_failed(lot_quantity=20, sampling=plant.make_sampling(1))

    found = decide(inspection.nonconformance, "scrap")

    assert (found.lot.status, inventory.on_hand(found.lot)) == (Lot.Status.REJECTED, 0)


def test_a_bad_delivery_goes_back_to_its_supplier():
    inspection = a_failed(Stage.RECEIVING, lot_quantity=20, sampling=plant.make_sampling(1))

    found = decide(inspection.nonconformance, "return")

    assert found.lot.moves.get(kind="return").destination.kind == "supplier"
    assert found.lot.status == Lot.Status.REJECTED


def test_a_nonconformance_on_a_released_lot_holds_it_and_gives_it_back():
    lot = plant.make_lot()

    found = services.open_nonconformance(lot, Decimal(2), "Scratches", **acting())
    lot.refresh_from_db()
    assert lot.status == Lot.Status.HELD

    decide(found, "use_as_is")
    lot.refresh_from_db()
    assert lot.status == Lot.Status.RELEASED


def test_a_lot_stays_held_until_its_last_nonconformance_is_decided():
    lot = plant.make_lot()
    scratches, cracks = (
        services.open_nonconformance(lot, Decimal(2), what, **acting()) for what in ("Scratches", "Cracks")
    )

    decide(scratches, "use_as_is")
    assert scratches.lot.status == Lot.Status.HELD
    decide(cracks, "use_as_is")

    lot.refresh_from_db()
    assert lot.status == Lot.Status.RELEASED


def test_rework_without_an_inspection_ends_when_it_is_closed_and_somebody_judges_what_came_of_it():
    lot = plant.make_lot()
    found = decide(services.open_nonconformance(lot, Decimal(2), "Scratches", **acting()), "rework")
    assert found.lot.status == Lot.Status.IN_PROCESS

    services.close_nonconformance(found, **acting())

    lot.refresh_from_db()
    assert lot.status == Lot.Status.QUARANTINE
    services.release_lot(lot, **acting())
    assert lot.status == Lot.Status.RELEASED


def test_nobody_releases_a_lot_that_something_is_open_about():
    held = plant.make_lot()
    found = services.open_nonconformance(held, Decimal(2), "Scratches", **acting())
    waiting = plant.make_inspection().lot
    in_process = plant.make_lot(status=Lot.Status.IN_PROCESS)

    with pytest.raises(services.NotJudged, match=rf"{found.number} of lot {held} is undecided\. Decide it"):
        services.release_lot(held, **acting())
    with pytest.raises(services.NotJudged, match=r"is open\. Record its results"):
        services.release_lot(waiting, **acting())
    with pytest.raises(services.NotJudged, match="still being made or reworked"):
        services.release_lot(in_process, **acting())

    assert [each.status for each in (held, waiting, in_process)] == ["held", "quarantine", "in_process"]


def test_a_part_that_was_set_apart_is_not_released_before_what_it_was_part_of_is_judged():
    inspection = plant.make_inspection(
        plant.make_inspection_plan(sampling=plant.make_sampling(1)), lot_quantity=20
    )
    waiting = inventory.split_lot(inspection.lot, Decimal(5), **acting())
    held = plant.make_lot(quantity=20)
    found = services.open_nonconformance(held, Decimal(20), "Scratches", **acting())
    doubtful = inventory.split_lot(held, Decimal(5), **acting())

    with pytest.raises(
        services.NotJudged, match=rf"{inspection}, whose goods {waiting} is of, is open\."
    ) as refusal:
        services.release_lot(waiting, **acting())
    assert refusal.value.see == (inspection,)
    with pytest.raises(services.NotJudged, match=rf"{found} of lot {held}, whose goods {doubtful} is of, is"):
        services.release_lot(doubtful, **acting())
    wait = services.what_it_waits_for(waiting)
    assert wait is not None
    assert wait.told == f"{inspection}, whose goods it is of, is open."
    plant.measure_all(inspection)
    decide(found, "use_as_is")

    for lot in (waiting, doubtful):
        assert services.release_lot(lot, **acting()).status == Lot.Status.RELEASED


def test_what_is_found_about_the_rest_later_is_not_about_the_part_that_was_set_apart():
    lot = plant.make_lot(quantity=20, status=Lot.Status.QUARANTINE)
    part = inventory.split_lot(lot, Decimal(5), **acting())
    later: dict[str, Any] = {"by": plant.make_user(), "at": plant.MONDAY + timedelta(hours=1)}
    services.open_nonconformance(lot, Decimal(15), "Scratches", **later)

    assert services.release_lot(part, **later).status == Lot.Status.RELEASED


def test_nothing_of_what_is_not_here_is_scrapped_by_number_and_what_is_gone_costs_nothing_more():
    lot = plant.make_lot(plant.make_item(unit_cost=Decimal(4)), 10)
    found = services.open_nonconformance(lot, Decimal(10), "Rusty", **acting())
    inventory.scrap(lot, Decimal(10), reason="Lost", **acting())

    with pytest.raises(services.MoreThanThere, match=r"cannot go: 0 pcs are on hand\. What customers have"):
        decide(found, "scrap", quantity=Decimal(3))
    found.refresh_from_db()
    assert found.status == Nonconformance.Status.OPEN
    decide(found, "scrap")

    assert CostEntry.objects.get(nonconformance=found).amount == 0


def test_nobody_is_asked_to_see_to_what_is_closed():
    found = decide(
        services.open_nonconformance(plant.make_lot(), Decimal(1), "Scratch", **acting()), "use_as_is"
    )
    services.close_nonconformance(found, **acting())

    with pytest.raises(services.NothingToSeeTo, match="is closed"):
        services.assign_nonconformance(found, plant.make_user(), plant.MONDAY.date(), **acting())

    found.refresh_from_db()
    assert found.owner is None


def test_a_lot_held_by_hand_is_released_by_hand():
    lot = plant.make_lot()
    inventory.hold_lot(lot, "Waiting for a certificate", **acting())

    services.release_lot(lot, **acting())

    assert lot.status == Lot.Status.RELEASED


def test_what_somebody_held_by_hand_no_decision_about_an_inspection_releases():
    inspection = plant.make_inspection()
    inventory.hold_lot(inspection.lot, "Waiting for a certificate", **acting())
    plant.measure_all(inspection, 99)

    found = decide(inspection.nonconformance, "use_as_is")

    assert (found.lot.status, found.lot.hold_reason) == (Lot.Status.HELD, "Waiting for a certificate")
    assert is_cleared(inspection)
    services.release_lot(found.lot, **acting())
    assert found.lot.status == Lot.Status.RELEASED


def test_a_lot_that_was_held_by_hand_is_held_again_after_its_rework():
    lot = plant.make_lot()
    inventory.hold_lot(lot, "Waiting for a certificate", **acting())
    found = decide(services.open_nonconformance(lot, Decimal(2), "Scratches", **acting()), "rework")
    assert found.lot.status == Lot.Status.IN_PROCESS

    services.close_nonconformance(found, **acting())

    lot.refresh_from_db()
    assert (lot.status, lot.hold_reason) == (Lot.Status.HELD, "Held before it was reworked")


def test_a_decision_is_justified_and_made_once():
    found = a_failed().nonconformance

    with pytest.raises(services.JustificationMissing) as refusal:
        services.decide_nonconformance(found, "use_as_is", " ", **acting())
    with pytest.raises(services.UnknownDisposition):
        services.decide_nonconformance(found, "forget", "No time", **acting())
    assert "justification" in refusal.value.errors
    found.refresh_from_db()
    assert found.status == Nonconformance.Status.OPEN

    decide(found, "use_as_is")
    with pytest.raises(IllegalTransition):
        decide(found, "scrap")
    assert inventory.on_hand(found.lot) == 1


def test_what_no_inspection_found_cannot_be_inspected_again():
    found = services.open_nonconformance(plant.make_lot(), Decimal(1), "Scratches", **acting())

    with pytest.raises(services.NothingToInspectAgain):
        decide(found, "reinspect")

    found.refresh_from_db()
    assert found.status == Nonconformance.Status.OPEN


def test_numbers_follow_each_other_without_a_gap_between():
    lot = plant.make_lot()
    opened = [
        services.open_nonconformance(lot, Decimal(1), "Scratch", by=plant.make_user(), at=plant.MONDAY)
        for _ in range(3)
    ]

    numbers = [int(each.number.removeprefix("NC-")) for each in opened]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
