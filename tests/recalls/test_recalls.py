"""A recall from the first doubt to its closing: found, held, balanced, told, decided, let go."""

from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from inventory import services as inventory
from inventory.balancing import balances_of
from inventory.models import Lot
from mes.core import signing
from mes.core.models import Fact
from mes.core.states import IllegalTransition
from orders import services
from orders.models import Customer, CustomerReturn, RecallNotice, RecallNoticeLine
from orders.recalled import (
    delivered_of,
    effectiveness_of,
    reach_of,
    waiting_for,
    why_not_measured,
)
from production import services as production
from production.models import Machine, ProcessPlan
from quality import services as quality
from quality.models import Gauge, Inspection, Recall, RecallLot
from tests.clean_slate import Stand
from tests.orders.desk import deliver_news, lots_of, make_order
from tests.plant import MONDAY, make_gauge, make_inspection, make_inspection_plan, make_item, make_site
from tests.recalls.case import (
    LATER,
    Case,
    acting,
    finish,
    make_batch,
    make_case,
    recall_heat,
    start_batch,
)
from tests.records.people import a_signer, signing_as
from tests.shop import make_work_center

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def made_case(standing: Stand) -> Case:
    return standing(make_case)


@pytest.fixture
def case(made_case: Case) -> Case:
    return deepcopy(made_case)


def status_of(lot: Lot | None) -> str:
    assert lot is not None
    return Lot.objects.get(pk=lot.pk).status


def listed(recall: Recall) -> set[Lot]:
    return {row.lot for row in recall.lots.select_related("lot")}


def tell_everybody(recall: Recall) -> list[RecallNotice]:
    notices = services.prepare_notices(recall, **acting())
    for notice in notices:
        services.send_notice(notice, "phone", "The quality manager", **acting())
    return notices


def measure(inspection: Inspection, gauge: Gauge, *, at: datetime) -> None:
    characteristic = inspection.plan.characteristics.get()
    quality.record_measurement(inspection, characteristic, value=Decimal(10), gauge=gauge, **acting(at=at))


def close(recall: Recall, conclusion: str = "Done", **given: Any) -> Recall:
    """By somebody who signs with a right password."""
    by = a_signer()
    return services.close_recall(
        recall, conclusion, credentials=signing_as(by), by=by, **{"at": LATER} | given
    )


def ready_to_close(case: Case) -> Recall:
    recall = recall_heat(case)
    quality.hold_recall(recall, **acting())
    services.balance_recall(recall, **acting())
    tell_everybody(recall)
    quality.decide_lots(recall, "reject", "Wrong alloy", **acting())
    return recall


def test_a_recall_of_a_suppliers_lot_finds_everything_made_of_it_and_nothing_else(case: Case):
    recall = recall_heat(case)

    assert listed(recall) == {case.bad, case.parts}
    assert set(recall.lots.filter(is_origin=True).values_list("lot", flat=True)) == {case.bad.pk}
    assert recall.scope_text == "Supplier's lot H-66 of Titanium Mills"
    run = recall.runs.get()
    assert (run.origins, run.lots, run.new_lots) == (1, 2, 2)
    assert recall.traced_at == LATER
    assert status_of(case.parts) == "released"


def test_it_starts_from_a_machine_and_a_time_or_from_a_revision_of_a_process_plan(case: Case):
    machine = Machine.objects.get(work_center__site=case.item.site)

    by_machine = services.start_recall(
        basis="machine", reason="Spindle off", machine=machine, since=MONDAY, until=LATER, **acting()
    )
    by_plan = services.start_recall(
        basis="process_plan",
        reason="Wrong feed",
        plan=ProcessPlan.objects.get(item=case.item),
        **acting(),
    )

    assert listed(by_machine) == {case.parts, case.others} == listed(by_plan)
    with pytest.raises(quality.NothingAffected, match="There is no lot for"):
        services.start_recall(
            basis="machine",
            reason="Spindle off",
            machine=machine,
            since=LATER,
            until=LATER.replace(year=2027),
            **acting(),
        )
    assert Recall.objects.count() == 2


