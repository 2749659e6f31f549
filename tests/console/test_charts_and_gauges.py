"""The pages of control charts and gauges: what calls for somebody first, who may, how few queries they take."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from mes.console.decisions.measuring import chart_signals, gauge_reviews, gauges_due
from quality import services
from quality.doubt import DoubtfulLot, doubtful_lots
from quality.models import ChartSignal, ControlChart, GaugeReview, Nonconformance, ReviewedLot
from quality.services import RuleAsked
from quality.spc import Reading
from tests import plant
from tests.console.conftest import As

pytestmark = pytest.mark.django_db
NOW = plant.MONDAY
CHARTS, GAUGES = "/console/charts/", "/console/gauges/"


def acting() -> dict[str, Any]:
    return {"by": plant.make_user(), "at": NOW}


def make_chart(*, values=(), fixed=True, kind="xbar_r", **rule):
    """A chart of a weight between 90 and 110, with these subgroups of five alike but for one step."""
    size = 5 if kind == "xbar_r" else 1
    plan = plant.make_inspection_plan(
        characteristics=[{"name": "Weight", "lower_limit": 90, "upper_limit": 110, "uom": "g"}],
        sampling=plant.make_sampling(size),
    )
    chart = services.set_up_chart(plan.characteristics.get(), kind, rules=[RuleAsked(1, **rule)], **acting())
    if fixed:
        services.give_limits(chart, "Qualified", center=100, sigma=1, **acting())
    for value in values:
        enter(plan, value, size)
    return chart


def enter(plan, value, size=5):
    inspection = plant.make_inspection(plan, lot_quantity=100)
    for piece in range(1, size + 1):
        services.record_measurement(
            inspection,
            plan.characteristics.get(),
            piece=piece,
            value=Decimal(str(value + (piece == size and size > 1))),
            **acting(),
        )
    return inspection


def make_review():
    site = plant.make_site()
    gauge = plant.make_gauge(site=site, calibrated_at=NOW - timedelta(days=9))
    plan = plant.make_inspection_plan(
        plant.make_item(site=site),
        characteristics=[{"lower_limit": 9, "upper_limit": 11, "gauge_kind": "micrometer"}],
    )
    for _ in range(2):
        services.record_measurement(
            plant.make_inspection(plan),
            plan.characteristics.get(),
            value=Decimal(10),
            gauge=gauge,
            by=plant.make_user(),
            at=NOW - timedelta(days=1),
        )
    return services.calibrate_gauge(
        gauge, found_in_tolerance=False, left_in_tolerance=True, **acting()
    ).review


@pytest.mark.parametrize("address", [CHARTS, GAUGES])
def test_an_empty_plant_has_calm_pages(boss: Client, address: str):
    answer = boss.get(address)

    assert answer.status_code == 200
    assert "mes-calm" in answer.text


@pytest.mark.parametrize("address", [CHARTS, GAUGES])
def test_strangers_are_sent_to_the_login_and_staff_without_a_role_refused(client: Client, address: str):
    assert client.get(address).status_code == 302
    client.force_login(plant.make_user(is_staff=True))
    assert client.get(address).status_code == 403


def test_a_chart_that_calls_comes_before_one_that_is_calm(boss: Client):
    calm, calling = make_chart(values=[100]), make_chart(values=[100, 104])
    gathering = make_chart(values=[100], fixed=False)

    shown = boss.get(CHARTS).text

    places = [shown.index(f"/controlchart/{each.pk}/change/") for each in (calling, gathering, calm)]
    assert places == sorted(places)
    assert "1 chart calls for somebody" in shown
    assert "1 of 25 points" in shown


def test_a_chart_without_points_is_not_said_to_be_in_control(boss: Client):
    make_chart(values=[])

    shown = boss.get(CHARTS).text

    assert "No points" in shown
    assert "In control" not in shown


def test_the_list_takes_as_many_queries_for_many_charts_as_for_few(boss: Client):
    make_chart(values=[100, 104])
    with CaptureQueriesContext(connection) as few:
        boss.get(CHARTS)
    for _ in range(3):
        make_chart(values=[100, 104])
    with CaptureQueriesContext(connection) as many:
        boss.get(CHARTS)

    assert len(many) == len(few)


def test_a_chart_shows_its_points_and_tells_when_nothing_changed(boss: Client):
    chart = make_chart(values=[100, 104])
    address = f"/console/charts/{chart.pk}/data/"

    first = boss.get(address)
    again = boss.get(address, headers={"If-None-Match": first["ETag"]})
    enter(chart.characteristic.plan, 100)
    later = boss.get(address, headers={"If-None-Match": first["ETag"]})

    data = first.json()
    assert [point["value"] for point in data["points"]] == [100.2, 104.2]
    assert data["points"][1]["broken"] == [
        {"rule": 1, "part": "location", "sentence": "one point beyond 3 sigma", "acknowledged": False}
    ]
    assert data["limits"]["upper"] == pytest.approx(100 + 3 / 5**0.5)
    assert data["specification"] == {"lower": 90, "upper": 110, "nominal": None}
    assert again.status_code == 304
    assert len(later.json()["points"]) == 3


def test_a_drawing_takes_as_many_queries_for_many_points_as_for_few(boss: Client):
    chart = make_chart(values=[100, 104])
    with CaptureQueriesContext(connection) as few:
        boss.get(f"/console/charts/{chart.pk}/data/")
    for value in (101, 104, 99, 105):
        enter(chart.characteristic.plan, value)
    with CaptureQueriesContext(connection) as many:
        assert len(boss.get(f"/console/charts/{chart.pk}/data/").json()["points"]) == 6

    assert len(many) == len(few)


def test_capability_is_flagged_while_a_signal_waits_and_absent_while_there_is_too_little(boss: Client):
    chart = make_chart(values=[100, 104, 99, 100])
    bare = make_chart(values=[100])

    found = boss.get(f"/console/charts/{chart.pk}/data/").json()
    none = boss.get(f"/console/charts/{bare.pk}/data/").json()

    assert {flag["code"] for flag in found["capability"]["flags"]} == {"out_of_control", "few_values"}
    assert found["capability"]["indices"]["cpk"]["low"] < found["capability"]["indices"]["cpk"]["value"]
    assert none["capability"] is None
    assert "at least 10 are needed" in none["no_capability"]


def test_what_is_counted_has_a_chart_without_capability_and_histogram(boss: Client):
    plan = plant.make_inspection_plan(
        characteristics=[{"name": "Print"}], sampling=plant.make_sampling(2, accept=2)
    )
    chart = services.set_up_chart(plan.characteristics.get(), "p", **acting())
    for good in (True, False):
        inspection = plant.make_inspection(plan, lot_quantity=9)
        for piece in (1, 2):
            services.record_measurement(
                inspection, plan.characteristics.get(), piece=piece, conforms=good, **acting()
            )

    data = boss.get(f"/console/charts/{chart.pk}/data/").json()

    assert [point["value"] for point in data["points"]] == [0, 1]
    assert data["histogram"] is None
    assert data["is_trial"]


def test_an_operator_acknowledges_from_the_chart_and_the_signal_waits_no_more(as_role: As):
    chart = make_chart(values=[104])
    operator = as_role("operator")
    page = reverse("admin:quality_controlchart_change", args=[chart.pk])
    signal = ChartSignal.objects.get()

    assert "one point beyond 3 sigma" in operator.get(page).text
    refused = operator.post(
        f"/console/signals/{signal.pk}/acknowledge/",
        {"cause": " "},
        headers={"Referer": f"http://testserver{page}"},
        follow=True,
    )
    assert "Say what caused it" in refused.text
    operator.post(f"/console/signals/{signal.pk}/acknowledge/", {"cause": "Nozzle", "action": "Cleaned"})

    assert ChartSignal.objects.get().acknowledgement.cause == "Nozzle"
    assert "Nozzle; Cleaned" in operator.get(f"/console/charts/{chart.pk}/side/").text


def test_one_cause_is_given_for_all_points_that_wait_and_not_for_those_that_came_later(as_role: As):
    chart = make_chart(values=[104, 105])
    operator = as_role("operator")
    plan = chart.characteristic.plan
    seen = operator.get(f"/console/charts/{chart.pk}/side/").text
    enter(plan, 106)

    refused = operator.post(
        f"/console/charts/{chart.pk}/acknowledge/", {"cause": " ", "until": "2"}, follow=True
    )
    assert not ChartSignal.objects.filter(acknowledgement__isnull=False).exists()
    operator.post(f"/console/charts/{chart.pk}/acknowledge/", {"cause": "Nozzle", "until": "2"})
    again = operator.post(
        f"/console/charts/{chart.pk}/acknowledge/", {"cause": "Nozzle", "until": "2"}, follow=True
    )

    assert "One cause for all that wait, up to point 2" in seen
    assert "Say what caused it" in refused.text
    assert "waits up to point 2" in again.text
    waiting = ChartSignal.objects.filter(acknowledgement__isnull=True)
    assert {each.point.sequence for each in waiting.select_related("point")} == {3}
    assert as_role("planner").post(f"/console/charts/{chart.pk}/acknowledge/").status_code == 403


def test_an_operator_fixes_no_limits_and_a_planner_acknowledges_nothing(as_role: As):
    chart = make_chart(values=[104])
    fix = f"/admin/quality/controlchart/{chart.pk}/do/fix-limits/"

    assert as_role("operator").post(fix, {"reason": "x"}).status_code == 403
    assert (
        as_role("planner")
        .post(f"/console/signals/{ChartSignal.objects.get().pk}/acknowledge/", {"cause": "x"})
        .status_code
        == 403
    )


def test_an_inspector_sets_up_a_chart_and_fixes_its_limits(as_role: As):
    inspector = as_role("inspector")
    plan = plant.make_inspection_plan(
        characteristics=[{"name": "Weight", "lower_limit": 90, "upper_limit": 110}],
        sampling=plant.make_sampling(5),
    )
    for value in range(10):
        enter(plan, 100 + value % 3)
    said = {
        "characteristic": plan.characteristics.get().pk,
        "kind": "xbar_r",
        "subgroup_size": 5,
        "rule_set": "western_electric",
        "line": "",
        "name": "",
        "owner": "",
    }

    assert inspector.get("/admin/quality/controlchart/add/").status_code == 200
    answer = inspector.post("/admin/quality/controlchart/add/", said, follow=True)

    chart = ControlChart.objects.get()
    assert answer.status_code == 200
    assert sorted(chart.rules.values_list("rule", flat=True)) == [1, 2, 5, 6]
    assert chart.points.count() == 10
    twice = inspector.post("/admin/quality/controlchart/add/", said)
    assert "is such a chart" in twice.text

    fixed = inspector.post(
        f"/admin/quality/controlchart/{chart.pk}/do/fix-limits/", {"reason": "Trial", "exclude": "3, 5"}
    )
    assert "too few" in fixed.text
    inspector.post(f"/admin/quality/controlchart/{chart.pk}/do/fix-limits/", {"reason": "Trial"})
    assert chart.limits.get().subgroups == 10


def test_gauges_that_measure_nothing_come_first_then_those_due(boss: Client):
    fine = plant.make_gauge("G-FINE", calibrated_at=NOW)
    soon = plant.make_gauge("G-SOON", calibrated_at=NOW, interval_days=5)
    never = plant.make_gauge("G-NEVER", calibrated_at=None)

    shown = boss.get(GAUGES).text

    assert shown.index(never.number) < shown.index(soon.number) < shown.index(fine.number)
    assert "2 gauges to see to" in shown
    assert "5 days left" in shown


def test_the_last_day_of_a_gauge_is_a_day_where_the_gauge_is(boss: Client):
    """Whatever the hour is: at one of these places it is another day than in Greenwich."""
    now = timezone.now()
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        site = plant.make_site(time_zone=zone)
        plant.make_gauge(site=site, calibrated_at=now - timedelta(days=1), interval_days=1)

    assert boss.get(GAUGES).text.count("today is its last day") == 2


def test_the_gauges_take_as_many_queries_for_many_as_for_few(boss: Client):
    plant.make_gauge(calibrated_at=NOW)
    with CaptureQueriesContext(connection) as few:
        boss.get(GAUGES)
    for _ in range(4):
        plant.make_gauge(calibrated_at=NOW)
    with CaptureQueriesContext(connection) as many:
        boss.get(GAUGES)

    assert len(many) == len(few)


def test_a_gauge_tells_whether_it_may_be_used_and_what_it_measured(boss: Client):
    review = make_review()
    gauge = review.calibration.gauge
    services.record_study(
        gauge,
        "Bore",
        readings=[
            Reading(f"P{part}", person, part + 0.01 * trial)
            for part in range(3)
            for person in "AB"
            for trial in range(2)
        ],
        **acting(),
    )

    shown = boss.get(reverse("admin:quality_gauge_change", args=[gauge.pk])).text
    study = boss.get(reverse("admin:quality_gaugestudy_change", args=[gauge.studies.get().pk])).text

    assert "May be used" in shown
    assert "Review of what it measured" in shown
    assert "0 results since" in shown
    assert "Classes told apart" in study


def test_each_lot_in_doubt_is_decided_on_the_reviews_page(as_role: As):
    review = make_review()
    inspector = as_role("inspector")
    page = reverse("admin:quality_gaugereview_change", args=[review.pk])
    first, second = (each.lot for each in doubtful_lots(review))

    assert "2 lots in doubt" in inspector.get(page).text
    where = f"/console/gauge-reviews/{review.pk}/lots/"
    inspector.post(f"{where}{first.pk}/clear/", {"reason": ""})
    assert not ReviewedLot.objects.exists()
    inspector.post(f"{where}{first.pk}/clear/", {"reason": "Measured again"})
    inspector.post(f"{where}{second.pk}/doubt/", {"reason": "Bore near its limit"})
    inspector.post(f"/admin/quality/gaugereview/{review.pk}/do/conclude/", {"conclusion": "Done"})

    assert Nonconformance.objects.get().lot == second
    assert GaugeReview.objects.get().status == "concluded"
    assert as_role("planner").post(f"/console/gauge-reviews/{review.pk}/hold/").status_code == 403


def test_the_results_in_doubt_are_listed_and_those_told_apart_whose_verdict_could_be_the_other_one(
    boss: Client,
):
    site = plant.make_site()
    gauge = plant.make_gauge(site=site, calibrated_at=NOW - timedelta(days=9))
    plan = plant.make_inspection_plan(
        plant.make_item(site=site),
        characteristics=[
            {"name": "Bore", "lower_limit": 9, "upper_limit": 11, "gauge_kind": "micrometer", "uom": "mm"}
        ],
    )
    for value in ("10.995", "10"):
        services.record_measurement(
            plant.make_inspection(plan),
            plan.characteristics.get(),
            value=Decimal(value),
            gauge=gauge,
            by=plant.make_user(),
            at=NOW - timedelta(days=1),
        )
    said: dict[str, Any] = {
        "found_in_tolerance": False,
        "left_in_tolerance": True,
        "as_found": Decimal("0.007"),
    }
    review = services.calibrate_gauge(gauge, **said, **acting()).review

    close, far = sorted(doubtful_lots(review, with_results=True), key=lambda each: -(each.close or 0))
    shown = boss.get(reverse("admin:quality_gaugereview_change", args=[review.pk])).text

    assert (close.close, far.close) == (1, 0)
    assert close.taken[0].is_close
    assert "1 could be wrong" in shown
    assert "None near a limit" in shown
    assert "Bore, piece 1</a>: 10.995 mm" in shown
    assert main_buttons(shown, review, close) == ["Nonconformance"]
    assert main_buttons(shown, review, far) == ["It stands"]
    hold_all = '<button class="mes-button main">Hold all'
    assert hold_all in shown
    services.doubt_lot(review, close.lot, **acting())
    assert hold_all not in boss.get(reverse("admin:quality_gaugereview_change", args=[review.pk])).text


def main_buttons(page: str, review: GaugeReview, doubtful: DoubtfulLot) -> list[str]:
    """Which decisions of a lot in doubt are proposed before the others."""
    _, _, rest = page.partition(f"/console/gauge-reviews/{review.pk}/lots/{doubtful.lot.pk}/clear/")
    form, _, _ = rest.partition("</form>")
    return re.findall(r'<button class="mes-button main"[^>]*>([^<]+)<', form)


def test_everything_in_doubt_is_held_by_one_button(boss: Client):
    review = make_review()

    boss.post(f"/console/gauge-reviews/{review.pk}/hold/")

    assert Nonconformance.objects.count() == 2


def test_the_home_page_tells_of_signals_doubts_and_gauges():
    make_chart(values=[104])
    make_review()
    plant.make_gauge("G-NEVER", calibrated_at=None)
    plant.make_gauge("G-SOON", calibrated_at=NOW, interval_days=5)

    assert next(each.what for each in chart_signals(NOW)).endswith("one point beyond 3 sigma")
    assert "in doubt" in next(each.what for each in gauge_reviews(NOW))
    lapsed, soon = (each.what for each in gauges_due(NOW))
    assert lapsed == "G-NEVER may not measure"
    assert soon.startswith("G-SOON")


def test_gauges_lapse_by_the_day_where_they_are():
    there = plant.make_site(time_zone="Pacific/Kiritimati")  # 14 hours ahead of UTC
    noon = NOW.replace(hour=12)
    gauge = plant.make_gauge("G-EAST", site=there, calibrated_at=noon - timedelta(days=9), interval_days=8)
    gauge.refresh_from_db()
    assert gauge.due_date == noon.date()

    assert [each.what for each in gauges_due(noon)] == ["G-EAST may not measure"]
    assert [each.level for each in gauges_due(NOW.replace(hour=8))] == ["risk"]


class TestApi:
    @pytest.fixture
    def api(self):
        client = APIClient()
        client.force_authenticate(plant.make_user(is_superuser=True))
        return client

    def test_a_chart_is_set_up_its_rules_chosen_and_its_limits_given(self, api):
        plan = plant.make_inspection_plan(
            characteristics=[{"name": "Weight", "lower_limit": 90, "upper_limit": 110}],
            sampling=plant.make_sampling(5),
        )
        said = {"characteristic": plan.characteristics.get().pk, "kind": "xbar_r"}
        wrong = api.post(
            "/api/v1/control-charts/", said | {"kind": "i_mr", "subgroup_size": 4}, format="json"
        )
        assert (wrong.status_code, wrong.data["errors"][0]["pointer"]) == (422, "#/subgroup_size")

        made = api.post("/api/v1/control-charts/", said, format="json")
        assert made.status_code == 201, made.data
        assert len(made.data["rules"]) == 8
        address = f"/api/v1/control-charts/{made.data['id']}/"

        rules = {"rules": [{"rule": 1, "holds_lot": True}, {"rule": 2, "points": 8}]}
        assert [r["rule"] for r in api.post(f"{address}rules/", rules, format="json").data["rules"]] == [1, 2]
        bad = api.post(f"{address}give/", {"center": 100, "reason": "x"}, format="json")
        assert (bad.status_code, bad.data["errors"][0]["pointer"]) == (422, "#/sigma")
        early = api.post(f"{address}fix/", {"reason": "x"}, format="json")
        assert (early.status_code, early.data["code"]) == (409, "quality.too_few_points")
        api.post(f"{address}give/", {"center": 100, "sigma": 1, "reason": "Qualified"}, format="json")
        enter(plan, 104)

        [signal] = api.get("/api/v1/chart-signals/?acknowledgement__isnull=true").data["results"]
        assert signal["nonconformance"] is not None
        done = api.post(f"/api/v1/chart-signals/{signal['id']}/acknowledge/", {"cause": "Nozzle"})
        assert done.status_code == 200
        again = api.post(f"/api/v1/chart-signals/{signal['id']}/acknowledge/", {"cause": "Nozzle"})
        assert (again.status_code, again.data["code"]) == (409, "quality.acknowledged_before")
        assert api.get(f"{address}data/").data["points"][0]["broken"][0]["acknowledged"]

    def test_lists_take_as_many_queries_for_many_as_for_few(self, api):
        for address in ("control-charts", "chart-signals", "chart-points", "chart-limits"):
            make_chart(values=[104])
            with CaptureQueriesContext(connection) as few:
                api.get(f"/api/v1/{address}/")
            for _ in range(2):
                make_chart(values=[104])
            with CaptureQueriesContext(connection) as many:
                api.get(f"/api/v1/{address}/")
            assert len(many) == len(few), address


def test_a_chart_of_single_values_needs_no_size_of_subgroup_and_a_wrong_one_is_told_in_words(as_role: As):
    inspector = as_role("inspector")
    plan = plant.make_inspection_plan(characteristics=[{"lower_limit": 90, "upper_limit": 110}])
    said = {
        "characteristic": plan.characteristics.get().pk,
        "kind": "i_mr",
        "rule_set": "nelson",
        "line": "",
        "name": "",
        "owner": "",
    }

    refused = inspector.post("/admin/quality/controlchart/add/", said | {"subgroup_size": "5"})
    inspector.post("/admin/quality/controlchart/add/", said | {"subgroup_size": ""})

    assert "a subgroup has a size that its chart can take" in refused.text
    assert "Constraint" not in refused.text
    assert ControlChart.objects.get().subgroup_size == 1


def test_a_nonconformance_says_which_chart_found_it(boss: Client):
    chart = make_chart(values=[100, 130], holds_lot=True)
    found = Nonconformance.objects.get(inspection__isnull=True)

    shown = boss.get(f"/admin/quality/nonconformance/{found.pk}/change/").text

    assert f'href="/admin/quality/controlchart/{chart.pk}/change/"' in shown


def test_a_variant_that_no_book_knows_is_refused_beside_the_field_with_those_that_there_are(as_role: As):
    chart = make_chart()
    client = as_role("manager")
    address = reverse("admin:quality_controlchart_change", args=[chart.pk])
    typed = {
        "name": chart.name,
        "owner": "",
        "rules-TOTAL_FORMS": "3",
        "rules-INITIAL_FORMS": "0",
        "rules-0-chart": chart.pk,
        "rules-0-rule": "2",
        "rules-0-points": "12",
        "rules-1-chart": chart.pk,
        "rules-1-rule": "5",
        "rules-1-points": "8",
        "rules-2-chart": chart.pk,
        "rules-2-rule": "3",
        "rules-2-points": "7",
    }

    refused = client.post(address, typed).content.decode()
    client.post(address, typed | {"rules-0-points": "8", "rules-1-points": ""})

    assert "Rule 2 looks at 7, 8 or 9 points, as books have it." in refused
    assert "Books do not differ on this rule: leave it empty." in refused
    assert "2: 9 points in a row on one side of the center line (or 7 or 8)" in refused
    assert set(chart.rules.values_list("rule", "points")) == {(1, None), (2, 8), (5, None), (3, 7)}
