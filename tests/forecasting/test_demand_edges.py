"""Events, imports, people's numbers and accuracy over HTTP and in the console."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from forecasting import services
from forecasting.models import (
    Consensus,
    DemandEvent,
    DemandHistory,
    DemandImport,
    FamilyForecast,
    ForecastAlert,
    Freeze,
    Override,
)
from mes.core.models import User
from mes.core.roles import ensure_roles
from tests.forecasting.stock import make_stocked_item, plan_stock
from tests.plant import MONDAY, make_item, make_site, make_user

pytestmark = pytest.mark.django_db
AHEAD = MONDAY.date() + timedelta(days=7)
STRETCH = {"first_date": AHEAD.isoformat(), "last_date": (AHEAD + timedelta(days=6)).isoformat()}
MODELS = (
    "demandhistory",
    "demandevent",
    "demandimport",
    "contribution",
    "consensus",
    "freeze",
    "override",
    "familyforecast",
    "forecastaccuracy",
    "forecastalert",
)


def person(role: str) -> User:
    ensure_roles()
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def as_role(role: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(person(role))
    return client


def enter(client: Client, role: str) -> User:
    user = person(role)
    client.force_login(user)
    return user


def test_a_promotion_is_added_by_api_and_dismissed_with_a_reason():
    item = make_item()
    client = as_role("planner")

    made = client.post(
        "/api/v1/demand-events/",
        {"kind": "promotion", "name": "Spring", "item": item.pk, "factor": "1.5", **STRETCH},
    )
    assert made.status_code == 201, made.json()
    gone = client.post(f"/api/v1/demand-events/{made.json()['id']}/dismiss/", {"reason": "Called off"})

    assert gone.json()["status"] == "dismissed"
    assert DemandEvent.objects.get().decision_reason == "Called off"


def test_what_does_not_fit_an_event_comes_back_by_field():
    answer = as_role("planner").post(
        "/api/v1/demand-events/", {"kind": "launch", "name": "New", "item": make_item().pk, **STRETCH}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "forecasting.wrong_event")
    assert answer.json()["errors"][0]["pointer"] == "#/last_date"
    assert not DemandEvent.objects.exists()


@pytest.mark.parametrize("kind", ["nonsense", ""])
def test_a_kind_that_is_none_is_bad_input(kind):
    answer = as_role("planner").post("/api/v1/demand-events/", {"kind": kind, "name": "x", **STRETCH})

    assert answer.status_code in {400, 422}


def test_a_file_is_imported_by_api_and_its_wrong_rows_come_back_named():
    make_item("soap")
    client = as_role("integrator")
    wrong = SimpleUploadedFile("jan.csv", b"item,date,quantity\nsoap,2026-01-05,7\nsope,2026-01-05,7\n")

    refused = client.post("/api/v1/demand-imports/", {"file": wrong}, format="multipart")

    assert (refused.status_code, refused.json()["code"]) == (422, "forecasting.rows_refused")
    assert refused.json()["errors"][0]["detail"].startswith("Row 3, item: there is no item sope.")
    assert not DemandHistory.objects.exists()
    wrong.seek(0)
    taken = client.post(
        "/api/v1/demand-imports/", {"file": wrong, "leave_out_wrong": "true"}, format="multipart"
    )
    assert taken.status_code == 201, taken.json()
    assert (taken.json()["days"], len(taken.json()["faults"])) == (1, 1)


def test_a_day_is_corrected_by_api_and_what_it_replaced_can_be_listed():
    item = make_item()
    services.import_demand([services.DemandPoint(item, MONDAY.date(), Decimal(7))], at=MONDAY)
    row = DemandHistory.objects.get()
    client = as_role("planner")

    answer = client.post(
        f"/api/v1/demand-history/{row.pk}/correct/", {"quantity": "9", "reason": "Recount"}, format="json"
    )

    assert (answer.status_code, answer.json()["replaces"]) == (200, row.pk)
    assert [each["quantity"] for each in client.get("/api/v1/demand-history/").json()["results"]] == [
        "9.0000"
    ]
    old = client.get("/api/v1/demand-history/?is_standing=false").json()["results"]
    assert [each["id"] for each in old] == [row.pk]


def test_a_planner_agrees_and_freezes_by_api_and_only_a_manager_lifts():
    item = make_stocked_item(days=60)
    plan_stock(timezone.now())
    planner, manager = as_role("planner"), as_role("manager")
    body = {"item": item.pk, "quantity": "700", "reason": "S&OP", **STRETCH}

    agreed = planner.post("/api/v1/forecast-consensus/", body)
    frozen = planner.post("/api/v1/forecast-freezes/", {"item": item.pk, "reason": "Labels", **STRETCH})
    overridden = planner.post("/api/v1/forecast-overrides/", body)
    lifted = planner.post(f"/api/v1/forecast-freezes/{frozen.json()['id']}/lift/", {"reason": "x"})

    assert (agreed.status_code, frozen.status_code) == (201, 201), (agreed.json(), frozen.json())
    assert (overridden.status_code, overridden.json()["code"]) == (409, "forecasting.period_frozen")
    assert lifted.status_code == 403
    assert sum(Freeze.objects.get().means) == pytest.approx(700, abs=0.01)
    assert not Override.objects.exists()
    done = manager.post(f"/api/v1/forecast-freezes/{frozen.json()['id']}/lift/", {"reason": "Cancelled"})
    assert done.json()["is_active"] is False


def test_an_operator_reads_numbers_and_agrees_on_none():
    item = make_item()
    client = as_role("operator")

    body = {"item": item.pk, "quantity": "700", "reason": "S&OP", **STRETCH}
    assert client.post("/api/v1/forecast-consensus/", body).status_code == 403
    assert client.get("/api/v1/forecast-consensus/").status_code == 200
    assert not Consensus.objects.exists()


def fill(count: int) -> None:
    """So many items of two families with something on every list."""
    site, planner = make_site(), make_user()
    now = timezone.now()
    items = [make_stocked_item(site=site, days=60, family=f"F{n % 2}") for n in range(count)]
    plan_stock(now)
    for number, item in enumerate(items):
        days: dict[str, Any] = {"first_date": AHEAD, "last_date": AHEAD + timedelta(days=6)}
        services.add_event(
            kind="promotion", name="P", item=item, factor=Decimal(2), by=planner, at=now, **days
        )
        services.contribute(item, quantity=Decimal(5), department="sales", by=planner, at=now, **days)
        services.agree(item, quantity=Decimal(5), reason="x", by=planner, at=now, **days)
        services.freeze(item, reason="x", by=planner, at=now, **days)
        later = {"first_date": AHEAD + timedelta(days=9), "last_date": AHEAD + timedelta(days=9)}
        services.add_override(item, quantity=Decimal(5), reason="x", by=planner, at=now, **later)
        ForecastAlert.objects.create(
            item=item, kind="bias", run=item_run(), raised_at=now, value=1, limit=0.8, why="Biased."
        )
        services.import_demand_file(
            f"item,date,quantity\n{item.number},2026-01-0{number % 9 + 1},4\n".encode(),
            name="a.csv",
            by=planner,
            at=now,
        )


def item_run():
    run = FamilyForecast.objects.latest("pk").run
    assert run is not None
    return run


def test_lists_take_the_same_number_of_queries_for_many_rows(django_assert_max_num_queries):
    fill(5)
    client = as_role("planner")
    client.get("/api/v1/demand-events/")

    for path in (
        "demand-history",
        "demand-imports",
        "demand-events",
        "family-forecasts",
        "forecast-contributions",
        "forecast-consensus",
        "forecast-freezes",
        "forecast-overrides",
        "forecast-accuracy",
        "forecast-alerts",
    ):
        with django_assert_max_num_queries(7):
            answer = client.get(f"/api/v1/{path}/")
        assert answer.status_code == 200, path


def test_every_console_list_opens_with_few_queries(client, django_assert_max_num_queries):
    fill(5)
    enter(client, "planner")
    client.get(reverse("admin:index"))

    for model in MODELS:
        with django_assert_max_num_queries(24):
            page = client.get(reverse(f"admin:forecasting_{model}_changelist"))
        assert page.status_code == 200, model


def test_a_planner_adds_an_event_in_the_console_and_is_told_what_does_not_fit(client):
    item = make_item()
    enter(client, "planner")
    body = {
        "kind": "promotion",
        "name": "Spring",
        "item": item.pk,
        "family": "",
        "site": "",
        "first_date": STRETCH["first_date"],
        "last_date": "",
        "factor": "1.5",
        "is_learnt": "on",
    }

    refused = client.post(reverse("admin:forecasting_demandevent_add"), body)
    assert "Promotion has a last day: give it." in refused.content.decode()
    assert not DemandEvent.objects.exists()
    client.post(reverse("admin:forecasting_demandevent_add"), body | {"last_date": STRETCH["last_date"]})

    event = DemandEvent.objects.get()
    assert (event.item, event.factor, event.site) == (item, Decimal("1.5"), item.site)
    page = client.get(reverse("admin:forecasting_demandevent_change", args=[event.pk]))
    assert page.status_code == 200


def test_a_file_is_imported_in_the_console_with_a_report_by_row(client):
    make_item("soap")
    enter(client, "planner")
    add = reverse("admin:forecasting_demandimport_add")
    content = b"item,date,quantity\nsoap,2026-01-05,7\nsope,2026-01-05,7\nsoap,2026-01-05,-2\nsoap,soon,1\n"

    refused = client.post(add, {"file": SimpleUploadedFile("jan.csv", content)})
    assert "2 of 4 rows cannot be taken, so nothing was." in refused.content.decode()
    assert re.findall(r"<p>Row (\d), (\w+): ", refused.content.decode()) == [("3", "item"), ("5", "date")]
    assert not DemandImport.objects.exists()
    client.post(add, {"file": SimpleUploadedFile("jan.csv", content), "leave_out_wrong": "on"})

    made = DemandImport.objects.get()
    page = client.get(reverse("admin:forecasting_demandimport_change", args=[made.pk])).content.decode()
    assert "Row 3, item: there is no item sope." in page
    assert "Row 4: -2 is below zero: taken as 2 pcs that came back." in page


def test_a_day_is_corrected_in_the_console_and_its_page_tells_all_statements(client):
    item = make_item()
    services.import_demand([services.DemandPoint(item, MONDAY.date(), Decimal(7))], at=MONDAY)
    row = DemandHistory.objects.get()
    enter(client, "planner")

    client.post(
        reverse("admin:forecasting_demandhistory_do_correct", args=[row.pk]),
        {"quantity": "9", "reason": "Recounted by Ann"},
    )

    new = DemandHistory.objects.standing().get()
    page = client.get(reverse("admin:forecasting_demandhistory_change", args=[new.pk])).content.decode()
    assert new.quantity == 9
    assert "Recounted by Ann" in page
    assert "7 pcs" in page


def test_consensus_shows_statistics_departments_and_agreed_number_side_by_side(client):
    item = make_stocked_item(days=60)
    now = timezone.now()
    plan_stock(now)
    days: dict[str, Any] = {"first_date": AHEAD, "last_date": AHEAD + timedelta(days=6)}
    sales = make_user("sally")
    services.contribute(item, quantity=Decimal(90), department="sales", by=sales, at=now, **days)
    agreed = services.agree(item, quantity=Decimal(80), reason="Half of it", by=sales, at=now, **days)
    enter(client, "planner")

    page = client.get(reverse("admin:forecasting_consensus_change", args=[agreed.pk])).content.decode()

    for told in ("Statistics: ", "Sales (sally): <b>90</b>", "Agreed: <b>80</b> Half of it"):
        assert told in page