def test_it_starts_from_a_gauge_with_what_that_measured_between_its_last_good_calibration_and_being_found_out():
    site = make_site()
    gauge = make_gauge(site=site, calibrated_at=MONDAY - DAY)
    doubtful, sound = (
        make_inspection(
            make_inspection_plan(
                make_item(site=site),
                characteristics=[{"lower_limit": 9, "upper_limit": 11, "gauge_kind": gauge.kind}],
            )
        )
        for _ in range(2)
    )
    measure(doubtful, gauge, at=MONDAY)
    quality.calibrate_gauge(
        gauge, found_in_tolerance=False, left_in_tolerance=True, **acting(at=MONDAY + DAY)
    )
    measure(sound, gauge, at=MONDAY + 2 * DAY)

    recall = services.start_recall(basis="gauge", reason="It read long", gauge=gauge, **acting())

    assert listed(recall) == {doubtful.lot}
    assert recall.scope_text.startswith(f"Gauge {gauge}, since 1 Mar 2026")


def test_a_window_of_a_gauge_that_somebody_states_is_taken_at_its_word():
    site = make_site()
    gauge = make_gauge(site=site, calibrated_at=MONDAY - DAY)
    plan = make_inspection_plan(
        make_item(site=site),
        characteristics=[{"lower_limit": 9, "upper_limit": 11, "gauge_kind": gauge.kind}],
    )
    early, late = make_inspection(plan), make_inspection(plan)
    measure(early, gauge, at=MONDAY)
    quality.calibrate_gauge(
        gauge, found_in_tolerance=False, left_in_tolerance=True, **acting(at=MONDAY + DAY)
    )
    measure(late, gauge, at=MONDAY + 2 * DAY)
    dropped: dict[str, Any] = {"basis": "gauge", "reason": "It was dropped", "gauge": gauge, "is_mock": True}

    until = services.start_recall(**dropped, until=MONDAY + 3 * DAY, **acting(at=MONDAY + 4 * DAY))
    since = services.start_recall(**dropped, since=MONDAY + 1.5 * DAY, **acting(at=MONDAY + 4 * DAY))

    assert listed(until) == {late.lot}
    assert until.scope_text.endswith("until 5 Mar 2026 08:00")
    assert listed(since) == {late.lot}
    assert since.scope_text.endswith("until 6 Mar 2026 08:00")


def test_a_window_that_ends_before_it_begins_says_both_moments():
    with pytest.raises(services.StartUnclear) as refusal:
        services.start_recall(
            basis="machine",
            reason="Doubt",
            machine=make_work_center(site=make_site()).machines.get(),
            since=MONDAY,
            until=MONDAY - DAY,
            **acting(),
        )

    assert refusal.value.errors == {
        "until": [
            "It begins 2 Mar 2026 08:00 and would end 1 Mar 2026 08:00: state a later end or an earlier beginning"
        ]
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"basis": "gauge"}, "gauge"),
        ({"basis": "lot"}, "lots"),
        ({"basis": "supplier_lot", "supplier_lot": " "}, "supplier_lot"),
        ({"basis": "machine"}, "machine"),
        ({"basis": "process_plan"}, "plan"),
        ({"basis": "mood"}, "basis"),
    ],
)
def test_a_recall_says_what_it_starts_from(given, field):
    with pytest.raises(services.StartUnclear) as refusal:
        services.start_recall(reason="Doubt", **given, **acting())

    assert list(refusal.value.errors) == [field]
    assert not Recall.objects.exists()


def test_everything_affected_is_held_at_once_and_nobody_but_the_recall_lets_it_go(case: Case):
    recall = recall_heat(case)

    quality.hold_recall(recall, **acting())

    assert recall.status == "held"
    assert {status_of(case.bad), status_of(case.parts)} == {"held"}
    assert status_of(case.others) == "released"
    parts = Lot.objects.get(pk=case.parts.pk)
    assert parts.hold_reason == f"Recall {recall}: Wrong alloy in the heat"
    for let_go in (quality.release_lot, inventory.quarantine_lot):
        with pytest.raises(inventory.LotRecalled, match=f"is recalled .Recall {recall}"):
            let_go(parts, **acting())
    with pytest.raises(inventory.LotNotUsable, match="is recalled"):
        inventory.ship(parts, Decimal(1), reference="SH-9", **acting())
    assert Fact.objects.filter(name="quality.RecallHeld").get().payload["lots"] == 2


