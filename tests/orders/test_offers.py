"""A date for somebody on the telephone: what answers it, what is kept for it, and what becomes of it."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache

from inventory import services as inventory
from inventory.models import Item, Reservation
from orders import services
from orders.models import Offer, Peg, Promise
from production import planning, reliability
from production import services as production
from production.foresight import Habit
from production.models import Downtime, Machine, Operation, ProductionOrder, Slot
from production.promising import NothingFits
from production.replanning import why_replan
from tests.orders.desk import make_customer, progress_of
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.shop import make_made_item, make_shift, make_tool, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
IN_TWO_WEEKS = MONDAY.date() + timedelta(days=14)
EXPIRY = MONDAY + timedelta(hours=48)


def offer(item: Item, quantity: int | str = 10, **fields: Any) -> Offer:
    asked: dict[str, Any] = {"wanted_date": IN_TWO_WEEKS, "by": make_user(), "at": MONDAY} | fields
    return services.make_offer(item=item, quantity=Decimal(quantity), **asked)


def ask(item: Item, quantity: int | str = 10, **fields: Any) -> Any:
    asked: dict[str, Any] = {"wanted_date": IN_TWO_WEEKS, "by": make_user(), "at": MONDAY} | fields
    return services.ask_promise(item=item, quantity=Decimal(quantity), **asked)


def accept(made: Offer, **fields: Any) -> Offer:
    given: dict[str, Any] = {"customer": make_customer(), "by": make_user(), "at": MONDAY}
    return services.accept_offer(made, **given | fields)


def production_of(made: Offer) -> ProductionOrder:
    assert made.production_order is not None
    return made.production_order


def a_turned_part(hours: int = 1, **fields: Any) -> Item:
    """Made to order in so many hours a piece on the only lathe."""
    site = make_site()
    lathe = make_work_center("LATHE", site=site, name="Lathe")
    return make_made_item(
        [{"work_center": lathe, "name": "Turn", "run_seconds": 3600 * hours}],
        site=site,
        strategy="mto",
        **fields,
    )


def slots_of(order: ProductionOrder | None) -> list[Slot]:
    assert order is not None
    return list(Slot.objects.published().filter(operation__batch__order=order).in_order())


def replan(at: datetime = MONDAY) -> None:
    planning.reschedule(reason="test", at=at, seconds=0)


# --- the answer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "hours", "told"),
    [
        (7200, 22, ["First 2 pcs of Saw", "Mill"]),
        (1800, 11, ["Saw", "Last 2 pcs of Mill"]),
    ],
)
def test_steps_that_hand_on_before_their_batch_is_done_make_an_earlier_date(seconds, hours, told):
    site = make_site()
    saw, mill = make_work_center("SAW", site=site), make_work_center("MILL", site=site)
    steps = [
        {"work_center": saw, "name": "Saw", "run_seconds": 3600, "transfer_quantity": 2},
        {"work_center": mill, "name": "Mill", "run_seconds": seconds},
    ]
    item = make_made_item(steps, site=site, strategy="mto")

    found = ask(item)

    work = [cause for cause in found.chain if cause.kind == "work"]
    assert work[-1].ends_at == EXPIRY + hours * HOUR  # instead of ten hours and all of the second step
    assert [cause.text.split(" of ITEM")[0] for cause in work] == told
    order = production_of(offer(item))
    assert [(slot.starts_at - EXPIRY) / HOUR for slot in slots_of(order)] == [0, 2 if seconds == 7200 else 6]


def test_stock_answers_for_today_and_is_kept():
    item = make_item(strategy="mts")
    lot = make_lot(item, 30)

    made = offer(item, 20, wanted_date=MONDAY.date())

    assert (made.promised_date, made.binding) == (MONDAY.date(), "The stock covers 20 pcs")
    assert inventory.reserved(lot, at=MONDAY) == 20
    assert made.production_order is None
    assert made.answer["certainty"] == "It is in stock."


def test_what_stock_lacks_is_made_and_both_are_kept():
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site, strategy="mts")
    lot = make_lot(item, 4)

    made = offer(item, 10)

    assert (made.answer["from_stock"], made.answer["to_make"]) == ("4.0000", "6.0000")
    assert inventory.reserved(lot, at=MONDAY) == 4
    assert made.production_order.quantity == 6
    assert made.production_order.status == "tentative"


def test_an_idle_machine_answers_with_the_hold_and_says_what_an_order_now_would_have():
    made = offer(a_turned_part(), 3)

    (slot,) = slots_of(made.production_order)
    assert slot.starts_at == EXPIRY, "it may be accepted as late as that"
    assert made.answer["binding_kind"] == "hold"
    assert made.answer["day_if_ordered_now"] == "2026-03-02"
    assert made.answer["day"] == "2026-03-04"
    assert made.promised_date == IN_TWO_WEEKS, "the day asked for, where it can be kept"


def test_a_busy_machine_binds_and_is_named_with_what_it_is_busy_with():
    item = a_turned_part()
    order = plan_order(item, 100, due_at=MONDAY + timedelta(days=8))
    replan()

    found = ask(item, 5, wanted_date=MONDAY.date(), hold_hours=Decimal(0))

    batch = order.batches.get()
    assert found.binding.text == f"LATHE-M1 is busy with {batch} (Turn) until Fri 06 Mar 12:00".replace(
        "LATHE-M1", str(slots_of(order)[0].machine)
    )
    assert found.day == date(2026, 3, 6)
    assert not found.is_in_time


def test_a_closed_machine_binds_by_its_calendar():
    site = make_site()
    center = make_work_center(site=site)
    make_shift(center, "08:00", "16:00", weekdays=[3])
    item = make_made_item([{"work_center": center, "run_seconds": 60}], site=site, strategy="mto")

    found = ask(item, 5, hold_hours=Decimal(0))

    assert found.binding.kind == "calendar"
    assert found.binding.text.endswith("is closed until Thu 05 Mar 08:00")


def test_bought_material_binds_with_its_purchase_or_its_lead_time():
    site = make_site()
    bar = make_item("BAR-7", site=site, supply="buy", kind="raw", lead_time_days=9)
    item = make_made_item(components={bar: 1}, site=site, strategy="mto")
    inventory.expect_receipt(bar, Decimal(5), MONDAY.date() + timedelta(days=3), number="PO-1")

    covered = ask(item, 5, hold_hours=Decimal(0))
    lacking = ask(item, 8, hold_hours=Decimal(0))

    assert covered.binding.text == "It waits for BAR-7 (purchase PO-1), there Thu 05 Mar 12:00"
    assert covered.day == date(2026, 3, 5)
    assert lacking.binding.text.startswith(
        "It waits for BAR-7, of which nobody has ordered 3 pcs (9 days' lead time)"
    )
    assert [(str(row.item), row.quantity) for row in lacking.shortages] == [("BAR-7", 3)]


def test_material_that_others_wait_for_does_not_answer_a_new_question():
    site = make_site()
    bar = make_item(site=site, supply="buy", lead_time_days=9)
    item = make_made_item(components={bar: 1}, site=site, strategy="mto")
    inventory.expect_receipt(bar, Decimal(10), MONDAY.date() + timedelta(days=3))
    plan_order(item, 10)

    found = ask(item, 1, hold_hours=Decimal(0))

    assert found.day >= MONDAY.date() + timedelta(days=9)


def test_sub_assemblies_are_made_before_what_takes_them_and_batches_fit_the_vessel():
    site = make_site()
    oven = make_work_center(site=site, machines=0)
    production_machine = oven.machines.create(code="OVEN-1", name="Oven", batch_limit=4)
    dough = make_made_item([{"work_center": oven, "run_seconds": 3600}], site=site, uom="KGM")
    cake = make_made_item([make_work_center(site=site)], {dough: 1}, site=site, strategy="mto")

    made = offer(cake, 10)

    sub = ProductionOrder.objects.get(parent=made.production_order)
    below = slots_of(sub)
    assert [slot.operation.batch.quantity for slot in below] == [
        Decimal("3.3334"),
        Decimal("3.3333"),
        Decimal("3.3333"),
    ]
    assert {slot.machine for slot in below} == {production_machine}
    assert slots_of(made.production_order)[0].starts_at >= max(slot.ends_at for slot in below)
    assert (sub.status, sub.due_at) == ("tentative", slots_of(made.production_order)[0].starts_at)


def test_what_is_bought_and_sold_waits_for_purchases_that_nobody_else_counts_on():
    item = make_item(supply="buy", strategy="mts", lead_time_days=20)
    inventory.expect_receipt(item, Decimal(10), MONDAY.date() + timedelta(days=4), number="PO-9")

    first, second = offer(item, 6), offer(item, 6)

    assert first.answer["day"] == "2026-03-06"
    assert "6 pcs come with purchase PO-9 on Fri 06 Mar" in first.answer["chain"][0]["text"]
    assert second.answer["day"] == "2026-03-24", (
        "only four are left, and two more take the lead time after the hold"
    )
    assert second.promised_date == date(2026, 3, 24)


def test_a_tool_that_another_machine_has_is_waited_for_and_named():
    site = make_site()
    lathe, mill = make_work_center(site=site, name="Lathe"), make_work_center(site=site, name="Mill")
    jig = make_tool(site, code="JIG-7")
    turned = make_made_item(
        [{"work_center": lathe, "run_seconds": 3600, "tools": {jig: 1}}], site=site, strategy="mto"
    )
    milled = make_made_item(
        [{"work_center": mill, "run_seconds": 3600, "tools": {jig: 1}}], site=site, strategy="mto"
    )
    plan_order(turned, 30)
    replan()

    found = ask(milled, 5, hold_hours=Decimal(0))

    assert found.feasible.places[0].starts_at == MONDAY + 30 * HOUR
    assert found.binding.kind == "tool"
    assert "waits for tool JIG-7, taken or away until Tue 03 Mar 14:00" in found.binding.text


def test_capacity_kept_for_stock_is_not_offered_to_orders():
    site = make_site()
    center = make_work_center(site=site, stock_share=Decimal("0.9"))
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site, strategy="mto")
    plan_order(item, 10, earliest_start_at=MONDAY + timedelta(days=14))
    replan()
    in_that_week = MONDAY + timedelta(days=14)

    with_room = ask(item, 5, hold_hours=Decimal(14 * 24))
    without = ask(item, 9, hold_hours=Decimal(14 * 24))

    assert with_room.feasible.places[0].starts_at < in_that_week + timedelta(days=1)
    assert without.feasible.places[0].starts_at >= in_that_week + timedelta(days=6)
    (kept,) = [cause for cause in without.chain if cause.kind == "kept"]
    assert "the rest is kept for stock" in kept.text


def test_a_rush_question_says_who_would_pay_and_moves_nobody_unasked():
    item = a_turned_part()
    customer = make_customer("Acme Pumps")
    filler = services.create_order(
        customer,
        lines=[(item, Decimal(100), MONDAY.date() + timedelta(days=5), 3)],
        by=make_user(),
        at=MONDAY,
    )
    services.confirm_order(filler, by=make_user(), at=MONDAY)
    replan()

    found = ask(item, 5, wanted_date=MONDAY.date(), priority=1, hold_hours=Decimal(0))

    others = found.if_others_move
    assert (found.day, others.day) == (date(2026, 3, 6), MONDAY.date())
    (payment,) = others.payments
    assert (str(payment.line.order.customer), payment.delay_hours) == ("Acme Pumps", 5.0)
    assert ask(item, 5, wanted_date=MONDAY.date(), priority=3, hold_hours=Decimal(0)).if_others_move is None
    assert ask(item, 5, wanted_date=IN_TWO_WEEKS, priority=1).if_others_move is None, "nobody need move"


def test_others_make_way_when_that_is_asked_for_and_the_new_plan_says_who_moved():
    item = a_turned_part()
    filler = plan_order(item, 100, priority=3, due_at=MONDAY + timedelta(days=20))
    replan()

    made = offer(item, 5, wanted_date=MONDAY.date() + timedelta(days=2), priority=1, move_others=True)

    assert made.promised_date == date(2026, 3, 4)
    (held,), (moved,) = slots_of(made.production_order), slots_of(filler)
    assert (held.starts_at, held.ends_at) == (EXPIRY, EXPIRY + 5 * HOUR)
    assert moved.starts_at >= held.ends_at or moved.ends_at <= held.starts_at
    assert held.schedule.reason == f"Others make way for offer {made}"
    with pytest.raises(services.NobodyToMove):
        offer(item, 5, priority=1, move_others=True)


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"wanted_date": MONDAY.date() - timedelta(days=1)}, "orders.wanted_in_the_past", "wanted_date"),
        ({"quantity": "2.5"}, "inventory.invalid_quantity", "quantity"),
        ({"hold_hours": Decimal(0)}, "orders.hold_too_long", "hold_hours"),
        ({"hold_hours": Decimal(99999)}, "orders.hold_too_long", "hold_hours"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_at_its_field(asked, code, field):
    item = a_turned_part()

    with pytest.raises(Exception) as refusal:  # noqa: PT011 - the code says which
        offer(item, **asked)

    assert (refusal.value.code, list(refusal.value.errors)) == (code, [field])
    assert not Offer.objects.exists()


def test_what_nobody_has_said_how_to_make_or_can_make_is_refused_by_name():
    item = make_item("LOOSE", strategy="mto")
    part = a_turned_part()
    part_center = part.site
    lathe = operations_of(plan_order(part, 1))[0].step.work_center
    lathe.machines.update(is_active=False)

    for each, code in ((item, "production.no_process_plan"), (part, "production.no_machine_for_step")):
        with pytest.raises(Exception) as refusal:  # noqa: PT011 - the code says which
            offer(each)
        assert refusal.value.code == code
        assert refusal.value.remedy
    assert part_center == lathe.site


def test_a_slip_of_the_keyboard_is_refused_before_anybody_looks_for_room():
    item = a_turned_part(plan={"batch_maximum": 2})

    with pytest.raises(Exception) as refusal:  # noqa: PT011 - the code says which
        offer(item, 10_000_000)

    assert refusal.value.code == "production.too_many_batches"
    assert "Look at the quantity again" in refusal.value.remedy


def test_work_too_long_for_any_shift_is_refused_with_what_to_do():
    site = make_site()
    center = make_work_center(site=site)
    make_shift(center, "08:00", "12:00")
    item = make_made_item(
        [{"work_center": center, "run_seconds": 3600, "may_pause": False}], site=site, strategy="mto"
    )

    with pytest.raises(Exception) as refusal:  # noqa: PT011 - the code says which
        offer(item, 5)

    assert refusal.value.code == "production.nothing_fits"
    assert "must not pause and takes 5.0 h" in str(refusal.value)
    assert "never works longer than 4.0 h on end" in str(refusal.value)
    assert "lengthen a shift" in refusal.value.remedy


def test_a_step_that_lacks_people_or_tools_says_which():
    site = make_site()
    center = make_work_center(site=site, is_limited_by_people=True)
    make_shift(center, "08:00", "12:00")
    step = {"work_center": center, "run_seconds": 60, "name": "Weld"}
    skilled = make_made_item([{**step, "required_qualification": "WELDING"}], site=site, strategy="mto")
    with pytest.raises(
        NothingFits, match=r"Weld of .* needs 1 of operators with WELDING .* there are 0"
    ) as people:
        offer(skilled, 5)
    assert "Provide more of it" in people.value.remedy


def test_a_step_whose_machines_are_never_open_or_full_says_so():
    site = make_site()
    center = make_work_center(site=site)
    make_shift(center, "08:00", "12:00")
    step = {"work_center": center, "run_seconds": 3600, "name": "Mill"}
    item = make_made_item([step], site=site, strategy="mto")
    mill = center.machines.get()
    with pytest.raises(NothingFits, match="has no time left for Mill of"):
        offer(item, 100_000)
    Downtime.objects.create(machine=mill, starts_at=MONDAY, ends_at=MONDAY + timedelta(days=600))
    with pytest.raises(NothingFits, match="without working time"):
        offer(item, 1)


def test_one_inquiry_has_one_open_offer():
    item, customer = a_turned_part(), make_customer()
    first = offer(item, customer=customer, inquiry="RFQ-7")

    with pytest.raises(services.DuplicateInquiry, match=f"has offer {first}"):
        offer(item, customer=customer, inquiry="RFQ-7")
    again = offer(item, customer=customer, inquiry="RFQ-7", at=EXPIRY)

    first.refresh_from_db()
    assert (first.status, again.status) == ("expired", "open")


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_what_is_held_is_offered_to_nobody_else():
    item = a_turned_part()

    first, second = offer(item, 5), offer(item, 5)

    (one,), (other,) = slots_of(first.production_order), slots_of(second.production_order)
    assert (one.starts_at, other.starts_at) == (EXPIRY, EXPIRY + 5 * HOUR)


def test_every_later_plan_leaves_what_is_held_where_it_is():
    item = a_turned_part()
    made = offer(item, 5)
    order = plan_order(item, 100, priority=1)

    replan()

    (held,), (slot,) = slots_of(made.production_order), slots_of(order)
    assert held.starts_at == EXPIRY
    assert slot.ends_at <= held.starts_at or slot.starts_at >= held.ends_at


def test_a_plan_worked_out_before_the_hold_is_not_published_over_it(monkeypatch):
    item = a_turned_part()
    replan()
    order = plan_order(item, 100)
    made: list[Offer] = []
    solve = planning.solve

    def solve_while_somebody_asks(problem, **options):
        result = solve(problem, **options)
        if not made:
            made.append(offer(item, 5))
        return result

    monkeypatch.setattr(planning, "solve", solve_while_somebody_asks)

    schedule = planning.reschedule(reason="race", at=MONDAY, seconds=0)

    (held,), (slot,) = slots_of(made[0].production_order), slots_of(order)
    assert schedule.figures["attempts"] == 2
    assert held.starts_at == EXPIRY
    assert slot.ends_at <= held.starts_at or slot.starts_at >= held.ends_at


def test_material_is_kept_with_the_capacity_and_given_back_when_the_offer_expires():
    site = make_site()
    bar = make_item(site=site, supply="buy")
    lot = make_lot(bar, 12)
    item = make_made_item(components={bar: 1}, site=site, strategy="mto")

    made = offer(item, 10)
    assert inventory.reserved(lot, at=MONDAY) == 10
    assert inventory.reserved(lot, at=EXPIRY) == 0, "whether or not anybody has swept"

    assert services.expire_offers(at=EXPIRY) == 1
    assert services.expire_offers(at=EXPIRY) == 0
    made.refresh_from_db()
    assert (made.status, made.production_order.status) == ("expired", "cancelled")
    assert not Reservation.objects.open().exists()
    assert not Slot.objects.published().exists()
    assert set(Operation.objects.values_list("status", flat=True)) == {"cancelled"}


def test_an_expired_hold_makes_room_at_once_for_offers_and_plans():
    item = a_turned_part()
    offer(item, 50)

    second = offer(item, 5, at=EXPIRY, hold_hours=Decimal("0.25"))

    (slot,) = slots_of(second.production_order)
    assert slot.starts_at == EXPIRY + timedelta(minutes=15)


def test_a_plan_made_after_the_expiry_gives_the_room_to_others():
    item = a_turned_part()
    made = offer(item, 50)
    order = plan_order(item, 10, at=EXPIRY)

    replan(EXPIRY)

    assert slots_of(made.production_order) == []
    assert slots_of(order)[0].starts_at == EXPIRY


def test_freed_capacity_calls_for_a_new_plan_and_a_hold_does_not():
    item = a_turned_part()
    plan_order(item, 1)
    made = offer(item, 5)
    soon = MONDAY + timedelta(minutes=5)
    assert why_replan(at=soon) == ""

    services.withdraw_offer(made, "They went elsewhere", by=make_user(), at=MONDAY)

    assert why_replan(at=soon) == f"Held capacity of {production_of(made)} became free"


def test_what_is_held_is_not_released_to_the_shop_floor():
    made = offer(a_turned_part(), 5)

    with pytest.raises(Exception, match="is tentative and cannot become released"):
        production.release_order(production_of(made), by=make_user(), at=MONDAY)
    assert not Operation.objects.ready().exists()


# --- what becomes of it ---------------------------------------------------------------------------------------------


def test_an_accepted_offer_is_a_confirmed_order_where_it_was_held():
    site = make_site()
    bar = make_item(site=site, supply="buy")
    lot = make_lot(bar, 10)
    item = make_made_item([make_work_center(site=site)], {bar: 1}, site=site, strategy="mto")
    customer = make_customer()
    made = offer(item, 10, customer=customer)
    before = slots_of(made.production_order)

    later = MONDAY + timedelta(days=1)
    accepted = accept(made, customer=None, customer_reference="4500-1", at=later)

    order = accepted.line.order
    assert (order.status, order.customer, order.customer_reference) == ("confirmed", customer, "4500-1")
    made_order = ProductionOrder.objects.get(pk=production_of(made).pk)
    assert (made_order.status, made_order.held_until) == ("planned", None)
    assert [(slot.pk, slot.starts_at) for slot in slots_of(made_order)] == [
        (slot.pk, slot.starts_at) for slot in before
    ]
    assert Peg.objects.get(line=accepted.line).production_order == made_order
    assert Promise.objects.get(line=accepted.line).promised_date == made.promised_date
    assert inventory.reserved(lot, at=EXPIRY + timedelta(days=9)) == 10
    assert not Operation.objects.filter(pinned_machine__isnull=False).exists()
    line = progress_of(order, at=later)
    assert (line.state, line.uncovered_quantity, line.promised_date) == ("on_time", 0, made.promised_date)


def test_stock_that_was_kept_goes_to_the_line_and_ships():
    item = make_item(strategy="mts")
    make_lot(item, 30)
    made = offer(item, 20, wanted_date=MONDAY.date())

    accepted = accept(made)

    line = progress_of(accepted.line.order)
    assert (line.state, line.ready_quantity) == ("ready", 20)
    shipment = services.ship(accepted.line.order, by=make_user(), at=EXPIRY + HOUR)
    assert shipment.lines.get().quantity == 20


def test_bought_goods_are_ordered_when_the_offer_is_accepted():
    item = make_item(supply="buy", strategy="mts")
    accepted = accept(offer(item, 20))

    assert item.expected_receipts.get().quantity == 20
    assert progress_of(accepted.line.order).uncovered_quantity == 20


def test_an_offer_is_accepted_once_and_in_time():
    item = a_turned_part()
    made, late, gone = offer(item), offer(item), offer(item)
    accepted = accept(made)
    services.withdraw_offer(gone, by=make_user(), at=MONDAY)

    with pytest.raises(services.OfferNotOpen, match=f"is accepted: it is our order {accepted.line.order}"):
        accept(Offer.objects.get(pk=made.pk))
    with pytest.raises(services.OfferExpired, match="stood until 04 Mar 2026 08:00 UTC"):
        accept(late, at=EXPIRY)
    with pytest.raises(services.OfferNotOpen, match="is withdrawn"):
        accept(gone)
    with pytest.raises(services.OfferNotOpen):
        services.withdraw_offer(made, by=make_user(), at=MONDAY)
    assert Promise.objects.count() == 1


def test_an_offer_to_nobody_asks_who_orders():
    made = offer(a_turned_part())

    with pytest.raises(services.CustomerMissing) as refusal:
        accept(made, customer=None)

    assert list(refusal.value.errors) == ["customer"]
    made.refresh_from_db()
    assert made.status == "open"


def test_a_hold_that_a_planner_cancelled_is_gone():
    made = offer(a_turned_part())
    production.cancel_order(production_of(made), "Needed elsewhere", by=make_user(), at=MONDAY)

    with pytest.raises(production.NotHeld):
        accept(made)
    services.withdraw_offer(made, by=make_user(), at=MONDAY)
    assert made.status == "withdrawn"


def test_dates_are_kept_through_the_next_plans_when_the_order_is_there():
    item = a_turned_part()
    for _ in range(3):
        plan_order(item, 10, due_at=MONDAY + timedelta(days=12))
    replan()
    accepted = accept(offer(item, 8, wanted_date=MONDAY.date() + timedelta(days=4)))
    plan_order(item, 10, due_at=MONDAY + timedelta(days=12))

    replan()

    line = progress_of(accepted.line.order)
    assert line.projected_date <= line.promised_date
    assert line.state == "on_time"


def test_a_margin_is_measured_where_there_is_something_to_measure(monkeypatch):
    item = a_turned_part()
    stated = ask(item, 40, hold_hours=Decimal(0)).margin
    lathe = Machine.objects.get(work_center__code="LATHE").work_center
    habits = {lathe.pk: Habit(count=50, overrun=0.25, spread=0.0)}
    monkeypatch.setattr(reliability, "remembered", lambda *, at: habits)

    measured = ask(item, 40, hold_hours=Decimal(0)).margin

    assert (stated.extra, stated.measured) == (timedelta(hours=4), 0)
    assert (measured.extra, measured.measured) == (timedelta(hours=10), 50)
    assert "nine of ten stay within that, by 50 operations" in measured.why


def test_habits_are_those_of_work_that_was_done():
    cache.clear()
    item = a_turned_part()
    by = make_user()
    for number in range(25):
        start = MONDAY + timedelta(hours=2 * number)
        (operation,) = operations_of(plan_order(item, 1, at=start))
        production.start_operation(operation, by=by, at=start)
        production.finish_operation(operation, good=Decimal(1), by=by, at=start + 1.5 * HOUR)
    later = MONDAY + timedelta(days=3)

    margin = ask(item, 10, hold_hours=Decimal(0), at=later).margin

    assert margin.measured == 25
    assert timedelta(hours=3) < margin.extra < timedelta(hours=5), "ten hours of work take half as long again"
