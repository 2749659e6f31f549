"""Process plans: what may be approved, what is superseded, what a revision copies."""

from decimal import Decimal

import pytest

from inventory.models import Item
from production import services
from production.models import ProcessPlan
from tests.plant import MONDAY, make_item, make_site, make_user
from tests.shop import make_machine, make_plan, make_work_center

pytestmark = pytest.mark.django_db


def test_approving_a_plan_supersedes_the_one_in_force():
    item = make_item()
    former = make_plan(item)
    draft = services.revise_process_plan(former, "B", by=make_user(), at=MONDAY)

    services.approve_process_plan(draft, by=make_user(), at=MONDAY)

    former.refresh_from_db()
    assert former.status == ProcessPlan.Status.SUPERSEDED
    assert ProcessPlan.objects.effective().get(item=item) == draft


def test_a_revision_copies_steps_machines_and_components():
    site = make_site()
    center = make_work_center(site=site, machines=2)
    chosen = center.machines.first()
    item, bar = make_item(site=site), make_item(site=site)
    plan = make_plan(
        item, [{"work_center": center, "machines": [chosen], "setup_seconds": 300}], {bar: "1.5"}
    )

    draft = services.revise_process_plan(plan, "B", by=make_user(), at=MONDAY)

    step = draft.steps.get()
    assert (step.setup_seconds, list(step.machines.all())) == (300, [chosen])
    assert [(part.item, part.quantity_per, part.step) for part in draft.components.all()] == [
        (bar, Decimal("1.5"), step)
    ]
    assert plan.steps.count() == 1


def test_a_revision_that_exists_is_refused():
    plan = make_plan(make_item(), revision="A")

    with pytest.raises(services.RevisionTaken):
        services.revise_process_plan(plan, "A", by=make_user(), at=MONDAY)


def test_a_plan_without_steps_or_machines_is_refused_with_every_reason():
    site = make_site()
    item = make_item(site=site)
    empty = ProcessPlan.objects.create(item=item, revision="A")
    with pytest.raises(services.PlanIncomplete, match="it has no steps"):
        services.approve_process_plan(empty, by=make_user(), at=MONDAY)

    stranger = make_machine(make_work_center(site=site))
    bare = make_plan(
        item,
        [
            {"work_center": make_work_center(site=site, machines=0), "name": "Saw"},
            {"work_center": make_work_center(site=site), "name": "Turn", "machines": [stranger]},
        ],
        approved=False,
    )
    with pytest.raises(services.PlanIncomplete) as refusal:
        services.approve_process_plan(bare, by=make_user(), at=MONDAY)

    assert "step 10 Saw has no active machine" in str(refusal.value)
    assert f"step 20 Turn names {stranger}, which is not at" in str(refusal.value)
    bare.refresh_from_db()
    assert bare.status == ProcessPlan.Status.DRAFT


def test_a_bought_item_gets_no_plan():
    bought = make_item(supply=Item.Supply.BUY)
    plan = make_plan(bought, approved=False)

    with pytest.raises(services.PlanIncomplete, match="is bought, not made here"):
        services.approve_process_plan(plan, by=make_user(), at=MONDAY)


def test_an_item_cannot_be_made_from_itself_over_several_levels():
    site = make_site()
    bottom, middle, top = (make_item(site=site) for _ in range(3))
    make_plan(middle, components={bottom: 1})
    make_plan(top, components={middle: 1})
    circular = make_plan(bottom, components={top: 1}, approved=False)

    with pytest.raises(services.CircularBill) as refusal:
        services.approve_process_plan(circular, by=make_user(), at=MONDAY)

    assert f"{bottom} → {top} → {middle} → {bottom}" in str(refusal.value)
    assert not ProcessPlan.objects.effective().filter(item=bottom).exists()