def test_a_batch_that_is_running_on_the_heat_is_affected_before_anything_comes_out(case: Case):
    """Its material was consumed; its lot is held, and what it yields later is held too."""
    order, operation = start_batch(case.item, 8)
    recall = services.start_recall(basis="lot", reason="Crack", lots=[case.good], **acting())
    assert order.batches.get().lot not in listed(recall)

    finish(operation, 7, scrap=1)
    run = services.retrace_recall(recall, **acting())

    lot = order.batches.get().lot
    assert lot in listed(recall)
    assert run.new_lots == 1


def test_what_is_made_after_the_hold_is_found_and_held_by_looking_again(case: Case):
    plan = ProcessPlan.objects.get(item=case.item)
    recall = services.start_recall(basis="process_plan", reason="Wrong feed", plan=plan, **acting())
    quality.hold_recall(recall, **acting())

    _, operation = start_batch(case.item, 5)
    finish(operation, 5)
    later = operation.batch.lot
    later.refresh_from_db()
    assert later.status != "held"
    run = services.retrace_recall(recall, **acting())

    assert run.new_lots == 1
    assert status_of(later) == "held"
    assert recall.runs.count() == 2


def test_pieces_split_off_a_held_lot_are_held_and_go_back_as_the_lot_was(case: Case):
    recall = recall_heat(case)
    quality.hold_recall(recall, **acting())
    part = inventory.split_lot(Lot.objects.get(pk=case.parts.pk), Decimal(2), **acting())
    assert part.is_recalled

    services.retrace_recall(recall, **acting())
    services.balance_recall(recall, **acting())
    quality.decide_lots(recall, "release", "The alloy was right after all", **acting())
    tell_everybody(recall)
    close(recall, "False alarm")

    assert {status_of(part), status_of(case.parts)} == {"released"}
    assert not Lot.objects.filter(is_recalled=True).exists()


def test_the_balance_tells_where_all_of_each_lot_is(case: Case):
    inventory.scrap(case.parts, Decimal(2), reason="Dented", **acting())
    inventory.adjust(
        case.parts, case.parts.balances.on_hand().get().location, Decimal(-1), "Counted 9", **acting()
    )

    bad, parts = balances_of([case.bad.pk, case.parts.pk]).values()

    assert (bad.received, bad.used, bad.went, bad.difference) == (20, 20, 20, 0)
    assert (parts.made, parts.on_hand, parts.shipped, parts.scrapped) == (20, 9, 8, 2)
    assert (parts.unaccounted, parts.adjusted, parts.difference) == (1, -1, 0)
    recall = recall_heat(case)
    with pytest.raises(quality.DifferenceUnexplained):
        services.balance_recall(recall, **acting())
    services.balance_recall(recall, "One fell into the coolant", **acting())
    assert recall.balance_note == "One fell into the coolant"


def test_customers_are_listed_with_what_they_have(case: Case):
    alpha, beta = delivered_of([case.parts.pk, case.others.pk])

    assert (alpha.customer, alpha.lot, alpha.quantity) == (case.alpha.pk, case.parts.pk, 5)
    assert (beta.customer, beta.quantity) == (case.beta.pk, 3)


def test_orders_that_wait_for_held_stock_are_named(case: Case):
    order = make_order((case.item, 4), confirmed=True)
    recall = recall_heat(case)
    quality.hold_recall(recall, **acting())

    (claim,) = waiting_for(recall.lots.values_list("lot", flat=True), LATER)

    assert (claim.lot, claim.quantity, claim.purpose) == (case.parts.pk, 4, f"{order}/1")
    assert (claim.order, claim.customer) == (order.pk, str(order.customer))


