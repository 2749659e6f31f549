"""A genealogy is drawn in layers: every link leads to the right, and what cannot be told apart shares a box."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory import services
from inventory.genealogy import graph
from inventory.models import Lot
from mes.console.graph import Drawing, draw_genealogy
from tests.plant import MONDAY, make_item, make_lot, make_site, make_supplier, make_user

pytestmark = pytest.mark.django_db


def make_of(*parents: Lot, number: str = "", quantity: int = 5) -> Lot:
    """A lot made of one unit of each parent, an hour after the last thing that was made."""
    site, by = parents[0].item.site, make_user()
    act = services.begin_transformation("production", reference=number, by=by, at=MONDAY)
    for parent in parents:
        services.issue(parent, Decimal(1), transformation=act, by=by, at=MONDAY + timedelta(hours=1))
    child = services.create_lot(
        make_item(site=site), number=number or f"M-{act.pk}", status=Lot.Status.RELEASED, at=MONDAY
    )
    services.output(child, Decimal(quantity), transformation=act, by=by, at=MONDAY + timedelta(hours=2))
    return child


def drawing_of(lot: Lot) -> Drawing:
    return draw_genealogy(graph(lot), lot)


def layer(drawing: Drawing, label: str) -> int:
    return next(box.layer for box in drawing.boxes if box.label == label)


def test_every_link_leads_to_the_right_even_where_a_lot_goes_in_at_two_levels():
    bar = make_lot(make_item(site=make_site()), number="BAR")
    blank = make_of(bar, number="BLANK")
    part = make_of(bar, blank, number="PART")

    drawing = drawing_of(part)

    assert all(curve.source.layer < curve.target.layer for curve in drawing.curves)
    assert layer(drawing, "BAR") < layer(drawing, "BLANK") < layer(drawing, "PART")


def test_a_link_that_skips_a_layer_passes_behind_no_box():
    bar = make_lot(make_item(site=make_site()), number="BAR")
    blank = make_of(bar, number="BLANK")
    part = make_of(bar, blank, number="PART")

    drawing = drawing_of(part)

    (skips,) = (curve for curve in drawing.curves if curve.target.layer - curve.source.layer > 1)
    (place,) = skips.by_way_of
    rows = [box.row for box in drawing.boxes if box.layer == place.layer]
    assert all(abs(row - place.row) >= 1 for row in rows)
    assert f"{place.x},{place.middle:.1f} H{place.x + 196}" in skips.path
    assert drawing.height >= place.y + 46


def test_what_has_no_origin_stands_next_to_its_first_use():
    site = make_site()
    bar = make_lot(make_item(site=site), number="BAR", supplier=make_supplier())
    blank = make_of(bar, number="BLANK")
    screw = make_lot(make_item(site=site), number="SCREW")
    part = make_of(blank, screw, number="PART")
    Lot.objects.filter(pk=screw.pk).update(supplier=None)

    drawing = drawing_of(part)

    assert layer(drawing, "PART") - layer(drawing, "SCREW") == 1


def test_serial_numbers_of_one_batch_share_a_box_that_counts_them():
    batch = make_lot(make_item(site=make_site(), tracking="serial"), 6, number="B-1")
    numbers = [f"SN-{number}" for number in range(1, 7)]
    services.serialise(batch, numbers=numbers, by=make_user(), at=MONDAY)

    drawing = drawing_of(batch)

    shared = next(box for box in drawing.boxes if len(box.members) == 6)
    assert (shared.label, shared.detail[:3]) == ("SN-1 … SN-6", "6 ×")
    assert next(curve.quantity for curve in drawing.curves if curve.target is shared).endswith("each")


def test_lots_of_different_size_that_share_a_box_tell_the_least_and_the_most():
    batch = make_lot(make_item(site=make_site()), 20, number="B-1")
    for quantity in (10, 2, 1, 3):
        services.split_lot(batch, Decimal(quantity), by=make_user(), at=MONDAY)

    drawing = drawing_of(batch)

    (shared,) = (box for box in drawing.boxes if len(box.members) == 4)
    assert [curve.quantity for curve in drawing.curves if curve.target is shared] == ["1 to 10 pcs each"]


def test_of_too_many_boxes_the_nearest_are_drawn_and_one_that_is_drawn_counts_all_it_stands_for():
    batch = make_lot(make_item(site=make_site(), tracking="serial"), 6, number="B-1")
    pieces = services.serialise(
        batch, numbers=[f"SN-{number}" for number in range(1, 7)], by=make_user(), at=MONDAY
    )
    for number, piece in enumerate(pieces[:2]):
        make_of(piece, number=f"ASSEMBLY-{number}")

    whole, cut = drawing_of(batch), draw_genealogy(graph(batch), batch, most=4)

    assert whole.left_out == 0
    assert {box.label for box in cut.boxes} == {"B-1", "SN-1", "SN-2", "SN-3 … SN-6"}
    assert cut.left_out == len(whole.boxes) - 4
    assert all(curve.target in cut.boxes for curve in cut.curves)


def test_the_lot_that_is_asked_for_keeps_a_box_of_its_own():
    batch = make_lot(make_item(site=make_site(), tracking="serial"), 6, number="B-1")
    pieces = services.serialise(
        batch, numbers=[f"SN-{number}" for number in range(1, 7)], by=make_user(), at=MONDAY
    )

    drawing = drawing_of(pieces[2])

    assert [box.label for box in drawing.boxes if box.is_own] == ["SN-3"]


def test_boxes_of_a_layer_do_not_overlap():
    site = make_site()
    parents = [make_lot(make_item(site=site), number=f"P-{number}") for number in range(5)]

    drawing = drawing_of(make_of(*parents))

    places = [(box.layer, box.row) for box in drawing.boxes]
    assert len(places) == len(set(places))


def test_a_lot_without_relations_is_one_box():
    lot = make_lot()
    drawing = draw_genealogy({"nodes": graph(lot)["nodes"], "links": []}, lot)
    assert [box.label for box in drawing.boxes if box.is_own] == [lot.number]
