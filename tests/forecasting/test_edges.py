"""The same services by API and console: a planner decides, an operator only looks, pages cost few queries."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from forecasting.models import DemandHistory, Override, Replenishment
from inventory.models import ExpectedReceipt
from mes.core.models import User
from mes.core.roles import ensure_roles
from tests.forecasting.stock import make_stocked_item, plan_stock, proposals_of
from tests.plant import make_item, make_site, make_user

pytestmark = pytest.mark.django_db


def as_role(role: str) -> APIClient:
    ensure_roles()
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def proposal():
    item = make_stocked_item(days=60)
    plan_stock()
    return proposals_of(item)[0]


def test_a_planner_firms_a_proposal_by_api(proposal):
    answer = as_role("planner").post(f"/api/v1/replenishments/{proposal.pk}/firm/", {"quantity": "250"})

    assert answer.status_code == 200, answer.json()
    assert answer.json()["status"] == "firm"
    assert ExpectedReceipt.objects.get(pk=answer.json()["expected_receipt"]).quantity == 250


def test_an_operator_reads_proposals_and_may_not_firm_them(proposal):
    client = as_role("operator")

    assert client.get("/api/v1/replenishments/?status=proposed").json()["count"] == len(
        Replenishment.objects.proposed()
    )
    assert client.post(f"/api/v1/replenishments/{proposal.pk}/firm/").status_code == 403
    proposal.refresh_from_db()
    assert proposal.status == Replenishment.Status.PROPOSED


def test_a_refusal_reaches_the_client_as_a_problem(proposal):
    client = as_role("planner")
    client.post(f"/api/v1/replenishments/{proposal.pk}/dismiss/", {"reason": "Enough"})

    answer = client.post(f"/api/v1/replenishments/{proposal.pk}/firm/")

    assert answer.status_code == 409
    assert answer.json()["code"] == "illegal_transition"


def test_demand_is_imported_by_api_and_unknown_items_are_named():
    item = make_item("soap-500")
    client = as_role("integrator")
    point = {"item_number": "soap-500", "date": "2026-02-27", "quantity": "12"}

    answer = client.post("/api/v1/demand-history/", {"points": [point]}, format="json")
    assert (answer.status_code, answer.json()) == (201, {"days": 1})
    assert DemandHistory.objects.get(item=item).quantity == 12

    wrong = client.post(
        "/api/v1/demand-history/", {"points": [point, point | {"item_number": "sope"}]}, format="json"
    )
    assert wrong.status_code in {400, 422}
    assert "No such item: sope." in str(wrong.json())
    assert DemandHistory.objects.count() == 1


def test_a_run_is_begun_by_api_and_carried_out_by_a_worker(django_capture_on_commit_callbacks):
    make_stocked_item(days=60)
    client = as_role("planner")

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/api/v1/forecast-runs/")

    assert answer.status_code == 201, answer.json()
    run = client.get(f"/api/v1/forecast-runs/{answer.json()['id']}/").json()
    assert (run["status"], run["items_done"]) == ("done", 1)
    assert client.get(f"/api/v1/item-forecasts/?run={run['id']}").json()["results"][0]["method"]


def test_the_chart_is_served_as_json(proposal):
    client = as_role("operator")

    drawn = client.get(f"/api/v1/item-forecasts/chart/{proposal.item_id}/").json()

    assert drawn["forecast"]["weeks"]
    assert client.get("/api/v1/item-forecasts/chart/0/").status_code == 404


def test_an_override_is_added_and_ended_by_api(proposal):
    client = as_role("planner")
    body = {
        "item": proposal.item_id,
        "first_date": "2100-01-01",
        "last_date": "2100-01-07",
        "quantity": "50",
        "reason": "Fair",
    }

    made = client.post("/api/v1/forecast-overrides/", body).json()
    assert Override.objects.get(pk=made["id"]).is_active

    client.post(f"/api/v1/forecast-overrides/{made['id']}/end/")
    assert not Override.objects.get(pk=made["id"]).is_active


def test_lists_take_the_same_number_of_queries_for_many_rows(django_assert_max_num_queries):
    site = make_site()
    for _ in range(6):
        make_stocked_item(site=site, days=60)
    plan_stock()
    client = as_role("planner")
    client.get("/api/v1/stock-targets/")

    for path in ("replenishments", "stock-targets", "item-forecasts", "forecasts", "demand-history"):
        with django_assert_max_num_queries(6):
            assert client.get(f"/api/v1/{path}/").status_code == 200


def as_planner(client: Client) -> User:
    ensure_roles()
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name="planner"))
    client.force_login(user)
    return user


def test_the_page_of_a_proposal_says_what_it_serves_as_people_write_it(client: Client, proposal):
    as_planner(client)
    proposal.pegging = [
        {"quantity": 2000.0, "what": "forecast", "first_date": "2026-12-23", "last_date": "2027-01-05"},
        {"quantity": 0.5, "what": "safety stock", "first_date": "2026-12-23", "last_date": "2026-12-23"},
    ]
    proposal.save(update_fields=["pegging"])
    page = reverse("admin:forecasting_replenishment_change", args=[proposal.pk])

    text = client.get(page).text

    unit = proposal.item.unit
    assert f"<div>2,000 {unit} of forecast, 23 Dec 2026 – 5 Jan 2027</div>" in text
    assert f"<div>0.5 {unit} of safety stock, 23 Dec 2026</div>" in text


@pytest.mark.parametrize(
    "model",
    [
        "replenishment",
        "stocktarget",
        "stockpolicy",
        "override",
        "forecastrun",
        "itemforecast",
        "demandhistory",
    ],
)
def test_every_console_list_opens_with_few_queries(client, model, django_assert_max_num_queries):
    site = make_site()
    for _ in range(4):
        make_stocked_item(site=site, days=60, policy={})
    plan_stock()
    as_planner(client)
    client.get(reverse("admin:index"))

    with django_assert_max_num_queries(22):
        assert client.get(reverse(f"admin:forecasting_{model}_changelist")).status_code == 200


def test_a_planner_firms_selected_proposals_in_the_console(client):
    items = [make_stocked_item(days=60) for _ in range(2)]
    plan_stock()
    chosen = [proposals_of(item)[0] for item in items]
    user = as_planner(client)

    client.post(
        reverse("admin:forecasting_replenishment_changelist"),
        {"action": "do_firm", "_selected_action": [row.pk for row in chosen]},
        follow=True,
    )

    for row in chosen:
        row.refresh_from_db()
        assert (row.status, row.decided_by) == ("firm", user)


def test_a_planner_changes_the_quantity_of_one_proposal_while_firming_it(client, proposal):
    as_planner(client)

    client.post(
        reverse("admin:forecasting_replenishment_do_firm", args=[proposal.pk]),
        {"quantity": "300", "due_date": proposal.due_date},
    )

    proposal.refresh_from_db()
    assert (proposal.status, proposal.quantity) == ("firm", 300)


def test_a_planner_adds_an_override_in_the_console_and_is_told_when_days_are_taken(client):
    item = make_item(supply="buy")
    as_planner(client)
    body = {
        "item": item.pk,
        "first_date": "2100-01-01",
        "last_date": "2100-01-07",
        "quantity": "50",
        "reason": "Fair",
    }

    client.post(reverse("admin:forecasting_override_add"), body)
    again = client.post(reverse("admin:forecasting_override_add"), body)

    assert Override.objects.get(item=item).reason == "Fair"
    assert b"has overridden" in again.content


def test_a_proposal_page_shows_what_it_serves(client, proposal):
    as_planner(client)

    page = client.get(reverse("admin:forecasting_replenishment_change", args=[proposal.pk]))

    assert page.status_code == 200
    assert proposal.why.encode()[:40] in page.content
    assert b"forecast" in page.content


def test_a_day_of_demand_is_stated_anew_in_the_console_and_never_edited_or_deleted(client):
    item = make_item()
    as_manager(client)
    body = {"item": item.pk, "date": "2026-01-05", "quantity": "7"}

    client.post(reverse("admin:forecasting_demandhistory_add"), body)
    client.post(reverse("admin:forecasting_demandhistory_add"), body | {"quantity": "9"})
    refused = client.post(reverse("admin:forecasting_demandhistory_add"), body | {"date": "2100-01-05"})

    row = DemandHistory.objects.standing().get(item=item)
    assert (row.quantity, row.replaces.quantity) == (9, 7)
    assert b"is in the future" in refused.content
    changed = client.post(reverse("admin:forecasting_demandhistory_change", args=[row.pk]), body)
    removed = client.post(reverse("admin:forecasting_demandhistory_delete", args=[row.pk]), {"post": "yes"})
    assert (changed.status_code, removed.status_code) == (403, 403)
    row.refresh_from_db()
    assert row.quantity == 9


def as_manager(client: Client) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