def test_notices_are_prepared_sent_and_answered_until_all_is_accounted_for(case: Case):
    recall = recall_heat(case)
    quality.hold_recall(recall, **acting())
    to_alpha, to_beta = services.prepare_notices(recall, **acting())
    assert "Dear Alpha Air" in to_alpha.text
    assert "Wrong alloy in the heat" in to_alpha.text
    with pytest.raises(services.NobodyToTell):
        services.prepare_notices(recall, **acting())
    services.edit_notice(to_alpha, "Recall of brackets", to_alpha.text + "\nSorry.", **acting())
    services.send_notice(to_alpha, "email", "quality@alpha.example", **acting())
    services.send_notice(to_beta, "phone", "Mr Wheel", **acting())
    services.acknowledge_notice(to_alpha, "Mrs Wing", **acting())

    line = to_alpha.lines.get()
    services.account_for(line, returned=Decimal(3), destroyed=Decimal(1), **acting())

    assert (line.returned, line.destroyed) == (3, 1)
    assert inventory.on_hand(case.parts) == 15
    assert status_of(case.parts) == "held"
    (reach,) = reach_of(recall)
    assert (reach.shipped, reach.accounted, reach.untold, reach.percent) == (8, 4, 0, 50)
    services.account_for(line, returned=Decimal(1), **acting())
    services.account_for(to_beta.lines.get(), destroyed=Decimal(3), **acting())
    assert effectiveness_of(recall, reach_of(recall)) == 100


def test_goods_that_come_back_without_the_notice_being_named_are_accounted_for_too(case: Case):
    recall = recall_heat(case)
    quality.hold_recall(recall, **acting())
    to_alpha, _ = tell_everybody(recall)
    shipped = case.orders[0].shipments.get().lines.get()

    services.return_goods(shipped, Decimal(2), "Came back", **acting())

    assert to_alpha.lines.get().returned == 2
    with pytest.raises(services.NothingToReturn, match=r"3 pcs of .* are at the customer, not 4"):
        services.return_goods(shipped, Decimal(4), "Came back", **acting())


def test_a_return_that_is_reversed_never_came(case: Case):
    recall = recall_heat(case)
    quality.hold_recall(recall, **acting())
    to_alpha, _ = tell_everybody(recall)
    shipped = case.orders[0].shipments.get().lines.get()
    services.return_goods(shipped, Decimal(1), "Came back", **acting())
    returned = services.return_goods(shipped, Decimal(2), "Came back", **acting())
    deliver_news()

    assert returned.move is not None
    inventory.reverse(returned.move, "Another box: theirs are still there", **acting())
    deliver_news()
    deliver_news()

    assert list(CustomerReturn.objects.standing().values_list("quantity", flat=True)) == [1]
    assert to_alpha.lines.get().returned == 1
    assert (
        next(each for each in delivered_of([shipped.lot_id]) if each.customer == case.alpha.pk).quantity == 4
    )
    services.return_goods(shipped, Decimal(4), "Now they came back", **acting())
    assert to_alpha.lines.get().returned == 5


def test_a_notice_says_only_what_can_be_true(case: Case):
    recall = recall_heat(case)
    draft, _ = services.prepare_notices(recall, **acting())
    line = draft.lines.get()

    with pytest.raises(services.NoticeNotSent):
        services.account_for(line, destroyed=Decimal(1), **acting())
    services.send_notice(draft, "letter", "Alpha Air, Wing Street", **acting())
    for wrong in (Decimal(6), Decimal(0)):
        with pytest.raises(
            services.TooMuchAccounted,
            match=r"Still open of lot .* at Alpha Air: 5 pcs\. Note more than nothing",
        ):
            services.account_for(line, destroyed=wrong, **acting())
    for change in (
        lambda: services.edit_notice(draft, "x", "y", **acting()),
        lambda: services.send_notice(draft, "phone", "somebody", **acting()),
    ):
        with pytest.raises(services.NoticeSent):
            change()
    assert RecallNoticeLine.objects.get(pk=line.pk).destroyed == 0


