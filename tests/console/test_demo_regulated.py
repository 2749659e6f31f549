"""The demo's regulated work, on the least that its plants must hold for it."""

from io import StringIO

import pytest
from pghistory.models import Context

from inventory.models import Lot
from inventory.services import serialise
from mes.console.demo import regulated
from mes.console.demo.people import ensure_people
from mes.core import signing
from mes.core.models import Meaning, SignaturePolicy
from mes.core.roles import ensure_roles
from mes.core.states import is_draft
from mes.papers.models import Paper
from production import services as production
from production.models import Batch, InstructionVersion, ProcessPlan
from production.review import oddities
from quality.models import Recall
from tests import plant
from tests.orders.desk import settle
from tests.recalls.case import finish
from tests.shop import make_operator, make_plan, make_work_center, operations_of, plan_order

RULES = [
    ("production.processplan", Meaning.APPROVE, True),
    ("inventory.lot", Meaning.RELEASE, True),
    ("quality.nonconformance", Meaning.DISPOSITION, False),
    ("papers.paper", Meaning.RELEASE, False),
    ("papers.paper", Meaning.VERIFY, False),
    ("production.batch", Meaning.REVIEW, True),
]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _people():
    ensure_roles()
    ensure_people()
    for kind, meaning, strict in RULES:
        SignaturePolicy.objects.update_or_create(
            kind=kind, meaning=meaning, defaults={"demand": "regulated", "not_the_author": strict}
        )


def make_pins():
    """The pin cut from bar, two batches of it done."""
    mill = plant.make_supplier(name="Keldholm")
    site = plant.make_site(address="Northgate")
    bar = plant.make_item(regulated.BAR, site=site, supply="buy", supplier=mill)
    plant.make_inspection_plan(
        bar,
        "receiving",
        characteristics=[
            {"name": "Diameter", "nominal": 20, "lower_limit": 19.9, "upper_limit": 20.1},
            {"name": "Papers"},
        ],
        sampling=plant.make_sampling(2),
    )
    pin = plant.make_item(regulated.PIN, site=site, strategy="mto", needs_first_article=True)
    make_plan(
        pin,
        [
            {
                "work_center": make_work_center(site=site),
                "name": "Penetrant",
                "required_qualification": "NDT-PT-II",
            }
        ],
        {bar: 1},
        revision="A",
    )
    plant.make_lot(bar, 20, supplier=mill, attributes={"certificate": "3.1-0815", "heat": "H-1"})
    plant.make_inspection_plan(pin)
    holder = make_operator(site, "NDT-PT-II").user
    for _ in range(2):
        order = plan_order(pin, 4)
        operation = operations_of(order)[0]
        production.start_operation(
            operation, machine=operation.step.work_center.machines.get(), by=holder, at=plant.MONDAY
        )
        finish(operation, 4)
        settle(order)
    return pin


def test_a_plant_without_the_pin_is_left_alone():
    assert not regulated.regulation_is_missing()


def test_a_version_that_somebody_drafts_afterwards_is_theirs_to_approve():
    make_pins()
    regulated.regulate(StringIO())
    version = InstructionVersion.objects.get(instruction__number=regulated.INSTRUCTION)
    draft = production.revise_instruction(
        version, revision="Q", change="Dwell of 25 minutes", by=plant.make_user(), at=plant.MONDAY
    )

    assert not regulated.regulation_is_missing()
    regulated.regulate(StringIO())

    draft.refresh_from_db()
    assert is_draft(draft)


def test_what_people_do_under_the_rules_is_there_to_be_seen_and_is_done_once():
    pin = make_pins()
    assert regulated.regulation_is_missing()

    regulated.regulate(StringIO())

    pin.refresh_from_db()
    assert pin.is_regulated
    corrected, released, waiting = Lot.objects.filter(supplier_lot__startswith="H88").order_by("pk")
    assert [lot.status for lot in (corrected, released, waiting)] == ["released", "released", "quarantine"]
    (void,), (valid,) = signing.signatures_of(corrected), signing.signatures_of(released)
    assert (void.is_void, void.changed, valid.is_void) == (True, ("attributes",), False)
    reviewed, unreviewed = Batch.objects.order_by("finished_at", "pk")
    (review,) = signing.signatures_of(reviewed)
    assert (review.signature.meaning, review.is_void) == (Meaning.REVIEW, False)
    assert signing.signatures_of(unreviewed) == []
    assert [each.kind for each in oddities(unreviewed)] == ["Nonconformance"]
    assert set(Paper.objects.values_list("kind", flat=True)) == {"batch_record", "first_article"}
    assert [recall.is_mock for recall in Recall.objects.order_by("pk")] == [True, True]
    assert Recall.objects.filter(status="closed", balanced_at__isnull=False).count() == 1
    assert InstructionVersion.objects.get().status == "approved"
    assert ProcessPlan.objects.effective().get(item=pin).revision == regulated.REVISION
    assert Context.objects.filter(metadata__reason="The mill sent a corrected certificate").count() == 1
    assert not regulated.regulation_is_missing()


def test_what_is_found_on_pins_that_have_serial_numbers_by_now_is_found_on_one_of_them():
    make_pins()
    first, *_ = Batch.objects.order_by("finished_at", "pk")
    assert first.lot_id is not None
    lot = Lot.objects.select_related("item__site").get(pk=first.lot_id)
    serialise(lot, by=plant.make_user(), at=plant.MONDAY)

    regulated.regulate(StringIO())

    assert not regulated.regulation_is_missing()
    assert [each.kind for each in oddities(first)] == ["Nonconformance"]
