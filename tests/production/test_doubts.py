"""Lots that a gauge found out of tolerance has measured: none goes into anything until its review has decided it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory import services as inventory
from inventory.models import Item, Lot
from production import services
from production.doubts import doubts_in, lots_in_doubt
from production.models import Operation
from quality import services as quality
from quality.doubt import doubts_about
from tests.orders.desk import put_in_doubt
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.production.gated import answer, finish, first_of, start, status_of
from tests.shop import make_made_item

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(days=1)
DECIDE = "it stands, with a reason, or a nonconformance holds it."


@pytest.fixture
def bar() -> Item:
    return make_item(site=make_site(), supply=Item.Supply.BUY)


@pytest.fixture
def turning(bar: Item) -> Operation:
    """A step that takes ten bars for its batch."""
    return first_of(make_made_item(components={bar: 1}, site=bar.site))


def finish_with(operation, lot) -> Operation:
    consumed = [(lot, Decimal(10))]
    return services.finish_operation(operation, good=Decimal(10), consumed=consumed, by=make_user(), at=LATER)


def test_a_named_lot_in_doubt_is_refused_until_it_is_decided(bar, turning):
    lot = make_lot(bar, 10)
    start(turning)
    review = put_in_doubt(lot)

    with pytest.raises(services.MaterialInDoubt, match=f"Lot {lot} was measured with MIC-7") as told:
        finish_with(turning, lot)

    assert told.value.remedy == f"Decide the lot in the {review}: {DECIDE} Or take another lot."
    assert told.value.see == (review,)
    assert (inventory.on_hand(lot), status_of(turning)) == (10, "running")
    quality.clear_doubtful_lot(review, lot, "Measured again with MIC-9", by=make_user(), at=LATER)
    finish_with(turning, lot)
    assert inventory.on_hand(lot) == 0


def test_what_was_made_of_a_lot_in_doubt_is_refused_too(bar):
    made = make_made_item(components={bar: 1}, site=bar.site)
    lot, turning = make_lot(bar, 10), first_of(made)
    finish_with(start(turning), lot)
    part = Lot.objects.get(item=made)
    mounting = start(first_of(make_made_item(components={made: 1}, site=bar.site)))
    review = put_in_doubt(lot)

    with pytest.raises(services.MaterialInDoubt, match=f"Lot {lot} was measured with MIC-7"):
        finish_with(mounting, part)
    report = quality.doubt_lot(review, lot, by=make_user(), at=LATER)
    with pytest.raises(services.MaterialInDoubt, match=f"Nonconformance {report} of lot {lot}"):
        finish_with(mounting, part)
    quality.decide_nonconformance(report, "use_as_is", "0.004 of 2 mm", by=make_user(), at=LATER)

    finish_with(mounting, part)
    assert inventory.on_hand(part) == 0


def test_where_no_lot_is_named_others_are_taken_and_if_there_are_none_the_doubt_is_told(bar, turning):
    doubted, sure = make_lot(bar, 10), make_lot(bar, 4)
    start(turning)
    put_in_doubt(doubted)

    with pytest.raises(services.NotEnoughMaterial, match=r"4 can be used\. In stock") as told:
        finish(turning)
    assert f"{doubted}: 10 (in doubt until the review of a gauge has decided it)" in str(told.value)
    more = make_lot(bar, 10)
    finish(turning)

    assert [inventory.on_hand(lot) for lot in (doubted, sure, more)] == [10, 0, 4]


def test_a_step_does_not_start_on_material_in_doubt_but_by_signature(bar, turning):
    doubted = make_lot(bar, 10)
    put_in_doubt(doubted)

    with pytest.raises(services.MaterialMissing, match=r"10 .* needed, 0 usable") as told:
        start(turning)
    assert "decide the reviews of gauges that leave lots in doubt" in told.value.remedy
    assert status_of(turning) == "waiting"
    person = make_user()
    answer(turning, "material", person=person)

    assert start(turning, by=person).status == "running"


def test_doubts_are_found_in_one_query_however_many_reviews_are_open(bar, django_assert_num_queries):
    one, other, both = (make_lot(bar, 10) for _ in range(3))
    first, second = put_in_doubt(one, gauge="MIC-1"), put_in_doubt(other, gauge="MIC-2")
    third, fourth = put_in_doubt(both, gauge="MIC-3"), put_in_doubt(both, gauge="MIC-4")

    with django_assert_num_queries(1):
        found = doubts_about([other.pk, both.pk])

    assert {each.review: each.lots for each in found} == {
        second: {other.pk: other.number},
        third: {both.pk: both.number},
        fourth: {both.pk: both.number},
    }
    assert lots_in_doubt([one.pk, both.pk, make_lot(bar, 1).pk]) == {one.pk, both.pk}
    assert [doubt.review for doubt in doubts_about([one.pk])] == [first]


def test_nothing_is_traced_while_no_review_leaves_anything_undecided(bar, django_assert_num_queries):
    lot = make_lot(bar, 10)
    review = put_in_doubt(lot)
    quality.clear_doubtful_lot(review, lot, "Measured again with MIC-9", by=make_user(), at=LATER)
    quality.conclude_gauge_review(review, "All stand", by=make_user(), at=LATER)

    with django_assert_num_queries(1):
        assert doubts_in([lot.pk]) is None