def test_all_notices_are_noted_as_sent_at_once_but_for_those_without_an_address(case: Case):
    recall = recall_heat(case)
    with pytest.raises(services.NoticeSent, match="has no draft"):
        services.send_notices(recall, **acting())
    to_alpha, to_beta = services.prepare_notices(recall, **acting())
    with pytest.raises(services.NoticeIncomplete, match="None of these customers has an e-mail address"):
        services.send_notices(recall, **acting())
    Customer.objects.filter(pk=case.alpha.pk).update(email="quality@alpha.example")

    sent, left = services.send_notices(recall, **acting())

    assert (sent, left) == ([to_alpha], [to_beta])
    to_alpha.refresh_from_db()
    to_beta.refresh_from_db()
    assert (to_alpha.status, to_alpha.channel, to_alpha.sent_to) == ("sent", "email", "quality@alpha.example")
    assert to_beta.status == "draft"


def test_when_the_scope_grows_a_second_notice_tells_of_what_is_new(case: Case):
    recall = services.start_recall(
        basis="process_plan", reason="Feed", plan=ProcessPlan.objects.get(item=case.item), **acting()
    )
    first, _ = tell_everybody(recall)
    order = make_order((case.item, 12), customer=case.alpha, confirmed=True)
    services.ship(order, by=first.prepared_by, at=LATER)

    (second,) = services.prepare_notices(recall, **acting())

    assert second.customer == case.alpha
    assert second != first
    assert sum(line.quantity for line in second.lines.all()) == 12
    assert first.lines.get().quantity == 5


def test_closing_waits_for_every_step_and_says_which(case: Case):
    recall = recall_heat(case)

    def refused(sentence):
        with pytest.raises(quality.RecallUnfinished, match=sentence):
            close(recall, "Done")

    refused("were not told")
    services.prepare_notices(recall, **acting())
    refused("are not sent")
    for notice in RecallNotice.objects.drafts():
        services.send_notice(notice, "phone", "somebody", **acting())
    refused("were not confirmed")
    services.balance_recall(recall, **acting())
    refused("never held anything")
    quality.hold_recall(recall, **acting())
    refused(f"Nobody has decided about {case.parts}")
    quality.decide_lots(recall, "keep", "The laboratory has it", **acting())
    with pytest.raises(quality.RecallReasonMissing):
        close(recall, " ")
    assert recall.status == "held"
    close(recall, "All told")
    assert recall.status == "closed"
    assert recall.effectiveness == 0


def test_closing_does_what_was_decided(case: Case):
    recall = ready_to_close(case)

    close(recall, "Scrapped all")

    parts = Lot.objects.get(pk=case.parts.pk)
    assert (parts.status, parts.is_recalled) == ("rejected", False)
    assert Fact.objects.filter(name="inventory.LotRejected", payload__lot=parts.pk).exists()
    assert (
        status_of(case.bad) == "rejected"
    )  # nothing of it is here; should any come back, it stays out of use
    for change in (
        lambda: quality.hold_recall(recall, **acting()),
        lambda: services.retrace_recall(recall, **acting()),
        lambda: services.prepare_notices(recall, **acting()),
    ):
        with pytest.raises(quality.RecallClosedAlready):
            change()


def test_after_a_false_alarm_lots_of_which_nothing_is_here_go_back_as_they_were_too(case: Case):
    recall = recall_heat(case)
    quality.hold_recall(recall, **acting())
    services.balance_recall(recall, **acting())
    tell_everybody(recall)

    assert quality.decide_lots(recall, "release", "The alloy was right", **acting()) == 2
    close(recall, "False alarm")

    assert inventory.on_hand(case.bad) == 0
    assert [status_of(lot) for lot in (case.bad, case.parts)] == ["released", "released"]
    assert not Lot.objects.filter(hold_reason__contains=str(recall)).exists()


