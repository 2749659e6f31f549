"""The console tells times as the clocks at the plant do, and takes them so where they are typed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from inventory.models import Site
from mes.console.zone import zone_for
from mes.core.links import address_of
from production import services
from production.models import Downtime, Operator
from tests.plant import make_site, make_user
from tests.shop import make_work_center

pytestmark = pytest.mark.django_db


def test_a_moment_is_told_and_typed_in_the_time_of_the_plant(boss: Client):
    site = make_site(time_zone="Asia/Tokyo")  # nine hours ahead, all year
    machine = make_work_center(site=site).machines.get()
    since = timezone.now() - timedelta(hours=1)
    down = services.report_breakdown(machine, "Spindle", by=make_user(), at=since)
    local = since.astimezone(site.zone)

    assert (
        f"Down since {local:%a} {local.day} {local:%b}, {local:%H:%M}"
        in boss.get(f"/console/machines/{machine.pk}/").text
    )
    assert f"{machine} down since {local:%Y-%m-%d %H:%M}" in boss.get(str(address_of(down))).text
    services.end_downtime(down, by=make_user(), at=timezone.now())
    twice = boss.post(f"/console/do/end-downtime/{down.pk}/", follow=True).text
    assert re.search(r"is working again since \d{4}-\d\d-\d\d \d\d:\d\d JST", twice)
    day = (timezone.localtime(timezone=site.zone) + timedelta(days=3)).date()
    boss.post(
        f"/admin/production/machine/{machine.pk}/do/plan-maintenance/",
        {
            "starts_at_0": f"{day:%d/%m/%Y}",
            "starts_at_1": "06:00",
            "ends_at_0": f"{day:%d/%m/%Y}",
            "ends_at_1": "08:00",
            "starts_at": f"{day}T06:00",
            "ends_at": f"{day}T08:00",
            "reason": "Oil",
        },
    )

    planned = Downtime.objects.get(kind="planned")
    assert planned.starts_at == datetime(day.year, day.month, day.day, 6, tzinfo=site.zone)
    assert timezone.get_current_timezone_name() == "UTC", "and nobody else's time is another for it"


def test_with_sites_in_several_zones_it_is_the_time_of_ones_own_site():
    tokyo, berlin = make_site(time_zone="Asia/Tokyo"), make_site(time_zone="Europe/Berlin")
    at_home, anywhere = make_user(), make_user()
    Operator.objects.create(user=at_home, site=berlin, badge="B-1")

    assert str(zone_for(at_home)) == "Europe/Berlin"
    assert zone_for(anywhere) == UTC
    Site.objects.filter(pk=berlin.pk).update(time_zone=tokyo.time_zone)
    assert str(zone_for(anywhere)) == "Asia/Tokyo"


def test_the_api_keeps_to_utc(boss: Client):
    site = make_site(time_zone="Asia/Tokyo")
    machine = make_work_center(site=site).machines.get()
    services.report_breakdown(machine, "Spindle", by=make_user(), at=datetime(2026, 3, 2, 8, tzinfo=UTC))

    assert boss.get("/api/v1/downtimes/").json()["results"][0]["starts_at"] == "2026-03-02T08:00:00Z"
