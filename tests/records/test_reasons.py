"""What is regulated changes only with a reason: in the console, on the API, and kept in the trail."""

from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from rest_framework import mixins
from rest_framework.test import APIClient

from inventory.models import Item, ItemUnit
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin, ReadOnlyInline
from mes.core.models import SignaturePolicy
from mes.core.regulated import is_told_of
from mes.core.trail import Asked, entries, tracked
from production import services as production
from production.models import Changeover, Instruction, StepInstruction
from quality import services as quality
from quality.models import InspectionPlan
from quality.services import RuleAsked
from tests.plant import (
    MONDAY,
    make_gauge,
    make_inspection_plan,
    make_item,
    make_lot,
    make_sampling,
    make_site,
    make_supplier,
    make_user,
)
from tests.shop import make_operator, make_plan, make_work_center

pytestmark = pytest.mark.django_db


def an_api() -> APIClient:
    client = APIClient()
    client.force_authenticate(make_user(is_superuser=True))
    return client


def cost_of(item: Item) -> str:
    return f"{Item.objects.get(pk=item.pk).lead_time_days}"


def test_the_api_refuses_a_change_of_a_regulated_item_without_a_reason():
    item = make_item(is_regulated=True)

    refused = an_api().patch(f"/api/v1/items/{item.pk}/", {"lead_time_days": 9}, format="json")

    assert (refused.status_code, refused.json()["code"]) == (422, "core.change_reason_missing")
    assert cost_of(item) == "7"


def test_with_a_reason_it_is_changed():
    item = make_item(is_regulated=True)

    answer = an_api().patch(
        f"/api/v1/items/{item.pk}/",
        {"lead_time_days": 9},
        format="json",
        headers={"X-Change-Reason": "New supplier"},
    )

    assert answer.status_code == 200
    assert entries(Asked(kind="inventory.item", key=item.pk))[0].why == "New supplier"


def test_any_other_item_needs_none():
    item = make_item()

    assert (
        an_api().patch(f"/api/v1/items/{item.pk}/", {"lead_time_days": 9}, format="json").status_code == 200
    )


def test_nobody_takes_the_mark_off_without_a_reason():
    item = make_item(is_regulated=True)

    refused = an_api().patch(f"/api/v1/items/{item.pk}/", {"is_regulated": False}, format="json")

    assert refused.status_code == 422
    assert Item.objects.get(pk=item.pk).is_regulated