def test_what_is_used_up_need_not_be_decided_about_and_stays_held_should_it_come_back(case: Case):
    recall = recall_heat(case)
    quality.hold_recall(recall, **acting())
    services.balance_recall(recall, **acting())
    tell_everybody(recall)

    assert quality.decide_lots(recall, "release", "These were tested", lots=[case.parts], **acting()) == 1
    close(recall, "Only these were tested")

    assert [status_of(lot) for lot in (case.bad, case.parts)] == ["held", "released"]


def test_closing_takes_a_signature_and_nothing_is_closed_without(case: Case):
    recall = ready_to_close(case)

    with pytest.raises(signing.SignatureMissing):
        services.close_recall(recall, "Done", **acting())

    recall.refresh_from_db()
    assert (recall.status, status_of(case.parts)) == ("held", "held")
    close(recall, "Scrapped all")
    (signed,) = signing.signatures_of(recall)
    assert (signed.signature.meaning, signed.is_void) == ("recall_closing", False)
    Recall.objects.filter(pk=recall.pk).update(conclusion="Nothing happened")
    (signed,) = signing.signatures_of(recall)
    assert (signed.is_void, list(signed.changed)) == (True, ["conclusion"])


def test_a_lot_with_an_undecided_nonconformance_stays_held_for_that(case: Case):
    recall = recall_heat(case)
    quality.hold_recall(recall, **acting())
    parts = Lot.objects.get(pk=case.parts.pk)
    quality.open_nonconformance(parts, Decimal(1), "Scratch", **acting())
    services.balance_recall(recall, **acting())
    tell_everybody(recall)
    quality.decide_lots(recall, "release", "Alloy is right", **acting())

    close(recall, "False alarm")

    assert (status_of(parts), Lot.objects.get(pk=parts.pk).is_recalled) == ("held", False)


def test_a_lot_that_two_recalls_hold_is_let_go_by_the_last(case: Case):
    first, second = recall_heat(case), recall_heat(case)
    for recall in (first, second):
        quality.hold_recall(recall, **acting())
        services.balance_recall(recall, **acting())
        tell_everybody(recall)
        quality.decide_lots(recall, "release", "Right alloy", **acting())

    close(first, "False alarm")
    assert (status_of(case.parts), Lot.objects.get(pk=case.parts.pk).is_recalled) == ("held", True)
    close(second, "False alarm")

    assert (status_of(case.parts), Lot.objects.get(pk=case.parts.pk).is_recalled) == ("released", False)


def test_a_running_batch_stops_and_goes_on_when_its_lot_is_let_go(case: Case):
    order, operation = start_batch(case.item, 5)
    (lot,) = lots_of(order)
    recall = services.start_recall(basis="lot", reason="Doubt", lots=[lot], **acting())
    quality.hold_recall(recall, **acting())
    assert status_of(lot) == "held"

    services.balance_recall(recall, **acting())
    with pytest.raises(quality.RecallUnfinished, match="Nobody has decided"):
        close(recall, "Nothing found")
    quality.decide_lots(recall, "release", "Nothing found", **acting())
    close(recall, "Nothing found")

    assert status_of(lot) == "in_process"
    production.finish_operation(operation, good=Decimal(5), by=recall.opened_by, at=LATER)
    assert status_of(lot) == "released"


def test_a_drill_holds_nothing_alarms_nobody_and_measures_the_time(case: Case):
    drill = recall_heat(case, is_mock=True)
    drafts = services.prepare_notices(drill, **acting())

    with pytest.raises(quality.MockHoldsNothing):
        quality.hold_recall(drill, **acting())
    with pytest.raises(services.DrillTellsNobody):
        services.send_notice(drafts[0], "phone", "somebody", **acting())
    services.balance_recall(drill, **acting(at=LATER.replace(minute=42)))
    close(drill, "42 minutes", at=LATER.replace(hour=20))

    assert drill.number.startswith("MR-")
    assert drill.time_taken(LATER.replace(hour=23)).total_seconds() == 42 * 60
    assert status_of(case.parts) == "released"
    assert drill.effectiveness is None


