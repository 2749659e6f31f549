"""What is asked changes by an amendment: it hands down anew, and what was asked before stays readable."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.models import Lot
from mes.core import signing
from mes.core.models import Fact
from mes.core.refusals import DomainError, InvalidInput
from orders import services
from orders.models import Amendment, Requirement
from production import services as production
from production.models import MaterialClaim, Operation, Specification
from quality import services as quality
from quality.models import Inspection, Nonconformance
from tests.orders.asked import (
    adds,
    approve,
    hardness,
    heat,
    in_force,
    only_requirement,
    only_requirement_of,
    ordered,
    propose,
)
from tests.orders.desk import (
    Asked,
    lots_of,
    make_it,
    make_order,
    make_part,
    production_of,
)
from tests.plant import MONDAY, make_lot, make_user
from tests.racing import at_once
from tests.records.conftest import _attempts_do_not_outlive_the_test, _throttles_forget  # noqa: F401 - autouse: signing
from tests.records.people import a_signer, signing_as

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_until_it_is_approved_an_amendment_changes_nothing_and_dropped_it_never_does():
    order = ordered(make_part(), Asked("document", "Certificate"))
    amendment = propose(order, adds(order, Asked("packaging", "Each in a box")))
    services.end_requirement(amendment, only_requirement_of(order, "Certificate"), by=make_user(), at=MONDAY)

    assert in_force(order) == ["Certificate"]
    services.drop_amendment(amendment, by=make_user(), at=MONDAY)

    assert in_force(order) == ["Certificate"]
    assert amendment.stated.get().text == "Each in a box"  # what was proposed stays readable
    with pytest.raises(services.AmendmentClosed):
        approve(amendment)


def test_an_approved_amendment_hands_down_anew_and_keeps_what_was_asked_before():
    order = ordered(make_part(), hardness("37", "41"))
    before = only_requirement(order)
    boss = make_user()
    amendment = propose(order, services.Change(requirement=before, asked=hardness("38", "40")))

    approve(amendment, by=boss)

    assert in_force(order) == ["Hardness 38 to 40"]
    after = Requirement.objects.get(text="Hardness 38 to 40")
    before.refresh_from_db()
    assert (after.replaces, after.stated_in, before.ended_in) == (before, amendment, amendment)
    assert (amendment.decided_by, amendment.reason) == (boss, "Customer's change 7")
    (row,) = Specification.objects.filter(order=production_of(order))
    assert (row.text, row.lower_limit, row.upper_limit) == ("Hardness 38 to 40", Decimal(38), Decimal(40))
    assert Fact.objects.filter(name="orders.OrderAmended", payload__amendment=amendment.pk).exists()


def test_the_amendment_of_a_regulated_item_is_approved_by_signature():
    part = make_part()
    part.item.is_regulated = True
    part.item.save()
    order, boss = ordered(part, hardness("37", "41")), a_signer()
    amendment = propose(
        order, services.Change(requirement=only_requirement(order), asked=hardness("38", "40"))
    )

    with pytest.raises(signing.SignatureMissing):
        approve(amendment, by=boss)
    assert in_force(order) == ["Hardness 37 to 41"]

    services.approve_amendment(amendment, credentials=signing_as(boss), by=boss, at=MONDAY)

    assert in_force(order) == ["Hardness 38 to 40"]
    (signature,) = signing.signatures_of(amendment)
    assert not signature.is_void


def test_what_was_kept_without_the_attribute_asked_now_is_given_back_and_other_stock_kept():
    part = make_part()
    plain, titanium = make_lot(part.bar, 10), None
    order = ordered(part, Asked("document", "Certificate"))
    assert MaterialClaim.objects.get().reservation.lot == plain
    titanium = make_lot(part.bar, 10, attributes={"heat": "H-1"})

    approve(propose(order, adds(order, heat(component_number=part.bar.number))))

    kept = MaterialClaim.objects.filter(reservation__status="open").get()
    assert kept.reservation.lot == titanium


def test_a_lot_without_the_certificate_asked_for_is_not_issued():
    part = make_part()
    order = ordered(
        part,
        Asked("material", "With certificate 3.1", component_number=part.bar.number, attribute="certificate"),
    )
    bare = make_lot(part.bar, 10)
    good = make_lot(part.bar, 10, attributes={"certificate": "C-9"})
    made = production_of(order)
    production.release_order(made, by=make_user(), at=MONDAY)
    saw = Operation.objects.get(batch__order=made, sequence=10)
    machine = saw.step.work_center.machines.first()
    production.start_operation(saw, machine=machine, by=make_user(), at=MONDAY)

    with pytest.raises(production.SpecificationUnmet, match="certificate"):
        production.finish_operation(
            saw, good=Decimal(4), consumed=[(bare, Decimal(4))], by=make_user(), at=MONDAY
        )
    production.finish_operation(
        saw, good=Decimal(4), consumed=[(good, Decimal(4))], by=make_user(), at=MONDAY
    )

    assert Operation.objects.get(pk=saw.pk).status == "done"


def test_what_was_made_otherwise_is_held_as_a_nonconformance():
    part = make_part()
    make_lot(part.bar, 10)
    order = ordered(part, Asked("document", "Certificate"))
    make_it(order, hardness=41)

    approve(propose(order, adds(order, hardness("37", "40"))))

    (lot,) = Lot.objects.filter(pk__in=[each.pk for each in lots_of(production_of(order))])
    found = Nonconformance.objects.get(lot=lot)
    assert lot.status == Lot.Status.HELD
    assert "amendment 1" in found.description
    assert "Hardness 37 to 40" in found.description


def test_results_in_an_open_inspection_beyond_the_new_limits_are_held_and_the_rest_is_judged_by_them():
    part = make_part()
    make_lot(part.bar, 10)
    order = ordered(part, Asked("document", "Certificate"))
    made = production_of(order)
    production.release_order(made, by=make_user(), at=MONDAY)
    for operation in Operation.objects.filter(batch__order=made).order_by("sequence"):
        machine = operation.step.work_center.machines.first()
        production.start_operation(operation, machine=machine, by=make_user(), at=MONDAY)
        production.finish_operation(operation, good=Decimal(4), by=make_user(), at=MONDAY)
    inspection = Inspection.objects.open().get()
    characteristic = inspection.plan.characteristics.get()
    quality.record_measurement(
        inspection, characteristic, piece=1, value=Decimal("41.5"), by=make_user(), at=MONDAY
    )

    approve(propose(order, adds(order, hardness("37", "40"))))

    found = Nonconformance.objects.get()
    assert "41.5" in found.description
    late = quality.record_measurement(
        inspection, characteristic, piece=2, value=Decimal("41.5"), by=make_user(), at=MONDAY
    )
    assert late.conforms is False


def test_what_cannot_be_handed_down_changes_nothing():
    order = ordered(make_part(), Asked("document", "Certificate"))
    amendment = propose(order, adds(order, hardness("50", "60")))

    with pytest.raises(services.ImpossibleLimits):
        approve(amendment)

    amendment.refresh_from_db()
    assert amendment.status == "proposed"
    assert in_force(order) == ["Certificate"]


def test_amendments_are_for_confirmed_orders_one_at_a_time_with_a_reason_and_a_change():
    part = make_part()
    draft, order = make_order((part.item, 4)), ordered(part, Asked("document", "Certificate"))

    with pytest.raises(services.NotAmendable, match="is draft"):
        propose(draft)
    with pytest.raises(InvalidInput, match="Say why"):
        propose(order, reason=" ")
    empty = propose(order)
    with pytest.raises(services.NotAmendable, match="is not decided yet"):
        propose(order)
    with pytest.raises(services.NothingAmended):
        approve(empty)
    other = ordered(part, Asked("document", "Other"))
    with pytest.raises(InvalidInput) as refusal:
        services.end_requirement(empty, only_requirement(other), by=make_user(), at=MONDAY)
    assert refusal.value.errors.keys() == {"requirement"}


def test_what_is_asked_no_more_holds_up_no_shipment_and_cannot_be_proven():
    part = make_part()
    make_lot(part.bar, 10)
    order = ordered(part, Asked("document", "Certificate"))
    requirement = only_requirement(order)
    make_it(order)
    with pytest.raises(services.RequirementUnproven):
        services.ship(order, by=make_user(), at=MONDAY + HOUR)

    approve(propose(order, services.Change(requirement=requirement)))

    with pytest.raises(services.NotAskedAnyMore):
        services.prove_requirement(requirement, "CoC", by=make_user(), at=MONDAY)
    assert services.ship(order, by=make_user(), at=MONDAY + HOUR).lines.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_one_is_told():
    order = ordered(make_part(), Asked("document", "Certificate"))
    amendment = propose(order, adds(order, Asked("packaging", "Boxed")))

    outcomes = at_once(*(lambda: approve(Amendment.objects.get(pk=amendment.pk)) for _ in range(2)))

    assert [each.code for each in outcomes if isinstance(each, DomainError)] == ["orders.amendment_closed"]
    assert Specification.objects.filter(text="Boxed").count() == 1