def a_browser() -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def filled(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    """What the page's forms hold, with `changes`, as a browser sends it."""
    context = client.get(address).context
    forms = [context["adminform"].form]
    for each in context["inline_admin_formsets"]:
        forms += [each.formset.management_form, *each.formset.forms]
    sent = {bound.html_name: bound.value() for form in forms for bound in form}
    told = {name: value for name, value in sent.items() if value is not None and value is not False}
    return {name: "on" if value is True else value for name, value in told.items()} | changes


def test_the_console_asks_for_it_and_keeps_what_was_typed():
    item = make_item(is_regulated=True)
    client = a_browser()
    address = reverse("admin:inventory_item_change", args=[item.pk])
    typed = filled(client, address, lead_time_days="9")

    refused = client.post(address, typed)
    assert refused.status_code == 200
    assert "is regulated: it changes only with a reason" in refused.text
    assert 'value="9"' in refused.text
    assert cost_of(item) == "7"
    client.post(address, typed | {"change_reason": "New supplier"})

    assert cost_of(item) == "9"
    assert entries(Asked(kind="inventory.item", key=item.pk))[0].why == "New supplier"


def test_the_console_says_beside_the_field_whether_a_reason_is_needed():
    client = a_browser()
    pages = [
        client.get(reverse("admin:inventory_item_change", args=[make_item(is_regulated=regulated).pk])).text
        for regulated in (True, None)
    ]

    assert ["needed: it is regulated" in page for page in pages] == [True, False]


def test_what_stands_below_a_regulated_item_is_part_of_it():
    item = make_item(is_regulated=True)
    client = a_browser()
    address = reverse("admin:inventory_item_change", args=[item.pk])
    box = {
        "other_units-TOTAL_FORMS": "1",
        "other_units-0-uom": "XBX",
        "other_units-0-quantity": "12",
        "other_units-0-item": item.pk,
    }
    typed = filled(client, address, **box)

    refused = client.post(address, typed)
    assert "is regulated: it changes only with a reason" in refused.text
    assert not ItemUnit.objects.exists()
    client.post(address, typed | {"change_reason": "Sold in boxes"})

    (unit,) = ItemUnit.objects.all()
    assert entries(Asked(kind="inventory.itemunit", key=unit.pk))[0].why == "Sold in boxes"


def test_the_api_adds_changes_and_deletes_what_is_part_of_a_regulated_item_only_with_a_reason():
    item, api = make_item(is_regulated=True), an_api()
    box = {"item": item.pk, "uom": "XBX", "quantity": "12"}
    why = {"X-Change-Reason": "Sold in boxes"}

    assert api.post("/api/v1/item-units/", box, format="json").json()["code"] == "core.change_reason_missing"
    made = api.post("/api/v1/item-units/", box, format="json", headers=why)
    assert made.status_code == 201, made.content
    address = f"/api/v1/item-units/{made.json()['id']}/"
    assert api.patch(address, {"quantity": "10"}, format="json").status_code == 422
    assert api.delete(address).status_code == 422
    assert ItemUnit.objects.get().quantity == 12
    assert api.delete(address, headers=why).status_code == 204


def test_a_regulated_item_is_deleted_with_a_reason_alone_also_among_several():
    one, two, free = make_item(is_regulated=True), make_item(is_regulated=True), make_item()
    client = a_browser()
    page = reverse("admin:inventory_item_delete", args=[one.pk])
    several = {"action": "delete_selected", "post": "yes", "_selected_action": [two.pk, free.pk]}
    list_page = reverse("admin:inventory_item_changelist")

    assert 'name="change_reason"' in client.get(page).text
    client.post(page, {"post": "yes"})
    client.post(list_page, several)
    assert Item.objects.filter(pk__in=[one.pk, two.pk, free.pk]).count() == 3
    client.post(page, {"post": "yes", "change_reason": "Entered twice"})
    client.post(list_page, several | {"change_reason": "Entered twice"})

    assert not Item.objects.filter(pk__in=[one.pk, two.pk, free.pk]).exists()
    assert entries(Asked(kind="inventory.item", key=two.pk))[0].why == "Entered twice"


@pytest.mark.parametrize("by_its_site", [False, True])
def test_what_an_item_says_or_its_site_says_binds_alike(by_its_site: bool):
    site = make_site(is_regulated=by_its_site)
    item = make_item(site=site, is_regulated=None if by_its_site else True)

    refused = an_api().patch(f"/api/v1/items/{item.pk}/", {"lead_time_days": 9}, format="json")

    assert refused.json()["code"] == "core.change_reason_missing"


def test_the_mark_of_a_site_goes_only_with_a_reason_and_stays_in_its_history():
    site, api = make_site(is_regulated=True), an_api()
    address = f"/api/v1/sites/{site.pk}/"

    assert api.patch(address, {"is_regulated": False}, format="json").status_code == 422
    answer = api.patch(
        address, {"is_regulated": False}, format="json", headers={"X-Change-Reason": "Licence handed back"}
    )

    assert answer.status_code == 200
    (entry,) = [each for each in entries(Asked(kind="inventory.site", key=site.pk)) if each.what == "Changed"]
    assert (entry.why, [(each.old, each.new) for each in entry.changes]) == (
        "Licence handed back",
        [("yes", "no")],
    )


def test_the_api_tells_and_finds_what_is_regulated_by_its_site():
    site = make_site(is_regulated=True)
    bound, exempt = make_item(site=site), make_item(site=site, is_regulated=False)
    api = an_api()

    shown = api.get(f"/api/v1/items/{bound.pk}/").json()
    found = api.get("/api/v1/items/", {"is_under_rules": "true", "site": str(site.pk)}).json()["results"]

    assert (shown["is_regulated"], shown["is_under_rules"]) == (None, True)
    assert [each["id"] for each in found] == [bound.pk]
    assert not exempt.is_under_rules


def test_the_console_offers_an_item_to_be_as_its_site_is():
    site = make_site(is_regulated=True)
    item = make_item(site=site, is_regulated=False)
    client = a_browser()
    address = reverse("admin:inventory_item_change", args=[item.pk])

    page = client.get(address).text
    client.post(address, filled(client, address, is_regulated="unknown"))

    assert "As its site" in page
    assert Item.objects.get(pk=item.pk).is_under_rules


def changed_by(address: str, **values: Any) -> tuple[Any, Any]:
    """The answers to the same change without and with a reason."""
    api = an_api()
    without = api.patch(address, values, format="json")
    return without, api.patch(address, values, format="json", headers={"X-Change-Reason": "Audit finding 7"})


def test_a_sampling_scheme_asks_why_once_a_regulated_item_is_inspected_by_it():
    used, free = make_sampling(5), make_sampling(5)
    make_inspection_plan(make_item(is_regulated=True), sampling=used, approved=False)
    assert changed_by(f"/api/v1/sampling-schemes/{used.pk}/", size="6")[0].status_code == 200, "a draft"
    InspectionPlan.objects.update(status="approved")

    without, reasoned = changed_by(f"/api/v1/sampling-schemes/{used.pk}/", size="8")

    assert (without.status_code, reasoned.status_code) == (422, 200)
    assert changed_by(f"/api/v1/sampling-schemes/{free.pk}/", size="8")[0].status_code == 200


def test_a_gauge_asks_why_where_anything_is_made_under_the_rules():
    item = make_item(is_regulated=True)
    gauge, elsewhere = make_gauge(site=item.site), make_gauge()

    without, reasoned = changed_by(f"/api/v1/gauges/{gauge.pk}/", interval_days=180)

    assert (without.status_code, reasoned.status_code) == (422, 200)
    assert changed_by(f"/api/v1/gauges/{elsewhere.pk}/", interval_days=180)[0].status_code == 200


def test_a_supplier_of_something_regulated_asks_why():
    supplier = make_supplier()
    make_item(is_regulated=True, supplier=supplier)

    without, reasoned = changed_by(f"/api/v1/suppliers/{supplier.pk}/", is_approved=False)

    assert (without.status_code, reasoned.status_code) == (422, 200)


def test_cleaning_between_products_and_qualifications_ask_why_where_the_rules_bind():
    item = make_item(is_regulated=True)
    center, operator = make_work_center(site=item.site), make_operator(item.site, "NDT")
    changeover = Changeover.objects.create(work_center=center, from_family="A", to_family="B", seconds=600)
    qualification = operator.qualifications.get()

    for address, values in (
        (f"/api/v1/changeovers/{changeover.pk}/", {"seconds": 60}),
        (f"/api/v1/qualifications/{qualification.pk}/", {"expires_on": "2027-01-01"}),
    ):
        without, reasoned = changed_by(address, **values)
        assert (without.status_code, reasoned.status_code) == (422, 200), address


def test_a_signature_rule_changes_only_with_a_reason():
    rule = SignaturePolicy.objects.earliest("pk")
    client = a_browser()
    address = reverse("admin:core_signaturepolicy_change", args=[rule.pk])
    typed = filled(client, address, count="2")

    assert "changes only with a reason" in client.post(address, typed).text
    assert SignaturePolicy.objects.get(pk=rule.pk).count == 1
    client.post(address, typed | {"change_reason": "Two approvals from now on"})

    assert SignaturePolicy.objects.get(pk=rule.pk).count == 2


def test_the_title_of_an_instruction_asks_why_once_a_regulated_step_is_worked_to_it():
    version = production.write_instruction("WI-7", "Deburring", text="By hand.", by=make_user(), at=MONDAY)
    plan = make_plan(make_item(), approved=False)
    StepInstruction.objects.create(plan=plan, step=plan.steps.get(), instruction=version.instruction)
    client = a_browser()
    address = reverse("admin:production_instruction_change", args=[version.instruction_id])

    client.post(address, filled(client, address, title="Deburring by hand"))
    Item.objects.update(is_regulated=True)
    refused = client.post(address, filled(client, address, title="Breaking edges"))

    assert "changes only with a reason" in refused.text
    assert Instruction.objects.get().title == "Deburring by hand"


def test_a_control_chart_and_its_rules_ask_why_where_what_is_measured_is_regulated():
    plan = make_inspection_plan(make_item())
    chart = quality.set_up_chart(
        plan.characteristics.get(), "i_mr", rules=[RuleAsked(1)], by=make_user(), at=MONDAY
    )
    Item.objects.update(is_regulated=True)
    client = a_browser()
    address = reverse("admin:quality_controlchart_change", args=[chart.pk])

    renamed = client.post(address, filled(client, address, name="Bore"))
    loosened = client.post(address, filled(client, address, **{"rules-0-DELETE": "on"}))

    for refused in (renamed, loosened):
        assert "changes only with a reason" in refused.text
    chart.refresh_from_db()
    assert (chart.name == "Bore", chart.rules.count()) == (False, 1)


def test_what_is_known_of_a_regulated_lot_changes_only_with_a_reason():
    lot = make_lot(make_item(is_regulated=True))
    client = a_browser()
    address = reverse("admin:inventory_lot_change", args=[lot.pk])
    typed = filled(client, address, supplier_lot="H-4712")

    assert "changes only with a reason" in client.post(address, typed).text
    client.post(address, typed | {"change_reason": "Letter of the mill"})

    assert entries(Asked(kind="inventory.lot", key=lot.pk))[0].why == "Letter of the mill"


def test_a_plan_of_a_regulated_item_is_revised_with_a_reason_that_its_history_keeps():
    item, api = make_item(is_regulated=True), an_api()
    Item.objects.filter(pk=item.pk).update(is_regulated=False)
    plans = [make_plan(item), make_inspection_plan(item)]
    Item.objects.filter(pk=item.pk).update(is_regulated=True)
    for plan, prefix in zip(plans, ("process-plans", "inspection-plans"), strict=True):
        address = f"/api/v1/{prefix}/{plan.pk}/revise/"

        refused = api.post(address, {"revision": "NEXT"}, format="json")
        made = api.post(address, {"revision": "NEXT", "reason": "Tighter bore"}, format="json")
        by_header = api.post(
            address, {"revision": "THIRD"}, format="json", headers={"X-Change-Reason": "Softer edge"}
        )

        assert refused.json()["code"] == "core.change_reason_missing"
        assert refused.json()["errors"][0]["pointer"] == "#/reason"
        kind = f"{plan._meta.app_label}.{plan._meta.model_name}"
        whys = [entries(Asked(kind=kind, key=each.json()["id"]))[-1].why for each in (made, by_header)]
        assert whys == ["Tighter bore", "Softer edge"]


def test_a_reason_for_a_revision_is_kept_where_nobody_asked_over_http():
    plan = make_plan(make_item())

    draft = production.revise_process_plan(plan, "NEXT", reason="Tighter bore", by=make_user(), at=MONDAY)

    assert entries(Asked(kind="production.processplan", key=draft.pk))[-1].why == "Tighter bore"


# Tables that people edit in the console or by the API, of which no rule asks why: what they say binds no product.
FREE = {
    "inventory.location": "places; what is there is in the ledger",
    "inventory.expectedreceipt": "purchases, changed by services",
    "production.workcenter": "capacity and cost; what a step may run on is in its plan",
    "production.machine": "capacity; what a step may run on is in its plan",
    "production.shift": "working time",
    "production.calendarexception": "working time",
    "production.tool": "capacity; what a step needs is in its plan",
    "production.toolabsence": "capacity",
    "production.schedulingrules": "planning",
    "production.operator": "whose badge it is; what somebody may do is in the qualifications",
    "production.productionorder": "planning; changed by services",
    "quality.correctiveaction": "drawn up and decided by services that ask for words of their own",
    "orders.customer": "whom we sell to",
    "orders.customorder": "a draft is written freely; what is confirmed is amended, with a reason",
    "orders.orderline": "as its order",
    "core.user": "people; their roles are in the trail and in the report of access rights",
    "auth.group": "as people",
}


def edited_by_people() -> set[type[Model]]:
    """Whatever has a form in the console or is plainly written by the API."""
    found: set[type[Model]] = set()
    for model, page in admin.site._registry.items():
        if isinstance(page, ConsoleAdmin) and not isinstance(page, ReadOnlyAdmin):
            found.add(model)
            found |= {inline.model for inline in page.inlines if not issubclass(inline, ReadOnlyInline)}
    for viewset in (each for app in settings.INSTALLED_APPS for each in viewsets_of(app)):
        if issubclass(viewset, mixins.UpdateModelMixin):
            found.add(viewset.queryset.model)
    return found


def viewsets_of(app: str) -> list[Any]:
    try:
        return list(import_module(f"{app}.api").VIEWSETS.values())
    except (ImportError, AttributeError):
        return []


def test_of_every_table_that_people_edit_it_is_said_whether_a_change_needs_a_reason():
    tables = {model._meta.label_lower: model for model in edited_by_people()}
    # Numbers of forecasting are expectations, not records; they keep who said what and why by themselves.
    tables = {kind: model for kind, model in tables.items() if not kind.startswith("forecasting.")}

    told = {kind for kind, model in tables.items() if is_told_of(model)}

    assert {kind for kind in tables if kind not in told and kind not in FREE} == set()
    assert told & FREE.keys() == set()
    assert FREE.keys() - tables.keys() == set()
    assert {
        "inventory.item",
        "production.processplan",
        "production.step",
        "quality.characteristic",
        "quality.samplingscheme",
        "quality.gauge",
        "production.instruction",
        "production.instructionversion",
    } <= told


def test_everything_whose_changes_need_a_reason_has_a_history():
    told = [model for model in edited_by_people() if is_told_of(model)]

    assert {model._meta.label_lower for model in told} - tracked().keys() == set()
