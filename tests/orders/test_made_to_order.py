"""An order that is made for its customer: from handing down to proof, and what changes on the way."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from inventory import services as inventory
from inventory.models import Lot, Reservation
from orders import evidence, services
from orders.models import CustomOrder, Peg
from production import services as production
from production.models import Operation, ProductionOrder, Schedule, Slot
from quality import services as quality
from quality.models import Inspection, Nonconformance, Tightening
from tests.orders.desk import (
    FRIDAY,
    Asked,
    Part,
    line_of,
    lots_of,
    make_it,
    make_order,
    make_part,
    pass_inspections,
    production_of,
    progress_of,
    settle,
)
from tests.plant import MONDAY, make_item, make_lot, make_user
from tests.racing import at_once
from tests.shop import make_made_item, make_plan, make_work_center

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(days=2)


def ordered(part: Part, quantity: int = 4, *asked: services.RequirementAsked) -> CustomOrder:
    return make_order((part.item, quantity, FRIDAY, 2, None, asked), confirmed=True)


def test_what_is_made_for_a_line_is_kept_for_it_and_shipped():
    part = make_part()
    make_lot(part.bar, 10)
    order = ordered(part)

    make_it(order)

    assert progress_of(order).state == "ready"
    made = production_of(order)
    claim = line_of(order).pegs.filter(reservation__isnull=False).get()
    assert claim.origin is not None
    assert claim.origin.production_order == made
    shipment = services.ship(order, by=make_user(), at=LATER)
    assert [(row.lot, row.quantity) for row in shipment.lines.all()] == [(lots_of(made)[0], 4)]
    assert progress_of(order).state == "shipped"


def test_pieces_known_by_serial_number_are_shipped_by_it():
    part = make_part(tracking="serial")
    make_lot(part.bar, 10)
    order = ordered(part, 3)

    make_it(order)

    shipment = services.ship(order, by=make_user(), at=LATER)
    shipped = list(shipment.lines.select_related("lot").order_by("lot__number"))
    assert [row.quantity for row in shipped] == [1, 1, 1]
    batch = lots_of(production_of(order))[0]
    assert [row.lot.number for row in shipped] == [f"{batch}-00{n}" for n in (1, 2, 3)]


def test_a_serial_order_of_one_is_shipped_too():
    part = make_part(tracking="serial")
    make_lot(part.bar, 10)
    order = ordered(part, 1)

    make_it(order)

    assert services.ship(order, by=make_user(), at=LATER).lines.get().quantity == 1


def test_requirements_are_proven_by_what_was_recorded():
    part = make_part()
    make_lot(part.bar, 10, number="TI-1", attributes={"melt": "TIMET"})
    order = ordered(
        part,
        4,
        Asked("material", "TIMET only", component_number=part.bar.number, attribute="melt", expected="TIMET"),
        Asked("process", "Saw dry", step_sequence=10),
        Asked("characteristic", "36–40 HRC", characteristic_name="Hardness", upper_limit=Decimal(40)),
    )
    assert [proof.is_open for proof in evidence.matrix(order)] == [True, True, True]

    make_it(order, hardness=39)

    proofs = evidence.matrix(order)
    assert [proof.is_open for proof in proofs] == [False, False, False]
    assert proofs[0].evidence == "From lot TI-1 (melt TIMET)."
    assert proofs[1].evidence == f"Done: Saw of batch {production_of(order)}-01."
    assert "passed: 39 to 39 in 4 measurements." in proofs[2].evidence
    assert services.ship(order, by=make_user(), at=LATER).lines.get().quantity == 4


def test_serial_numbers_are_proven_by_the_batch_they_come_from():
    part = make_part(tracking="serial")
    make_lot(part.bar, 10, attributes={"melt": "VAR"})
    order = ordered(
        part,
        3,
        Asked("material", "Melt stated", component_number=part.bar.number, attribute="melt"),
        Asked("characteristic", "36–40 HRC", characteristic_name="Hardness", upper_limit=Decimal(40)),
    )

    make_it(order)

    proofs = evidence.matrix(order)
    assert [proof.is_open for proof in proofs] == [False, False]
    assert "in 3 measurements." in proofs[1].evidence  # each piece once, though all numbers go back to them
    assert services.ship(order, by=make_user(), at=LATER).lines.count() == 3


def test_the_customers_limits_bind_in_the_inspection_itself():
    part = make_part()
    make_lot(part.bar, 10)
    order = ordered(
        part, 1, Asked("characteristic", "≤ 40", characteristic_name="Hardness", upper_limit=Decimal(40))
    )
    made = production_of(order)
    production.release_order(made, by=make_user(), at=MONDAY)

    for operation in Operation.objects.filter(batch__order=made).order_by("sequence"):
        machine = operation.step.work_center.machines.first()
        production.start_operation(operation, machine=machine, by=make_user(), at=MONDAY)
        production.finish_operation(operation, good=Decimal(1), by=make_user(), at=MONDAY)
    pass_inspections(made, hardness=41)

    assert Tightening.objects.get().upper_limit == 40
    assert Inspection.objects.get(plan__stage="in_process").status == Inspection.Status.FAILED
    assert progress_of(order).state == "held"
    with pytest.raises(services.NothingToShip, match="is held"):
        services.ship(order, by=make_user(), at=LATER)

    decided = Nonconformance.objects.get()
    quality.decide_nonconformance(decided, "use_as_is", "Customer's concession 12", by=make_user(), at=MONDAY)
    settle(made)
    with pytest.raises(services.RequirementUnproven, match="“≤ 40”"):
        services.ship(order, by=make_user(), at=LATER)
    requirement = line_of(order).requirements.get()
    services.prove_requirement(requirement, "Concession 12", by=make_user(), at=LATER)
    assert services.ship(order, by=make_user(), at=LATER).lines.get().quantity == 1


def test_material_without_its_certificate_is_not_kept_for_the_order():
    part = make_part()
    make_lot(part.bar, 10)
    asked = Asked("material", "Melt stated", component_number=part.bar.number, attribute="melt")

    order = ordered(part, 2, asked)

    assert not Reservation.objects.exists()
    make_lot(part.bar, 10, number="TI-2", attributes={"melt": "VAR"})
    make_it(order)
    assert evidence.matrix(order)[0].evidence == "From lot TI-2 (melt VAR)."


def test_what_the_plan_could_not_take_is_not_on_time():
    part = make_part()
    order = ordered(part)
    (made,) = {peg.production_order for peg in Peg.objects.of_production()}
    row = {"batch": f"{made}-01", "sequence": None, "order": made.number, "item": "", "reason": "no machine"}
    plan = Schedule.objects.create(
        version=1, made_at=MONDAY, reason="Test", objective=0, figures={}, unplanned=[row]
    )
    line = progress_of(order)

    assert (line.state, line.projected_date) == ("at_risk", None)
    assert line.why == "Saw has no place in the plan: see why below the board."
    Schedule.objects.create(version=plan.version + 1, made_at=MONDAY, reason="Test", objective=0, figures={})
    assert progress_of(order).state == "on_time", "and the plan in force counts, not one before"


def test_the_published_schedule_says_when_and_how_tight_it_is():
    part = make_part()
    order = ordered(part)
    assert progress_of(order).state == "on_time"
    assert progress_of(order).why.endswith("Saw has no place in the schedule yet.")

    def publish(end: date) -> None:
        Slot.objects.update(is_published=False)
        version = Schedule.objects.count() + 1
        schedule = Schedule.objects.create(
            version=version, made_at=MONDAY, reason="Test", objective=0, figures={}
        )
        ends = MONDAY.replace(year=end.year, month=end.month, day=end.day)
        for hours, operation in enumerate(Operation.objects.order_by("-sequence")):
            stops = ends - timedelta(hours=hours)
            starts = stops - timedelta(minutes=30)
            Slot.objects.create(
                schedule=schedule, operation=operation, starts_at=starts, setup_ends_at=starts, ends_at=stops
            )

    publish(FRIDAY - timedelta(days=2))
    assert (progress_of(order).state, progress_of(order).projected_date) == ("on_time", date(2026, 3, 11))
    publish(FRIDAY)
    assert progress_of(order).state == "at_risk"
    assert progress_of(order).why.startswith("Planned to end on 13 Mar, the very day it is promised for.")
    publish(FRIDAY + timedelta(days=3))
    assert progress_of(order).state == "late"
    assert progress_of(order).why == "Projected 16 Mar, 3 days after 13 Mar. Next: Saw."

    (promise,) = services.promise_order(order, by=make_user(), at=MONDAY)
    assert promise.promised_date == date(2026, 3, 16)
    assert promise.binding.startswith("The schedule: Turn ends 16 Mar 2026")
    assert progress_of(order).state == "at_risk", (
        "late against the day asked for, tight against the new promise"
    )


def test_more_is_planned_when_more_is_asked_for():
    part = make_part()
    order = ordered(part, 4)

    services.amend_line(line_of(order), quantity=Decimal(10), by=make_user(), at=MONDAY)

    planned = ProductionOrder.objects.exclude(status="cancelled").values_list("quantity", flat=True)
    assert sorted(planned) == [4, 6]
    assert progress_of(order).uncovered_quantity == 0


def test_less_or_sooner_is_planned_afresh_where_nothing_was_begun():
    part = make_part()
    order = ordered(part, 4)
    first = production_of(order)

    services.amend_line(
        line_of(order), quantity=Decimal(3), due_date=date(2026, 3, 20), by=make_user(), at=MONDAY
    )

    first.refresh_from_db()
    assert first.status == ProductionOrder.Status.CANCELLED
    assert (production_of(order).quantity, production_of(order).due_at.day) == (3, 20)
    assert line_of(order).promises.count() == 2


def begin(order: CustomOrder) -> ProductionOrder:
    made = production_of(order)
    production.release_order(made, by=make_user(), at=MONDAY)
    operation = Operation.objects.filter(batch__order=made).order_by("sequence")[0]
    machine = operation.step.work_center.machines.first()
    production.start_operation(operation, machine=machine, by=make_user(), at=MONDAY)
    return made


def test_what_was_begun_is_neither_cancelled_nor_shrunk():
    part = make_part()
    make_lot(part.bar, 10)
    order = ordered(part, 4)
    made = begin(order)

    with pytest.raises(services.ProductionStarted, match="Saw of batch"):
        services.cancel_order(order, "Changed mind", by=make_user(), at=MONDAY)
    with pytest.raises(services.ProductionStarted, match="Ask for at least 4"):
        services.amend_line(line_of(order), quantity=Decimal(2), by=make_user(), at=MONDAY)

    order.refresh_from_db()
    made.refresh_from_db()
    assert (order.status, made.status) == ("confirmed", "running")
    assert line_of(order).quantity == 4


def test_a_cancelled_order_frees_its_material_and_its_production():
    part = make_part()
    bar = make_lot(part.bar, 10)
    order = ordered(part, 4)
    made = production_of(order)
    assert inventory.reserved(bar) == 4

    services.cancel_order(order, "Budget", by=make_user(), at=MONDAY)

    made.refresh_from_db()
    assert made.status == ProductionOrder.Status.CANCELLED
    assert inventory.reserved(bar) == 0
    with pytest.raises(services.NotOpen):
        services.cancel_order(order, "Again", by=make_user(), at=MONDAY)


def test_scrap_leaves_a_gap_that_is_covered_on_request():
    part = make_part()
    make_lot(part.bar, 20)
    order = ordered(part, 4)
    made = begin(order)
    first, second = Operation.objects.filter(batch__order=made).order_by("sequence")
    production.finish_operation(first, good=Decimal(3), scrap=Decimal(1), by=make_user(), at=MONDAY)
    production.start_operation(
        second, machine=second.step.work_center.machines.first(), by=make_user(), at=MONDAY
    )
    production.finish_operation(second, good=Decimal(3), by=make_user(), at=MONDAY)
    pass_inspections(made)
    settle(made)

    assert progress_of(order).ready_quantity == 3
    assert progress_of(order).uncovered_quantity == 1
    assert progress_of(order).why == "Neither in stock nor planned: 1 pcs."
    services.cover_line(line_of(order), by=make_user(), at=MONDAY)

    assert progress_of(order).uncovered_quantity == 0
    assert sorted(Peg.objects.of_production().values_list("quantity", flat=True)) == [1, 4]
    with pytest.raises(services.NothingMissing):
        services.cover_line(line_of(order), by=make_user(), at=MONDAY)


def test_what_a_running_batch_has_scrapped_is_not_coming_any_more():
    part = make_part()
    make_lot(part.bar, 20)
    order = ordered(part, 4)
    first = Operation.objects.filter(batch__order=begin(order)).order_by("sequence")[0]
    assert progress_of(order).coming_quantity == 4

    production.finish_operation(first, good=Decimal(3), scrap=Decimal(1), by=make_user(), at=MONDAY)

    assert progress_of(order).coming_quantity == 3
    assert progress_of(order).uncovered_quantity == 1


def test_what_is_reported_as_scrap_while_a_step_runs_is_missing_at_once():
    part = make_part()
    make_lot(part.bar, 20)
    order = ordered(part, 4)
    first, second = Operation.objects.filter(batch__order=begin(order)).order_by("sequence")
    who: dict[str, Any] = {"by": make_user(), "at": MONDAY}

    production.report_progress(first, good=Decimal(2), scrap=Decimal(1), **who)

    assert (progress_of(order).coming_quantity, progress_of(order).uncovered_quantity) == (3, 1)
    assert progress_of(order).why == "Neither in stock nor planned: 1 pcs."
    production.finish_operation(first, good=Decimal(3), scrap=Decimal(1), **who)
    assert progress_of(order).coming_quantity == 3, "and it is lost once, not twice"
    production.start_operation(second, machine=second.step.work_center.machines.first(), **who)
    production.report_progress(second, good=Decimal(0), scrap=Decimal(1), **who)
    assert progress_of(order).coming_quantity == 2
    production.pause_operation(second, **who)
    assert progress_of(order).coming_quantity == 2


def test_only_what_is_confirmed_is_covered():
    draft, cancelled = make_order((make_part().item, 4)), ordered(make_part())
    services.cancel_order(cancelled, "Budget", by=make_user(), at=MONDAY)

    for order, told in ((draft, "is draft"), (cancelled, "is cancelled")):
        with pytest.raises(services.NotCoverable, match=told):
            services.cover_line(line_of(order), by=make_user(), at=MONDAY)

    assert not ProductionOrder.objects.exclude(status="cancelled").exists()
    assert not Peg.objects.of_production().standing().exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_planners_who_cover_a_line_at_once_one_is_told_and_it_is_planned_once():
    order = ordered(make_part(), 4)
    production.cancel_order(production_of(order), "Machine down", by=make_user(), at=MONDAY)
    user = make_user()
    both = [line_of(order) for _ in range(2)]

    outcomes = at_once(*(partial(services.cover_line, own, by=user, at=MONDAY) for own in both))

    assert [isinstance(each, services.NothingMissing) for each in outcomes].count(True) == 1
    assert production_of(order).quantity == 4


def test_part_of_an_order_ships_while_the_rest_is_made():
    part = make_part()
    make_lot(part.bar, 20)
    order = make_order((part.item, 4, FRIDAY), (part.item, 2, FRIDAY), confirmed=True)
    make_it(order)

    shipment = services.ship(order, by=make_user(), at=LATER)

    assert shipment.lines.get().line.number == 1
    order.refresh_from_db()
    assert order.status == CustomOrder.Status.CONFIRMED
    assert Lot.objects.filter(item=part.item, status="released").count() == 1


def test_what_was_made_for_a_customer_is_not_taken_by_an_assembly_that_waits_for_the_same_part():
    part = make_part(tracking="serial")
    make_lot(part.bar, 20)
    assembly = make_item(site=part.item.site, strategy="mto")
    make_plan(assembly, [make_work_center(site=part.item.site)], {part.item: 1})
    order = ordered(part, 2)
    waiting = ordered(Part(assembly, part.bar), 2)

    make_it(order)

    assert progress_of(order).ready_quantity == 2
    below = production_of(waiting).sub_orders.get()
    assert below.item == part.item, "the assembly has its own brackets made"
    assert line_of(order).pegs.filter(reservation__isnull=False).count() == 2


def test_what_a_sub_order_made_is_not_taken_by_a_customer_who_waits_for_the_same_item():
    pin = make_made_item()
    assembly = make_made_item([make_work_center(site=pin.site)], {pin: 1}, site=pin.site, strategy="mto")
    order = make_order((assembly, 3, FRIDAY), confirmed=True)
    below = production_of(order).sub_orders.get()
    impatient = make_order((pin, 3, FRIDAY), confirmed=True)
    production.cancel_order(production_of(impatient), "Machine down", by=make_user(), at=MONDAY)
    assert progress_of(impatient).uncovered_quantity == 3

    production.release_order(below, by=make_user(), at=MONDAY)
    operation = Operation.objects.get(batch__order=below)
    production.start_operation(operation, by=make_user(), at=MONDAY)
    production.finish_operation(operation, good=Decimal(3), by=make_user(), at=MONDAY)
    settle(below)

    assert progress_of(impatient).ready_quantity == 0
    assert Reservation.objects.open().get().purpose == f"{production_of(order)}-01"
