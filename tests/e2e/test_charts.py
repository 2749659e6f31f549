"""A control chart in a real browser: it is drawn anew on every screen while somebody else enters results."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from mes.core.models import User
from quality import services
from quality.models import ChartSignal, ControlChart, Inspection, SignalAcknowledgement, Stage
from quality.services import RuleAsked
from tests.e2e.conftest import BrowserPage, Login
from tests.e2e.test_console import pixels_too_wide
from tests.plant import make_inspection, make_inspection_plan, make_sampling, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def inspector() -> User:
    return make_user("inspector", is_staff=True, is_superuser=True)


def a_watched_line(inspector: User) -> ControlChart:
    plan = make_inspection_plan(
        stage=Stage.IN_PROCESS,
        characteristics=[{"name": "Net content", "lower_limit": 90, "upper_limit": 110, "uom": "g"}],
        sampling=make_sampling(5),
    )
    acting: dict[str, Any] = {"by": inspector, "at": timezone.now()}
    chart = services.set_up_chart(plan.characteristics.get(), "xbar_r", rules=[RuleAsked(1)], **acting)
    services.give_limits(chart, "Qualified", center=100, sigma=1, **acting)
    for value in (100, 100.4, 99.7):
        weigh(chart, value, inspector)
    return chart


def weigh(chart: ControlChart, mean: float, by: User) -> Inspection:
    plan = chart.characteristic.plan
    inspection = make_inspection(plan, lot_quantity=500)
    for piece, step in enumerate((-1, -0.5, 0, 0.5, 1), start=1):
        services.record_measurement(
            inspection,
            plan.characteristics.get(),
            piece=piece,
            value=Decimal(str(round(mean + step, 2))),
            by=by,
            at=timezone.now(),
        )
    return inspection


def test_a_chart_is_drawn_anew_on_two_screens_while_a_colleague_weighs(
    browser_page: BrowserPage, login: Login, inspector: User
):
    chart = a_watched_line(inspector)
    screens = [browser_page(), browser_page(1024, 768, color_scheme="dark")]
    for screen in screens:
        login(screen, inspector)
        screen.goto(f"/admin/quality/controlchart/{chart.pk}/change/")
        expect(screen.locator("#chart-main")).to_have_attribute("data-points", "3")

    weigh(chart, 103, inspector)

    for screen in screens:
        expect(screen.locator("#chart-main")).to_have_attribute("data-points", "4")
        expect(screen.locator("#chart-side")).to_contain_text("one point beyond 3 sigma")
        assert pixels_too_wide(screen) == 0


def test_an_inspector_acknowledges_beside_the_chart(browser_page: BrowserPage, login: Login, inspector: User):
    chart = a_watched_line(inspector)
    weigh(chart, 103, inspector)
    page = browser_page()
    login(page, inspector)
    page.goto(f"/admin/quality/controlchart/{chart.pk}/change/")

    page.get_by_label("Cause of point 4").fill("Nozzle 3 worn")
    page.get_by_label("What was done").fill("Replaced")
    page.get_by_role("button", name="Acknowledge").click()

    expect(page.locator("#chart-side")).to_contain_text("Nozzle 3 worn; Replaced")
    assert SignalAcknowledgement.objects.get().signal == ChartSignal.objects.get()
