"""Messages about open orders: they follow the facts, are acted on through the order's owner, and dismissals are remembered."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from forecasting import services
from forecasting.models import ExceptionMessage, FirmingRule, NettingRules, Replenishment
from inventory import services as inventory
from inventory.models import ExpectedReceipt, Item, Reservation
from inventory.quantities import InvalidQuantity
from mes.core.models import Fact, User
from mes.core.refusals import DomainError
from mes.core.states import IllegalTransition
from production import services as production
from production.models import Machine, ProductionOrder
from tests.forecasting.stock import TODAY, make_history, make_stocked_item, plan_stock, proposals_of
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.racing import at_once
from tests.shop import make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)


def message_about(order: object) -> ExceptionMessage:
    field = "expected_receipt" if isinstance(order, ExpectedReceipt) else "production_order"
    return ExceptionMessage.objects.filter(**{field: order}).latest("pk")


def make_planner() -> User:
    """Somebody who may do what messages say."""
    return make_user(is_superuser=True)


def late_purchase(days: int = 25, quantity: int = 400) -> ExpectedReceipt:
    """Of an item with stock for a week or so."""
    item = make_stocked_item(per_day=10)
    make_lot(item, 100)
    return inventory.expect_receipt(item, Decimal(quantity), TODAY + timedelta(days=days), at=MONDAY)


def test_a_purchase_that_comes_too_late_is_to_be_expedited_and_doing_it_moves_it():
    receipt = late_purchase()
    plan_stock()
    message = message_about(receipt)

    assert (message.kind, message.status, message.due_date) == ("expedite", "open", receipt.due_date)
    assert message.better_date < TODAY + timedelta(days=12)
    assert message.why.startswith(f"{receipt} brings 400 on Fri 27 Mar, but ")

    services.act_on_message(message, by=make_planner(), at=LATER)

    receipt.refresh_from_db()
    message.refresh_from_db()
    assert receipt.due_date == message.better_date
    assert message.status == "done"
    assert Fact.objects.get(name="forecasting.ExceptionActedOn").payload["message"] == message.pk


def test_a_production_order_that_is_needed_later_is_deferred_by_its_owner():
    item = make_made_item((), {}, strategy="mts", supply="make", lead_time_days=5)
    make_history(item)
    make_lot(item, 350)
    order = plan_order(item, 200, due_at=MONDAY + timedelta(days=2))
    plan_stock()
    message = message_about(order)
    assert message.kind == "defer"

    services.act_on_message(message, by=make_planner(), at=LATER)

    order.refresh_from_db()
    assert order.due_at.date() == message.better_date > TODAY + timedelta(days=10)


def test_a_purchase_that_nobody_needs_is_cancelled():
    item = make_stocked_item(per_day=1)
    make_lot(item, 900)
    receipt = inventory.expect_receipt(item, Decimal(50), TODAY + timedelta(days=5), at=MONDAY)
    plan_stock()

    services.act_on_message(message_about(receipt), by=make_planner(), at=LATER)

    receipt.refresh_from_db()
    assert receipt.status == ExpectedReceipt.Status.CANCELLED


def test_whoever_may_not_change_the_order_is_refused_though_messages_are_theirs_to_decide():
    receipt = late_purchase()
    plan_stock()
    message, person = message_about(receipt), make_user()
    person.user_permissions.set(
        Permission.objects.filter(codename__in=["change_exceptionmessage", "change_productionorder"])
    )

    with pytest.raises(services.MayNotChange, match="changes a purchase, which") as refused:
        services.act_on_message(message, by=person, at=LATER)

    assert refused.value.remedy.startswith("Ask somebody who may")
    message.refresh_from_db()
    due_date = receipt.due_date
    receipt.refresh_from_db()
    assert (message.status, receipt.due_date) == ("open", due_date)
    person.user_permissions.add(Permission.objects.get(codename="change_expectedreceipt"))
    services.act_on_message(message, by=User.objects.get(pk=person.pk), at=LATER)
    receipt.refresh_from_db()
    assert receipt.due_date == message.better_date < due_date


def test_a_purchase_that_brings_too_much_is_reduced_and_what_has_come_stays():
    receipt = late_purchase(days=9, quantity=5_000)
    ExpectedReceipt.objects.filter(pk=receipt.pk).update(received_quantity=1_000)
    plan_stock()
    message = message_about(receipt)
    assert (message.kind, message.quantity) == ("reduce", 4_000)

    services.act_on_message(message, by=make_planner(), at=LATER)

    message.refresh_from_db()
    receipt.refresh_from_db()
    assert 0 < message.better_quantity < 4_000
    assert (message.status, receipt.status, receipt.quantity) == (
        "done",
        "open",
        1_000 + message.better_quantity,
    )
    reduced = Fact.objects.get(name="inventory.PurchaseReduced").payload
    assert (reduced["expected_receipt"], Decimal(reduced["quantity"])) == (
        receipt.pk,
        message.better_quantity,
    )
    services.replenish(at=LATER)
    assert not ExceptionMessage.objects.open().filter(expected_receipt=receipt).exists()


def test_a_purchase_is_not_reduced_once_more_of_it_has_come():
    receipt = late_purchase(days=9, quantity=5_000)
    plan_stock()
    message = message_about(receipt)
    ExpectedReceipt.objects.filter(pk=receipt.pk).update(received_quantity=4_900)

    with pytest.raises(services.SubjectChanged, match=r"is to bring 100 by now; .* it was 5000"):
        services.act_on_message(message, by=make_planner(), at=LATER)

    message.refresh_from_db()
    receipt.refresh_from_db()
    assert (message.status, receipt.quantity) == ("open", 5_000)


def make_too_much() -> ProductionOrder:
    """Ten batches of 100, on as many machines, of an item of which a tenth is asked for."""
    site = make_site()
    item = make_made_item(
        [make_work_center(site=site, machines=10)],
        site=site,
        strategy="mts",
        supply="make",
        lead_time_days=5,
        plan={"batch_maximum": 100},
    )
    make_history(item, per_day=2)
    return plan_order(item, 1_000, due_at=MONDAY + timedelta(days=6))


def test_an_order_that_makes_too_much_is_reduced_by_its_owner_from_the_last_batch_on():
    order = make_too_much()
    plan_stock()
    message = message_about(order)
    assert (message.kind, message.quantity) == ("reduce", 1_000)

    services.act_on_message(message, by=make_planner(), at=LATER)

    order.refresh_from_db()
    message.refresh_from_db()
    kept = list(order.batches.open().order_by("pk").values_list("quantity", flat=True))
    assert 100 <= message.better_quantity < 500
    assert (message.status, order.status, order.quantity) == ("done", "released", message.better_quantity)
    assert sum(kept) == message.better_quantity
    assert set(kept[:-1]) <= {Decimal(100)}
    assert order.batches.filter(status="cancelled").count() == 10 - len(kept)
    assert Fact.objects.get(name="production.OrderReduced").payload["order"] == order.pk


def test_an_order_of_which_more_is_under_way_is_not_reduced():
    order = make_too_much()
    plan_stock()
    message, planner = message_about(order), make_planner()
    machines = Machine.objects.order_by("pk")
    for operation, machine in zip(operations_of(order)[:9], machines, strict=False):
        production.start_operation(operation, machine=machine, by=planner, at=LATER)

    with pytest.raises(production.TooFarAlong, match=r"^900 of .* are under way in ") as refused:
        services.act_on_message(message, by=planner, at=LATER)

    assert refused.value.remedy == "Reduce it to 900 at the least, or let it go on."
    order.refresh_from_db()
    message.refresh_from_db()
    assert (message.status, order.quantity, order.batches.open().count()) == ("open", 1_000, 10)


@pytest.mark.parametrize("quantity", [0, 1_000, 1_200])
def test_an_order_is_only_reduced_to_less_than_it_brings(quantity):
    order = make_too_much()

    with pytest.raises(InvalidQuantity):
        production.reduce_order(order, Decimal(quantity), "Too much", by=make_planner(), at=LATER)

    order.refresh_from_db()
    assert (order.quantity, order.batches.open().count()) == (1_000, 10)


def test_a_reduced_batch_gives_back_the_material_it_no_longer_needs():
    sugar = make_item(supply="buy")
    lot = make_lot(sugar, 400)
    item = make_made_item((), {sugar: 2}, strategy="mts", supply="make")
    order = plan_order(item, 200)

    production.reduce_order(order, Decimal(50), "Too much", by=make_planner(), at=LATER)

    (batch,) = order.batches.open()
    kept = Reservation.objects.open().filter(lot=lot).aggregate(total=Sum("quantity"))["total"]
    assert (batch.quantity, kept) == (50, 100)


def test_a_dismissal_is_remembered_until_the_facts_change_beyond_the_tolerance():
    receipt = late_purchase()
    plan_stock()
    message = message_about(receipt)
    services.dismiss_message(message, "The supplier cannot", by=make_user(), at=LATER)

    services.replenish(at=LATER)
    assert message_about(receipt) == message

    inventory.postpone_expected_receipt(receipt, receipt.due_date + timedelta(days=2), at=LATER)
    services.replenish(at=LATER)
    assert message_about(receipt) == message

    inventory.postpone_expected_receipt(receipt, receipt.due_date + timedelta(days=5), at=LATER)
    services.replenish(at=LATER)
    again = message_about(receipt)
    message.refresh_from_db()
    assert (again.status, message.status) == ("open", "gone")
    assert again.due_date == receipt.due_date


def test_the_list_tells_who_left_an_order_as_it_is_and_why(admin_client):
    receipt = late_purchase()
    plan_stock()
    message = message_about(receipt)
    services.dismiss_message(message, "The supplier cannot", by=make_user("ann"), at=LATER)

    page = admin_client.get("/admin/forecasting/exceptionmessage/?status__exact=dismissed").content.decode()

    assert "<em>ann: The supplier cannot</em>" in page
    assert f"{message.better_date:%d %b}" in page


def test_a_message_that_is_no_longer_true_goes_away_by_itself():
    receipt = late_purchase()
    plan_stock()
    message = message_about(receipt)
    inventory.postpone_expected_receipt(receipt, message.better_date, at=LATER)

    services.replenish(at=LATER)

    message.refresh_from_db()
    assert message.status == "gone"
    with pytest.raises(IllegalTransition):
        services.act_on_message(message, by=make_planner(), at=LATER)


def test_a_message_that_was_read_before_the_purchase_was_moved_does_not_move_it_again():
    receipt = late_purchase()
    plan_stock()
    message = message_about(receipt)
    agreed = receipt.due_date - timedelta(days=9)
    inventory.postpone_expected_receipt(receipt, agreed, at=LATER)

    with pytest.raises(services.SubjectChanged, match=r"is due on .* by now") as refused:
        services.act_on_message(message, by=make_planner(), at=LATER)

    assert refused.value.remedy == "Renew the proposals and read what the message says then."
    receipt.refresh_from_db()
    message.refresh_from_db()
    assert (receipt.due_date, message.status) == (agreed, "open")


def test_a_message_that_was_read_before_the_order_was_moved_does_not_move_it_again():
    item = make_made_item((), {}, strategy="mts", supply="make", lead_time_days=5)
    make_history(item)
    make_lot(item, 350)
    order = plan_order(item, 200, due_at=MONDAY + timedelta(days=2))
    plan_stock()
    message, planner = message_about(order), make_planner()
    agreed = MONDAY + timedelta(days=6)
    production.reprioritise_order(order, due_at=agreed, by=planner, at=LATER)

    with pytest.raises(services.SubjectChanged, match=r"is due on .* by now"):
        services.act_on_message(message, by=planner, at=LATER)

    order.refresh_from_db()
    assert order.due_at == agreed


def test_a_message_to_cancel_does_not_cancel_a_purchase_of_which_some_has_come():
    item = make_stocked_item(per_day=1)
    make_lot(item, 900)
    receipt = inventory.expect_receipt(item, Decimal(50), TODAY + timedelta(days=5), at=MONDAY)
    plan_stock()
    ExpectedReceipt.objects.filter(pk=receipt.pk).update(received_quantity=20)

    with pytest.raises(services.SubjectChanged, match=r"is to bring 30 by now; .* it was 50"):
        services.act_on_message(message_about(receipt), by=make_planner(), at=LATER)

    receipt.refresh_from_db()
    assert receipt.status == "open"


def test_many_messages_are_renewed_in_as_many_queries_as_few():
    receipts = [late_purchase() for _ in range(4)]
    plan_stock()
    for receipt in receipts[:2]:
        services.dismiss_message(message_about(receipt), "Agreed", by=make_user(), at=LATER)
    terms = NettingRules.objects.current()

    # The rows, locked; open purchases of the dismissed; those that are gone. Nobody asks for no orders.
    with CaptureQueriesContext(connection) as queries:
        services.messaging.renew_messages([], terms, at=LATER)

    asked = [query for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) == 3
    assert sorted(message_about(receipt).status for receipt in receipts) == ["dismissed"] * 2 + ["gone"] * 2


def test_tolerances_are_the_planners_to_set():
    receipt = late_purchase()
    NettingRules.objects.update_or_create(pk=1, defaults={"tolerance_days": 60})

    plan_stock()

    assert not ExceptionMessage.objects.filter(expected_receipt=receipt, kind="expedite").exists()


def test_a_dismissal_needs_a_reason():
    plan_stock_with = late_purchase()
    plan_stock()
    message = message_about(plan_stock_with)

    with pytest.raises(services.ReasonNeeded) as refused:
        services.dismiss_message(message, " ", by=make_user(), at=LATER)

    assert refused.value.errors == {"reason": ["Say why the order stays as it is."]}
    message.refresh_from_db()
    assert message.status == "open"


# --- rules --------------------------------------------------------------------------------------------------------


def make_rule(**fields: object) -> FirmingRule:
    given = {
        "name": "Small purchases",
        "within_days": 3,
        "supply": "buy",
        "owner": make_user(is_superuser=True),
    }
    return FirmingRule.objects.create(**(given | fields))


def test_a_rule_firms_what_it_covers_in_its_owners_name_and_leaves_the_rest():
    bought, made = make_stocked_item(unit_cost=2), make_stocked_item(supply="make")
    dear, unknown = make_stocked_item(unit_cost=5_000), make_stocked_item(unit_cost=0)
    plan_stock()
    rule = make_rule(most_value=Decimal(1_000))

    count = services.firm_by_rules(at=LATER)

    firm = Replenishment.objects.filter(status="firm")
    assert {row.item for row in firm} == {bought}
    assert count == len(firm) > 0
    assert {(row.decided_by, row.decision_reason) for row in firm} == {
        (rule.owner, "By rule Small purchases")
    }
    assert proposals_of(made)
    assert proposals_of(dear)
    assert proposals_of(unknown), "what it is worth nobody knows"
    rule.refresh_from_db()
    assert (rule.last_run_at, rule.last_result) == (LATER, f"{count} became orders.")
    assert services.firm_by_rules(at=LATER) == 0


def test_a_rule_for_a_family_that_no_item_has_is_refused_by_its_form():
    make_stocked_item(family="Soap")
    make_rule(item_family="Soap").full_clean()

    with pytest.raises(ValidationError, match="No item is of the family “Sope”"):
        make_rule(name="Mistyped", item_family="Sope").full_clean()


def test_a_rule_goes_on_past_what_cannot_be_made_and_says_so():
    make_stocked_item(supply="make")
    bought = make_stocked_item()
    plan_stock()
    rule = make_rule(supply="", within_days=0)

    services.firm_by_rules(at=LATER)

    rule.refresh_from_db()
    assert Replenishment.objects.filter(status="firm", item=bought).exists()
    assert "could not:" in rule.last_result
    assert "without an approved process plan" in rule.last_result


def test_a_rule_whose_owner_may_no_longer_decide_decides_nothing():
    make_stocked_item()
    plan_stock()
    rule = make_rule(owner=make_user("temp"))

    assert services.firm_by_rules(at=LATER) == 0

    rule.refresh_from_db()
    assert rule.last_result.endswith("temp may not firm proposals any more; give the rule another owner.")
    assert not Replenishment.objects.filter(status="firm").exists()


# --- races --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_dismissal_at_the_moment_of_a_renewal_is_counted_or_refused_but_never_lost():
    item = make_stocked_item(days=60)
    plan_stock()
    row, user = proposals_of(item)[0], make_user()

    dismissed, _ = at_once(
        lambda: services.dismiss_replenishment(row, "Sister plant", by=user, at=LATER),
        lambda: services.replenish(at=LATER),
    )

    same_day = [each for each in proposals_of(item) if each.due_date == row.due_date]
    row.refresh_from_db()
    if isinstance(dismissed, DomainError):
        assert (row.status, len(same_day)) == ("superseded", 1)
    else:
        assert (row.status, same_day) == ("dismissed", [])


@pytest.mark.django_db(transaction=True)
def test_firming_at_the_moment_of_a_renewal_makes_one_order_and_no_deadlock():
    item = make_stocked_item(days=60)
    plan_stock()
    row, user = proposals_of(item)[0], make_user()

    firmed, _ = at_once(
        lambda: services.firm_replenishment(row, by=user, at=LATER), lambda: services.replenish(at=LATER)
    )

    count = ExpectedReceipt.objects.filter(item=item).count()
    row.refresh_from_db()
    if isinstance(firmed, DomainError):
        assert (firmed.code, row.status, count) == ("illegal_transition", "superseded", 0)
    else:
        assert (row.status, count) == ("firm", 1)
        assert row.due_date not in {each.due_date for each in proposals_of(item)}


@pytest.mark.django_db(transaction=True)
def test_two_planners_who_act_on_one_message_change_the_order_once():
    receipt = late_purchase()
    plan_stock()
    message, users = message_about(receipt), [make_planner(), make_planner()]

    outcomes = at_once(
        *(lambda user=user: services.act_on_message(message, by=user, at=LATER) for user in users)
    )

    refused = [each for each in outcomes if isinstance(each, DomainError)]
    assert [each.code for each in refused] == ["illegal_transition"]
    assert Fact.objects.filter(name="forecasting.ExceptionActedOn").count() == 1
    assert Item.objects.count() == 1
