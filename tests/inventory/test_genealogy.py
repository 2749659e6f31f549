"""Where lots came from and what became of them."""

from decimal import Decimal

import pytest

from inventory import services
from inventory.genealogy import graph, trace_down, trace_up
from inventory.models import Lot, Transformation
from tests import plant

pytestmark = pytest.mark.django_db


def make_from(*parents, quantity=1, status=Lot.Status.RELEASED, site=None):
    """A lot made of one unit of each parent."""
    user = plant.make_user()
    item = plant.make_item(site=site or parents[0].item.site)
    act = services.begin_transformation(
        Transformation.Kind.PRODUCTION, reference=plant.next_name("B"), by=user, at=plant.MONDAY
    )
    for parent in parents:
        services.issue(parent, Decimal(1), transformation=act, by=user, at=plant.MONDAY)
    lot = services.create_lot(item, number=None, status=status, at=plant.MONDAY)
    services.output(lot, Decimal(quantity), transformation=act, by=user, at=plant.MONDAY)
    return lot


def pairs(links):
    return [(link.parent, link.child, link.depth) for link in links]


def test_a_part_is_traced_to_every_heat_it_contains_and_a_heat_to_every_part():
    site = plant.make_site()
    heat, other_heat = (plant.make_lot(plant.make_item(site=site)) for _ in range(2))
    blank = make_from(heat)
    part = make_from(blank, other_heat)

    assert set(pairs(trace_up(part))) == {
        (other_heat.pk, part.pk, 1),
        (blank.pk, part.pk, 1),
        (heat.pk, blank.pk, 2),
    }
    assert pairs(trace_down(heat)) == [(heat.pk, blank.pk, 1), (blank.pk, part.pk, 2)]
    assert trace_up(heat) == []
    assert trace_down(part) == []


def test_what_else_was_made_of_the_same_material_is_no_ancestor():
    heat = plant.make_lot()
    part, sister = make_from(heat), make_from(heat)

    assert pairs(trace_up(part)) == [(heat.pk, part.pk, 1)]
    assert {link.child for link in trace_down(heat)} == {part.pk, sister.pk}


def test_a_lot_reached_in_two_ways_is_told_once_for_each_link():
    heat = plant.make_lot()
    left, right = make_from(heat), make_from(heat)
    part = make_from(left, right)

    assert set(pairs(trace_down(heat))) == {
        (heat.pk, left.pk, 1),
        (heat.pk, right.pk, 1),
        (left.pk, part.pk, 2),
        (right.pk, part.pk, 2),
    }


def test_a_reversed_consumption_is_no_ancestor():
    right, wrong = plant.make_lot(), plant.make_lot()
    part = make_from(right, wrong)
    user = plant.make_user()

    services.reverse(wrong.moves.get(transformation__isnull=False), "Wrong bar", by=user, at=plant.MONDAY)

    assert pairs(trace_up(part)) == [(right.pk, part.pk, 1)]
    assert trace_down(wrong) == []


def test_a_lot_reworked_into_itself_does_not_trace_for_ever():
    heat = plant.make_lot()
    part = make_from(heat)
    user = plant.make_user()
    act = services.begin_transformation(Transformation.Kind.REWORK, by=user, at=plant.MONDAY)
    services.issue(part, Decimal(1), transformation=act, by=user, at=plant.MONDAY)
    services.output(part, Decimal(1), transformation=act, by=user, at=plant.MONDAY)

    assert pairs(trace_up(part)) == [(heat.pk, part.pk, 1)]


def test_serial_numbers_descend_from_the_lot_they_were():
    heat = plant.make_lot()
    lot = make_from(heat, quantity=3)

    serials = services.serialise(lot, by=plant.make_user(), at=plant.MONDAY)

    assert pairs(trace_up(serials[1])) == [(lot.pk, serials[1].pk, 1), (heat.pk, lot.pk, 2)]
    assert trace_up(serials[1])[0].quantity == 3
    assert {link["quantity"] for link in graph(lot)["links"] if link["source"] == f"lot-{lot.pk}"} == {"1"}


def test_a_trace_is_one_query(django_assert_num_queries):
    lot = plant.make_lot(quantity=50)
    for _ in range(4):
        lot = make_from(lot, quantity=50)

    with django_assert_num_queries(1):
        assert max(link.depth for link in trace_up(lot)) == 4


def test_the_graph_reaches_from_the_supplier_to_the_shipment(django_assert_num_queries):
    supplier = plant.make_supplier(name="Titanium Mills")
    heat = plant.make_lot(supplier=supplier, number="H-9")
    part = make_from(heat)
    services.ship(part, Decimal(1), reference="SH-1", by=plant.make_user(), at=plant.MONDAY)

    with django_assert_num_queries(7):
        drawn = graph(heat)

    labels = {node["id"]: node["label"] for node in drawn["nodes"]}
    assert {(labels[link["source"]], labels[link["target"]]) for link in drawn["links"]} == {
        ("Titanium Mills", "H-9"),
        ("H-9", part.number),
        (part.number, "SH-1"),
    }
    assert {node["label"]: node["depth"] for node in drawn["nodes"]} == {
        "Titanium Mills": -1,
        "H-9": 0,
        part.number: 1,
        "SH-1": 2,
    }


def test_pieces_of_a_lot_with_the_longest_number_get_numbers_that_fit():
    lot = plant.make_lot(quantity=2, number="N" * 60)

    pieces = services.serialise(lot, by=plant.make_user(), at=plant.MONDAY)

    assert [piece.number for piece in pieces] == [f"{'N' * 54}-001", f"{'N' * 54}-002"]
