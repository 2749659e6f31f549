"""Process plans: what may be approved, what is superseded, what a revision copies."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.forms import modelform_factory
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from inventory.models import Item, ItemUnit
from mes.core.refusals import InvalidInput
from production import services
from production.first_articles import due_for
from production.forms.plans import ComponentForm
from production.models import Component, ProcessPlan
from production.signed import process_plan
from quality import services as quality
from quality.models import InspectionPlan, Stage
from tests.plant import MONDAY, make_inspection_plan, make_item, make_site, make_user
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


def test_a_part_that_is_made_from_what_a_draft_makes_is_refused_where_it_is_put_in():
    site = make_site()
    bottom, top = (make_item(site=site) for _ in range(2))
    make_plan(top, components={bottom: 1})
    draft = make_plan(bottom, approved=False)
    step = draft.steps.get()
    api = APIClient()
    api.force_authenticate(make_user(is_superuser=True))

    for part, path in ((top, f"{bottom} → {top} → {bottom}"), (bottom, f"{bottom} → {bottom}")):
        body = {"plan": draft.pk, "step": step.pk, "item": part.pk, "quantity_per": "1"}
        refused = api.post("/api/v1/components/", body, format="json")
        assert (refused.status_code, refused.json()["code"]) == (409, "production.circular_bill")
        assert path in refused.json()["detail"]
        row = Component(plan=draft)
        form = modelform_factory(Component, ComponentForm, ["item"])({"item": part.pk}, instance=row)
        assert f"would be made from itself: {path}. Choose another part." in form.errors["item"][0]
    assert not draft.components.exists()


def gated(item: Item, *gates: InspectionPlan | None) -> ProcessPlan:
    """A draft with a step for each of these gates."""
    center = make_work_center(site=item.site)
    return make_plan(
        item, [{"work_center": center, "inspection_plan": gate} for gate in gates], approved=False
    )


def test_a_gate_that_could_not_be_worked_to_keeps_a_plan_from_approval():
    site = make_site()
    item, other = make_item(site=site), make_item(site=site)
    draft = make_inspection_plan(item, stage=Stage.IN_PROCESS, approved=False)
    stranger = make_inspection_plan(other, stage=Stage.IN_PROCESS)
    final = make_inspection_plan(item, stage=Stage.FINAL)

    for gate, sentence in (
        (draft, f"step 10 Step 10 asks for inspection plan {draft}, which is draft"),
        (stranger, f"step 10 Step 10 asks for inspection plan {stranger}, which is for another item"),
        (final, "step 10 Step 10 asks for a final inspection, which would release an unfinished lot"),
    ):
        plan = gated(item, gate, None)
        with pytest.raises(services.PlanIncomplete) as refusal:
            services.approve_process_plan(plan, by=make_user(), at=MONDAY)
        assert sentence in str(refusal.value)
        plan.refresh_from_db()
        assert plan.status == ProcessPlan.Status.DRAFT

    services.approve_process_plan(gated(item, None, final), by=make_user(), at=MONDAY)


def test_a_superseded_gate_stands_for_the_revision_in_force():
    item = make_item()
    former = make_inspection_plan(item, stage=Stage.IN_PROCESS)
    plan, again = gated(item, former, None), gated(item, former, None)
    revised = quality.revise_inspection_plan(former, "B", by=make_user(), at=MONDAY)
    quality.approve_inspection_plan(revised, by=make_user(), at=MONDAY)

    services.approve_process_plan(plan, by=make_user(), at=MONDAY)

    revised.move_to(InspectionPlan.Status.SUPERSEDED)
    with pytest.raises(services.PlanIncomplete, match="which is superseded"):
        services.approve_process_plan(again, by=make_user(), at=MONDAY)


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: ProcessPlan.objects.filter(pk=plan.pk).update(batch_maximum=5),
        lambda plan: plan.steps.update(run_seconds=1),
        lambda plan: plan.components.update(quantity_per=2),
        lambda plan: plan.components.all().delete(),
        lambda plan: plan.steps.create(sequence=90, name="Extra", work_center=plan.steps.get().work_center),
    ],
)
def test_the_database_keeps_a_plan_in_force_as_it_is(change):
    site = make_site()
    plan = make_plan(make_item(site=site), components={make_item(site=site): 1})

    with pytest.raises(DatabaseError, match=r"plan is in force|Cannot update"), transaction.atomic():
        change(plan)

    plan.refresh_from_db()
    assert (plan.batch_maximum, plan.steps.get().run_seconds) == (None, 60)
    assert plan.components.get().quantity_per == 1


def test_what_is_signed_of_a_plan_is_read_in_as_many_queries_however_many_steps_it_has():
    counts = []
    for steps in (1, 4):
        item = make_item()
        center = make_work_center(site=item.site)
        looks = [
            {
                "work_center": center,
                "first_piece_plan": make_inspection_plan(item, Stage.FIRST_PIECE),
                "periodic_plan": make_inspection_plan(item, Stage.PERIODIC, every_minutes=60),
            }
            for _ in range(steps)
        ]
        plan = make_plan(item, looks, approved=False)
        with CaptureQueriesContext(connection) as queries:
            told = process_plan([plan.pk])
        assert len(told[plan.pk]["steps"]) == steps
        counts.append(len(queries))

    assert counts[0] == counts[1]


def drawn_item() -> tuple[Item, ProcessPlan]:
    """A part with a routing that is inspected on the way and at the end, made of a bar, and counted in boxes too."""
    site = make_site()
    item, bar = (
        make_item(site=site, revision="A", needs_first_article=True, gtin="4006381333931"),
        make_item(site=site),
    )
    ItemUnit.objects.create(item=item, uom="XBX", quantity=12)
    between = make_inspection_plan(item, Stage.IN_PROCESS, characteristics=[{}, {}])
    make_inspection_plan(item, Stage.FINAL)
    step = {"work_center": make_work_center(site=site), "inspection_plan": between, "setup_seconds": 300}
    return item, make_plan(item, [step], {bar: "1.5"})


def test_a_new_revision_of_the_drawing_has_everything_of_the_one_before_as_drafts():
    item, plan = drawn_item()

    draft = services.revise_drawing(plan, "B", reason="Bore moved", by=make_user(), at=MONDAY)

    new = draft.item
    assert (str(new), new.needs_first_article, new.gtin) == (f"{item.number} rev B", True, "")
    assert [(each.uom, each.quantity) for each in new.other_units.all()] == [("XBX", 12)]
    drafts = {each.stage: each for each in InspectionPlan.objects.filter(item=new)}
    assert {each.status for each in drafts.values()} == {"draft"}
    assert (draft.status, draft.revision) == ("draft", "A")
    step = draft.steps.get()
    assert (step.setup_seconds, step.inspection_plan) == (300, drafts[Stage.IN_PROCESS])
    assert drafts[Stage.IN_PROCESS].characteristics.count() == 2
    assert draft.components.get().quantity_per == Decimal("1.5")
    assert (InspectionPlan.objects.effective().filter(item=item).count(), plan.status) == (2, "approved")


def test_once_its_drafts_are_approved_the_new_drawing_calls_for_a_first_article():
    item, plan = drawn_item()
    draft = services.revise_drawing(plan, "B", by=make_user(), at=MONDAY)
    with pytest.raises(services.PlanIncomplete, match="-B rev A, which is draft: approve that first"):
        services.approve_process_plan(draft, by=make_user(), at=MONDAY)
    for each in InspectionPlan.objects.filter(item=draft.item):
        quality.approve_inspection_plan(each, by=make_user(), at=MONDAY)

    services.approve_process_plan(draft, by=make_user(), at=MONDAY)

    due = due_for(draft.item, MONDAY)
    assert due is not None
    codes = sorted(InspectionPlan.objects.filter(item=draft.item).values_list("code", flat=True))
    assert codes == sorted(f"{each.code}-B" for each in InspectionPlan.objects.filter(item=item))
    following = services.revise_drawing(draft, "C", by=make_user(), at=MONDAY)
    assert {each.code[-2:] for each in InspectionPlan.objects.filter(item=following.item)} == {"-C"}
    assert "-B-C" not in " ".join(InspectionPlan.objects.values_list("code", flat=True))


@pytest.mark.parametrize(
    ("revision", "code"), [("A", services.DrawingRevisionTaken.code), (" ", InvalidInput.code)]
)
def test_a_revision_of_the_drawing_that_exists_or_has_no_name_is_refused_and_nothing_is_made(
    revision: str, code: str
):
    _, plan = drawn_item()
    before = Item.objects.count(), InspectionPlan.objects.count(), ProcessPlan.objects.count()

    with pytest.raises(InvalidInput) as refusal:
        services.revise_drawing(plan, revision, by=make_user(), at=MONDAY)

    assert (refusal.value.code, refusal.value.errors.keys()) == (code, {"revision"})
    assert (Item.objects.count(), InspectionPlan.objects.count(), ProcessPlan.objects.count()) == before
