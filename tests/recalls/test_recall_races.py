"""Nothing affected leaves after the hold, whoever acts at the same moment."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from inventory import services as inventory
from inventory.models import Lot, Move, Transformation
from mes.core.refusals import DomainError
from orders import services
from quality import services as quality
from quality.models import Recall, RecallLot
from tests.plant import MONDAY, make_item, make_lot
from tests.racing import at_once, held_up
from tests.recalls.case import acting

pytestmark = pytest.mark.django_db(transaction=True)


def recall_of(*lots: Lot) -> Recall:
    return services.start_recall(basis="lot", reason="Doubt", lots=lots, **acting())


def hold(recall: Recall) -> Callable[[], Any]:
    who = acting()
    return lambda: quality.hold_recall(Recall.objects.get(pk=recall.pk), **who)


def lot_again(lot: Lot) -> Lot:
    return Lot.objects.select_related("item__site", "supplier").get(pk=lot.pk)


def test_shipping_and_holding_at_once_leave_nothing_that_ships_afterwards():
    who = acting()
    for _ in range(5):
        lot = make_lot(quantity=10)
        recall = recall_of(lot)

        def ship(lot: Lot = lot) -> Any:
            return inventory.ship(lot_again(lot), Decimal(4), reference="SH", **who)

        _, held = at_once(ship, hold(recall))

        assert not isinstance(held, DomainError)
        with pytest.raises(inventory.LotNotUsable):
            ship()
        shipped = sum(move.quantity for move in lot.moves.filter(kind=Move.Kind.SHIPMENT))
        assert shipped in {0, 4}
        assert inventory.on_hand(lot) == 10 - shipped


def test_what_is_made_of_a_lot_while_the_hold_waits_for_it_is_held_too():
    lot, item, who = make_lot(quantity=10), make_item(), acting()
    recall = recall_of(lot)
    made: list[Lot] = []

    def make() -> None:
        act = inventory.begin_transformation(Transformation.Kind.PRODUCTION, reference="B-1", **who)
        inventory.issue(lot_again(lot), Decimal(3), transformation=act, **who)
        child = inventory.create_lot(item, number=None, status=Lot.Status.RELEASED, at=MONDAY)
        inventory.output(child, Decimal(3), transformation=act, **who)
        made.append(child)

    held_up(hold(recall), by=make)

    assert lot_again(made[0]).is_recalled
    assert lot_again(made[0]).status == "held"
    assert set(recall.lots.values_list("lot", flat=True)) == {lot.pk, made[0].pk}
    assert recall.runs.count() == 2


def test_a_batch_that_consumes_a_lot_while_the_hold_waits_is_held_before_anything_comes_out():
    lot, item, who = make_lot(quantity=10), make_item(), acting()
    coming = inventory.create_lot(item, number=None, status=Lot.Status.IN_PROCESS, at=MONDAY)
    recall = recall_of(lot)
    act = inventory.begin_transformation(Transformation.Kind.PRODUCTION, lot=coming, **who)

    held_up(hold(recall), by=lambda: inventory.issue(lot_again(lot), Decimal(3), transformation=act, **who))

    assert lot_again(coming).status == "held"
    assert recall.lots.get(lot=coming).held_from == "in_process"


def test_splitting_and_holding_at_once_leave_both_parts_held():
    who = acting()

    def split(lot: Lot) -> Lot:
        return inventory.split_lot(lot_again(lot), Decimal(4), **who)

    for _ in range(5):
        lot = make_lot(quantity=10)
        recall = recall_of(lot)

        part, _ = at_once(partial(split, lot), hold(recall))
        services.retrace_recall(Recall.objects.get(pk=recall.pk), **who)

        assert isinstance(part, Lot)
        assert {lot_again(each).status for each in (lot, part)} == {"held"}
        assert set(RecallLot.objects.filter(recall=recall).values_list("held_from", flat=True)) == {
            "released"
        }


def test_two_people_who_hold_at_once_hold_once():
    lot = make_lot()
    recall = recall_of(lot)

    answers = at_once(hold(recall), hold(recall))

    assert [answer for answer in answers if isinstance(answer, DomainError)] == []
    assert recall.lots.get().held_from == "released"


def test_merging_other_lots_the_other_way_round_does_not_stop_the_hold():
    who, item = acting(), make_item()

    def merge(lots: list[Lot]) -> Lot:
        return inventory.merge_lots([lot_again(lot) for lot in reversed(lots)], **who)

    for _ in range(3):
        lots = [make_lot(item) for _ in range(4)]
        recall = recall_of(*lots)

        _, held = at_once(partial(merge, lots), hold(recall))
        services.retrace_recall(Recall.objects.get(pk=recall.pk), **who)

        assert not isinstance(held, DomainError)
        affected = Lot.objects.filter(pk__in=recall.lots.values("lot"))
        assert {lot.status for lot in affected} == {"held"}
