"""The demo has something to show of demand: events, an agreed number, a freeze, forecasts that were judged."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from forecasting import services
from forecasting.models import Consensus, DemandEvent, ForecastAccuracy, Freeze, ItemForecast, Override
from mes.console.demo import foreseeing
from mes.console.demo.people import ensure_people
from mes.console.demo.preparation import CLEARWELL, PLANTS
from mes.core.roles import ensure_roles

pytestmark = pytest.mark.django_db


def test_what_planners_of_clearwell_know_enters_its_forecasts_and_is_judged(monkeypatch):
    ensure_roles()
    ensure_people()
    call_command("load_plant", str(PLANTS / CLEARWELL), stdout=StringIO())
    assert foreseeing.events_are_missing()

    foreseeing.explain_demand(StringIO())
    services.run_forecast(horizon_days=42, at=timezone.now())
    assert foreseeing.people_are_silent()
    foreseeing.agree_on_demand(StringIO())
    assert foreseeing.forecasts_are_unjudged()
    monkeypatch.setattr(foreseeing, "WEEKS_IN_HINDSIGHT", 2)
    foreseeing.judge(StringIO())

    assert not foreseeing.events_are_missing()
    assert not foreseeing.people_are_silent()
    assert not foreseeing.forecasts_are_unjudged()
    assert DemandEvent.objects.proposed().filter(item__number=foreseeing.UNUSUAL).exists()
    assert (Consensus.objects.count(), Freeze.objects.count(), Override.objects.count()) == (1, 1, 1)
    assert ForecastAccuracy.objects.of_items().count() > 20
    newest = ItemForecast.objects.get(item__number=foreseeing.PROMOTED, run__horizon_days=42)
    assert "Laundry weeks at Brightmart" in newest.why