def test_a_drills_letter_says_first_and_last_that_nothing_has_to_be_done(case: Case):
    drill, real = recall_heat(case, is_mock=True), recall_heat(case)

    exercise, _ = services.prepare_notices(drill, **acting())
    letter, _ = services.prepare_notices(real, **acting())

    assert exercise.text.startswith("EXERCISE. This is a drill: nothing is wrong with these goods")
    assert exercise.text.rstrip().endswith("Nothing is recalled, and there is nothing that you have to do.")
    assert f"Please quote {drill.number} in your answer.\n\nEND OF THE EXERCISE" in exercise.text
    assert "EXERCISE" not in letter.text


def test_how_well_customers_were_reached_is_no_measure_of_a_drill_or_of_what_was_called_off(case: Case):
    drill, mistake, real = recall_heat(case, is_mock=True), recall_heat(case), recall_heat(case)
    quality.cancel_recall(mistake, "Wrong heat number", **acting())

    told = {
        each: (effectiveness_of(each, reach_of(each)), why_not_measured(each))
        for each in (drill, mistake, real)
    }

    assert told == {
        drill: (None, "not measured: a drill tells nobody"),
        mistake: (None, "not measured: it was called off"),
        real: (0, ""),
    }


def test_notices_of_a_recall_that_is_over_stand_as_they_were_then(case: Case):
    recall = ready_to_close(case)
    sent = RecallNotice.objects.get(recall=recall, customer=case.alpha)
    close(recall)
    mistake = recall_heat(case)
    draft, _ = services.prepare_notices(mistake, **acting())
    quality.cancel_recall(mistake, "Wrong heat number", **acting())
    kept = list(RecallNotice.objects.order_by("pk").values())

    for notice, change in (
        (draft, lambda: services.edit_notice(draft, "Other", "words", **acting())),
        (draft, lambda: services.withdraw_notice(draft, **acting())),
        (draft, lambda: services.send_notice(draft, "phone", "somebody", **acting())),
        (sent, lambda: services.acknowledge_notice(sent, "Mrs Wing", **acting())),
        (sent, lambda: services.account_for(sent.lines.get(), destroyed=Decimal(1), **acting())),
    ):
        with pytest.raises(
            quality.RecallClosedAlready, match=f"{notice.recall} is (closed|cancelled)"
        ) as refusal:
            change()
        assert "Open another recall to tell customers more" in refusal.value.remedy

    assert list(RecallNotice.objects.order_by("pk").values()) == kept
    assert sent.lines.get().destroyed == 0


def test_a_recall_opened_by_mistake_is_called_off_while_it_holds_nothing(case: Case):
    recall = recall_heat(case)
    with pytest.raises(quality.RecallReasonMissing):
        quality.cancel_recall(recall, "", **acting())
    quality.cancel_recall(recall, "Wrong heat number", **acting())
    assert recall.status == "cancelled"

    another = recall_heat(case)
    quality.hold_recall(another, **acting())
    with pytest.raises(IllegalTransition):
        quality.cancel_recall(another, "Wrong heat number", **acting())


def test_decisions_are_refused_where_they_make_no_sense(case: Case):
    recall = recall_heat(case)
    with pytest.raises(quality.NotHeld):
        quality.decide_lots(recall, "release", "Fine", **acting())
    quality.hold_recall(recall, **acting())
    for decision, justification, lots in (
        ("burn", "x", None),
        ("release", "", None),
        ("release", "x", [case.others]),
    ):
        with pytest.raises(quality.UnknownDecision):
            quality.decide_lots(recall, decision, justification, lots=lots, **acting())
    assert not RecallLot.objects.exclude(decision="").exists()


def test_finding_and_holding_take_as_many_queries_for_few_lots_as_for_many(
    case: Case, django_assert_max_num_queries
):
    for _ in range(3):
        make_batch(case.item, 2)
    plan = ProcessPlan.objects.get(item=case.item)

    with django_assert_max_num_queries(22):
        recall = services.start_recall(basis="process_plan", reason="Feed", plan=plan, **acting())
    with django_assert_max_num_queries(22):
        quality.hold_recall(recall, **acting())
    assert recall.lots.count() == 5
