"""A person's number for a family or plant is shared out over its items, adds up, and is theirs."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from forecasting import services
from forecasting.adding_up import shared_out
from forecasting.models import (
    FamilyForecast,
    FamilyOverride,
    ForecastAccuracy,
    ForecastRun,
    ItemForecast,
    Override,
)
from forecasting.planned_families import changes_of
from inventory.models import Item
from mes.core.models import Fact
from mes.core.refusals import DomainError
from tests.forecasting.stock import TODAY, make_stocked_item, plan_stock
from tests.forecasting.test_edges import as_role
from tests.plant import MONDAY, make_site, make_user

FIRST, LAST = TODAY + timedelta(days=7), TODAY + timedelta(days=13)
LATER = MONDAY + timedelta(hours=1)


@given(
    st.integers(0, 10**9),
    st.lists(st.floats(0, 1e9, allow_subnormal=False), min_size=1, max_size=40),
    st.sampled_from([Decimal(1), Decimal("0.0001")]),
)
def test_parts_add_up_to_the_total_and_none_is_a_step_off_its_share(
    steps: int, weights: list[float], step: Decimal
):
    total = steps * step

    parts = shared_out(total, weights, step)

    assert sum(parts) == total
    whole = sum(map(Decimal, weights))
    for part, weight in zip(parts, weights, strict=True):
        assert part >= 0
        share = total * Decimal(weight) / whole if whole else total / len(weights)
        assert abs(part - share) <= step


@pytest.fixture
def care(db: None) -> list[Item]:
    """Three items of a family that are asked for as 1 : 2 : 5, and one of another; forecast."""
    site = make_site()
    items = [
        make_stocked_item(site=site, family="Care", uom="H87", per_day=rate, unit_price=Decimal(2))
        for rate in (10, 20, 50)
    ]
    make_stocked_item(site=site, family="Tea", uom="H87", per_day=30)
    plan_stock()
    return items


def family(level: str = "family", name: str = "Care") -> FamilyForecast:
    return FamilyForecast.objects.get(run=ForecastRun.objects.latest_done(), level=level, family=name)


def state(quantity: int, total: FamilyForecast | None = None, **changed: Any) -> FamilyOverride:
    given_: dict[str, Any] = {
        "first_date": FIRST,
        "last_date": LAST,
        "reason": "Trade fair",
        "by": make_user(),
    }
    return services.override_family(
        total or family(), quantity=Decimal(quantity), at=LATER, **given_ | changed
    )


def test_a_number_for_a_family_is_shared_out_as_its_items_are_forecast(care: list[Item]):
    made = state(1001)

    parts = {part.item: part for part in Override.objects.filter(is_active=True)}
    assert set(parts) == set(care)
    assert sum(part.quantity for part in parts.values()) == 1001
    assert float(parts[care[2]].quantity) == pytest.approx(1001 * 5 / 8, rel=0.05)
    for part in parts.values():
        assert part.quantity == part.quantity.to_integral_value()
        assert (part.owner, part.part_of, part.first_date, part.last_date) == (made.owner, made, FIRST, LAST)
        assert part.reason == "1001 pcs for Care in all: Trade fair"
    assert Fact.objects.filter(name="forecasting.FamilyOverridden", payload__items=3).exists()


def test_the_family_then_adds_up_to_it_and_the_next_proposals_follow(care: list[Item]):
    run = ForecastRun.objects.latest_done()
    assert run is not None
    row = family()
    before = sum(
        sum(means[7:14])
        for means in ItemForecast.objects.filter(item__in=care).values_list("daily_means", flat=True)
    )

    state(4000)

    change = changes_of(run).of(row)
    assert before + change.units[1] == pytest.approx(4000, abs=0.01)
    assert change.units[0] == change.units[2] == 0
    assert change.items == 3


def test_what_was_said_of_an_item_stays_and_the_rest_is_shared_out_over_the_others(care: list[Item]):
    own = services.add_override(
        care[0],
        first_date=FIRST,
        last_date=LAST,
        quantity=Decimal(301),
        reason="Known",
        by=make_user(),
        at=LATER,
    )

    made = state(1000)

    assert Override.objects.get(item=care[0], is_active=True) == own
    assert sum(part.quantity for part in made.parts.all()) == 699
    assert {part.item for part in made.parts.all()} == set(care[1:])


def test_a_plant_is_shared_out_over_all_its_items(care: list[Item]):
    made = state(5000, family("plant", ""))

    assert made.parts.count() == 4
    assert sum(part.quantity for part in made.parts.all()) == 5000
    assert made.parts.all()[0].reason.startswith(f"5000 pcs for all of {care[0].site} in all")


def test_ending_it_ends_all_its_parts_but_not_what_took_their_place(care: list[Item]):
    made = state(1000)
    person = make_user()
    [part] = made.parts.filter(item=care[0])
    services.end_override(part, by=person, at=LATER)
    other = services.add_override(
        care[0], first_date=FIRST, last_date=LAST, quantity=Decimal(5), reason="Mine", by=person, at=LATER
    )

    services.end_family_override(made, by=person, at=LATER)
    services.end_family_override(made, by=person, at=LATER)

    made.refresh_from_db()
    assert not made.is_active
    assert made.ended_by == person
    assert list(Override.objects.filter(is_active=True)) == [other]
    assert Fact.objects.filter(name="forecasting.FamilyOverrideEnded").count() == 1


def shares(made: FamilyOverride) -> dict[Item, Decimal]:
    return {part.item: part.quantity for part in made.parts.filter(is_active=True)}


def forecast_times(item: Item, factor: float) -> None:
    """The newest run forecasts so many times what it does."""
    row = ItemForecast.objects.get(item=item, run=ForecastRun.objects.latest_done())
    row.daily_means = [mean * factor for mean in row.daily_means]
    row.save(update_fields=["daily_means"])


def test_the_next_run_shares_it_out_anew_as_its_items_are_forecast_by_then(care: list[Item]):
    made = state(1000)
    before = shares(made)
    forecast_times(care[0], 3)
    at = LATER + timedelta(hours=1)

    services.begin_run(at=at)

    after = shares(made)
    assert sum(after.values()) == 1000
    assert [float(after[item]) for item in care] == pytest.approx([300, 200, 500], rel=0.05)
    for part in made.parts.filter(is_active=True):
        assert (part.owner, part.made_at, part.reason) == (
            made.owner,
            at,
            "1000 pcs for Care in all: Trade fair",
        )
    ended = made.parts.filter(is_active=False)
    assert {part.item: part.quantity for part in ended} == before
    assert {(part.ended_at, part.ended_by) for part in ended} == {(at, None)}
    assert Fact.objects.filter(name="forecasting.FamilySharedAnew", payload__items=3).count() == 1


def test_shares_that_are_as_good_as_right_stay_and_so_do_those_of_days_that_have_begun(care: list[Item]):
    made = state(1000)

    assert services.share_families_anew(at=LATER) == 0
    forecast_times(care[0], 3)
    assert services.share_families_anew(at=LATER + timedelta(days=8)) == 0
    assert made.parts.count() == 3
    assert services.share_families_anew(at=LATER) == 1
    assert services.share_families_anew(at=LATER) == 0
    assert made.parts.count() == 6


def test_an_item_that_joins_gets_a_share_and_one_whose_share_was_ended_gets_none(care: list[Item]):
    made = state(1000)
    services.end_override(made.parts.get(item=care[1]), by=make_user(), at=LATER)
    newcomer = make_stocked_item(site=care[0].site, family="Care", uom="H87", per_day=30)
    plan_stock(LATER + timedelta(hours=1))

    services.share_families_anew(at=LATER + timedelta(hours=2))

    after = shares(made)
    assert after.keys() == {care[0], care[2], newcomer}
    assert float(sum(after.values())) == pytest.approx(1000 - 7 * 20, rel=0.03)
    assert after[care[0]] < after[newcomer] < after[care[2]]


def test_a_number_that_can_no_longer_be_shared_out_stays_as_it_is(care: list[Item]):
    made = state(1000)
    before = shares(made)
    own: dict[str, Any] = {"reason": "Known", "by": make_user(), "at": LATER}
    services.end_override(made.parts.get(item=care[0]), by=own["by"], at=LATER)
    services.add_override(care[0], first_date=FIRST, last_date=LAST, quantity=Decimal(5000), **own)

    assert services.share_families_anew(at=LATER) == 0

    assert shares(made) == {item: before[item] for item in care[1:]}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"reason": " "}, "forecasting.reason_needed"),
        ({"first_date": TODAY - timedelta(days=1)}, "forecasting.stretch_in_the_past"),
        ({"last_date": FIRST - timedelta(days=1)}, "forecasting.stretch_in_the_past"),
        ({"last_date": TODAY + timedelta(days=42)}, "forecasting.not_forecast_so_far"),
    ],
)
def test_what_cannot_be_shared_out_is_refused_and_nothing_is_written(
    care: list[Item], changed: dict[str, Any], code: str
):
    with pytest.raises(DomainError) as refused:
        state(1000, **changed)

    assert refused.value.code == code
    assert refused.value.remedy
    assert not FamilyOverride.objects.exists()
    assert not Override.objects.exists()


def test_numbers_of_its_items_that_are_more_than_the_whole_are_named(care: list[Item]):
    services.add_override(
        care[0],
        first_date=FIRST,
        last_date=LAST,
        quantity=Decimal(301),
        reason="Known",
        by=make_user(),
        at=LATER,
    )

    with pytest.raises(services.NothingToShareOut, match=r"1 item of .* 301 pcs in all: more than the 300"):
        state(300)
    state(400)
    with pytest.raises(services.NothingToShareOut, match=r"All of them, 3 items of .*: 400 pcs in all"):
        state(500)


def test_pieces_are_whole(care: list[Item]):
    with pytest.raises(DomainError, match="whole"):
        services.override_family(
            family(),
            first_date=FIRST,
            last_date=LAST,
            quantity=Decimal("10.5"),
            reason="x",
            by=make_user(),
            at=LATER,
        )


def test_accuracy_measures_its_parts_as_any_override(care: list[Item]):
    made = state(1000)
    later = MONDAY + timedelta(days=14)
    points = [services.DemandPoint(care[2], FIRST + timedelta(days=day), Decimal(90)) for day in range(7)]
    services.import_demand(points, at=later)

    services.judge_forecasts(at=later)

    own = ForecastAccuracy.objects.of_owners().get(item=care[2])
    assert own.owner == made.owner
    assert own.added is not None
    assert own.added > 0


def test_an_integrator_states_reads_and_ends_one(care: list[Item]):
    client = as_role("planner")
    today = timezone.localdate()
    services.run_forecast(horizon_days=42, at=timezone.now())
    body = {
        "total": family().pk,
        "first_date": (today + timedelta(days=2)).isoformat(),
        "last_date": (today + timedelta(days=8)).isoformat(),
        "quantity": "1000",
        "reason": "Trade fair",
    }

    made = client.post("/api/v1/family-overrides/", body)

    assert made.status_code == 201, made.json()
    parts = client.get(f"/api/v1/forecast-overrides/?part_of={made.json()['id']}").json()["results"]
    assert sum(float(part["quantity"]) for part in parts) == 1000
    beyond = client.post("/api/v1/family-overrides/", body | {"last_date": "2999-01-01"})
    assert beyond.status_code == 422
    assert beyond.json()["errors"][0]["pointer"] == "#/last_date"
    assert as_role("operator").post("/api/v1/family-overrides/", body).status_code == 403
    ended = client.post(f"/api/v1/family-overrides/{made.json()['id']}/end/")
    assert (ended.status_code, ended.json()["is_active"]) == (200, False)
    assert not Override.objects.filter(is_active=True).exists()


def test_a_planner_states_one_on_the_page_of_the_family_and_ends_it_in_the_list(
    care: list[Item], client: Client
):
    client.force_login(make_user("boss", is_staff=True, is_superuser=True))
    today = timezone.localdate()
    services.run_forecast(horizon_days=42, at=timezone.now())
    page = f"/admin/forecasting/familyforecast/{family().pk}/change/"
    assert "State a number" in client.get(page).text
    answer = client.post(
        reverse("admin:forecasting_familyforecast_do_state_a_number", args=[family().pk]),
        {
            "first_date": (today + timedelta(days=2)).isoformat(),
            "last_date": (today + timedelta(days=8)).isoformat(),
            "quantity": "1000",
            "reason": "Trade fair",
        },
        follow=True,
    )

    made = FamilyOverride.objects.get()
    assert "1 done" in answer.text
    listed = client.get("/admin/forecasting/familyoverride/").text
    assert "1,000 pcs for 3 items" in listed
    assert client.get(f"/admin/forecasting/familyoverride/{made.pk}/change/").status_code == 200
    part = made.parts.all()[0]
    assert str(made) in client.get(f"/admin/forecasting/override/{part.pk}/change/").text
    assert "1000 pcs for Care in all" in client.get(f"/console/items/{care[0].pk}/").text
