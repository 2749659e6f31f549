"""No lot without its origin, no stock over an edge that its kind does not name, no lot made of itself."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from inventory import services
from inventory.genealogy import downstream, trace_down, trace_up, upstream
from inventory.models import Location, Lot, Move, Transformation
from tests import plant
from tests.inventory.test_genealogy import make_from

pytestmark = pytest.mark.django_db


def who():
    return {"by": plant.make_user(), "at": plant.MONDAY}


def place(lot, kind):
    return Location.objects.get(site=lot.item.site, kind=kind)


def write_move(lot, source, destination, kind, quantity=1, **fields):
    """Past every service, as a script with database access might."""
    return Move.objects.create(
        lot=lot,
        quantity=Decimal(quantity),
        source=place(lot, source),
        destination=place(lot, destination),
        kind=kind,
        **who(),
        **fields,
    )


def refused(act, sentence):
    with pytest.raises(ProgrammingError, match=sentence), transaction.atomic():
        act()


def test_a_lot_that_came_from_nowhere_does_not_outlive_its_transaction():
    item = plant.make_item()

    def appear():
        services.create_lot(item, number="GHOST", status=Lot.Status.RELEASED, at=plant.MONDAY)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    refused(appear, "GHOST of item .* was neither received nor made")
    assert not item.lots.exists()


def test_the_lot_of_a_batch_may_wait_for_its_output():
    services.create_lot(plant.make_item(), number=None, status=Lot.Status.IN_PROCESS, at=plant.MONDAY)

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("kind", "source", "destination"),
    [
        ("receipt", "production", "storage"),
        ("receipt", "customer", "storage"),
        ("transfer", "supplier", "storage"),
        ("transfer", "storage", "customer"),
        ("adjustment", "supplier", "storage"),
        ("scrap", "storage", "adjustment"),
        ("shipment", "storage", "supplier"),
    ],
)
def test_stock_crosses_the_edges_only_as_its_kind_says(kind, source, destination):
    lot = plant.make_lot()
    before = services.on_hand(lot)

    refused(lambda: write_move(lot, source, destination, kind), f"a {kind} does not go from {source}|to")
    assert services.on_hand(lot) == before


def test_what_is_made_or_used_belongs_to_a_transformation():
    lot = plant.make_lot()

    with pytest.raises(IntegrityError, match="belongs_to_a_transformation"), transaction.atomic():
        write_move(lot, "production", "storage", "output")


def test_a_lot_begins_by_what_brought_it():
    lot = services.create_lot(plant.make_item(), number=None, status=Lot.Status.IN_PROCESS, at=plant.MONDAY)

    refused(
        lambda: write_move(lot, "customer", "storage", "return"), "more comes back|a lot begins by a receipt"
    )
    services.adjust(lot, place(lot, "storage"), Decimal(5), "Opening count", **who())
    assert services.on_hand(lot) == 5


def test_a_reversal_mirrors_the_move_that_it_reverses():
    lot = plant.make_lot(quantity=10)
    receipt = lot.moves.get()

    refused(
        lambda: write_move(lot, "receiving", "supplier", "receipt", 3, reverses=receipt),
        "a reversal is the opposite",
    )
    assert services.on_hand(lot) == 10


def test_a_serial_number_is_one_piece():
    lot = plant.make_lot(plant.make_item(tracking="serial"), 2)
    serial, _ = services.serialise(lot, **who())
    storage = place(lot, "storage")

    with pytest.raises(services.SerialIsOnePiece) as refusal:
        services.adjust(serial, storage, Decimal(1), "Found another", **who())

    assert refusal.value.code == "inventory.serial_is_one_piece"
    refused(lambda: write_move(serial, "adjustment", "storage", "adjustment", reason="x"), "one piece")
    assert services.on_hand(serial) == 1


def test_a_lot_is_not_made_of_what_it_went_into():
    heat = plant.make_lot()
    blank = make_from(heat)
    part = make_from(blank)
    act = services.begin_transformation(Transformation.Kind.PRODUCTION, reference="B-9", **who())
    services.issue(part, Decimal(1), transformation=act, **who())

    with pytest.raises(services.CircularGenealogy, match=rf"makes lot {heat.number}"):
        services.output(heat, Decimal(1), transformation=act, **who())

    refused(
        lambda: write_move(heat, "production", "storage", "output", transformation=act),
        "circular genealogy",
    )
    assert trace_up(heat) == []


def test_a_lot_is_not_reworked_with_what_was_made_of_it():
    heat = plant.make_lot()
    part = make_from(heat)
    act = services.begin_transformation(Transformation.Kind.REWORK, reference="RW-1", **who())
    services.issue(heat, Decimal(1), transformation=act, **who())
    services.issue(part, Decimal(1), transformation=act, **who())

    with pytest.raises(services.CircularGenealogy, match=rf"makes lot {heat.number}"):
        services.output(heat, Decimal(1), transformation=act, **who())

    assert trace_up(heat) == []


def test_a_batch_does_not_consume_the_lot_that_it_makes():
    heat = plant.make_lot()
    act = services.begin_transformation(Transformation.Kind.PRODUCTION, reference="B-9", lot=heat, **who())

    with pytest.raises(services.CircularGenealogy):
        services.issue(heat, Decimal(1), transformation=act, **who())

    refused(
        lambda: write_move(heat, "receiving", "production", "issue", transformation=act), "made of itself"
    )
    assert services.on_hand(heat) == 10


def test_a_lot_consumed_by_a_running_batch_leads_to_what_that_makes():
    heat = plant.make_lot()
    lot = services.create_lot(plant.make_item(), number=None, status=Lot.Status.IN_PROCESS, at=plant.MONDAY)
    act = services.begin_transformation(Transformation.Kind.PRODUCTION, lot=lot, **who())
    services.issue(heat, Decimal(4), transformation=act, **who())

    (link,) = trace_down(heat)

    assert (link.parent, link.child, link.quantity, link.made) == (heat.pk, lot.pk, 4, 0)
    assert downstream([heat.pk]) == sorted([heat.pk, lot.pk])
    assert upstream([lot.pk]) == sorted([heat.pk, lot.pk])


def test_many_lots_are_followed_in_one_query(django_assert_num_queries):
    heats = [plant.make_lot() for _ in range(3)]
    parts = [make_from(heat) for heat in heats]

    with django_assert_num_queries(1):
        found = downstream([heat.pk for heat in heats[:2]])

    assert found == sorted(lot.pk for lot in [*heats[:2], *parts[:2]])


def test_a_split_keeps_the_code_that_the_world_knows_the_lot_by_and_a_mixture_gets_its_own():
    supplier = plant.make_supplier()
    item = plant.make_item()
    first, second = (
        services.receive(
            item, Decimal(10), supplier=supplier, supplier_lot=code, status=Lot.Status.RELEASED, **who()
        )
        for code in ("S-1", "S-2")
    )
    part = services.split_lot(first, Decimal(4), **who())
    made = make_from(first)
    piece = make_from(first, quantity=2)
    half = services.split_lot(piece, Decimal(1), **who())

    assert (part.code, part.code_source) == ("S-1", supplier)
    assert (made.code, made.code_source) == (made.number, made.item.site)
    assert (half.code, half.code_source) == (piece.number, piece.item.site)
    mixed = services.merge_lots([part, second], **who())
    assert (mixed.code, mixed.supplier_lot) == (mixed.number, "")
    assert mixed.code_source == item.site


def test_a_shipment_is_not_undone_past_every_service_once_it_came_back():
    lot = plant.make_lot(quantity=10)
    services.ship(lot, Decimal(6), reference="SH-1", **who())
    left = Move.objects.get(kind="shipment")
    services.take_back(lot, Decimal(1), reason="Dented", **who())

    refused(
        lambda: Move.objects.create(
            lot=lot,
            quantity=left.quantity,
            source=left.destination,
            destination=left.source,
            kind="shipment",
            reverses=left,
            **who(),
        ),
        "more comes back from customers than was shipped",
    )

    assert lot.balances.get(location__kind="customer").quantity == 5
