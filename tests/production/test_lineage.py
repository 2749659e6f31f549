"""What lots are made of, and which numbers they bore before, as evidence and certificates ask for it."""

from decimal import Decimal

import pytest

from inventory import services
from inventory.models import Lot, Transformation
from inventory.renumbering import numbered_before, roots_of
from production.lineage import ingredients_of
from tests import plant

pytestmark = pytest.mark.django_db


def acting():
    return {"by": plant.make_user(), "at": plant.MONDAY}


def make_from(*parents: Lot) -> Lot:
    """A lot made of one unit of each parent."""
    act = services.begin_transformation(Transformation.Kind.PRODUCTION, reference="B-1", **acting())
    for parent in parents:
        services.issue(parent, Decimal(1), transformation=act, **acting())
    lot = services.create_lot(
        plant.make_item(site=parents[0].item.site), number=None, status=Lot.Status.RELEASED, at=plant.MONDAY
    )
    services.output(lot, Decimal(1), transformation=act, **acting())
    return lot


def test_material_that_was_put_back_is_not_in_the_lot():
    site = plant.make_site()
    right, wrong = (plant.make_lot(plant.make_item(site=site)) for _ in range(2))
    part = make_from(right, wrong)

    services.reverse(wrong.moves.get(kind="issue"), "Wrong bar", **acting())

    assert ingredients_of([part.pk]) == {part.pk: {part.pk, right.pk}}


def test_a_part_of_a_lot_goes_back_to_it_until_the_split_is_undone():
    lot = plant.make_lot()
    part = services.split_lot(lot, Decimal(4), **acting())
    assert roots_of([part.pk]) == {part.pk: {lot.pk}}

    services.reverse(part.moves.get(kind="output"), "Wrong lot", **acting())

    assert roots_of([part.pk]) == {part.pk: {part.pk}}
    assert numbered_before(part.pk) == {part.pk}
