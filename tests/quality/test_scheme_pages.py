"""Sampling schemes at the console: shown is what means something for the kind of scheme, in words."""

from decimal import Decimal
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from quality.models import SamplingScheme
from tests import plant

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner() -> Client:
    client = Client()
    client.force_login(plant.make_user(is_staff=True, is_superuser=True))
    return client


def scheme_page(client: Client, scheme: SamplingScheme) -> str:
    return client.get(f"/admin/quality/samplingscheme/{scheme.pk}/change/").content.decode()


def test_the_page_of_a_scheme_shows_what_means_something_for_its_kind(client: Client):
    zero = SamplingScheme.objects.create(name="c = 0", kind="zero", aql=Decimal("1.0"))
    reader = plant.make_user(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_samplingscheme"))
    client.force_login(reader)

    shown = scheme_page(client, zero)

    assert "Inspection level" in shown
    for meaningless in ("Acceptance number", "Reduction limit", "Switches", "Counts", "Size"):
        assert f"{meaningless}" not in shown, meaningless


def test_who_changes_a_scheme_is_asked_for_what_its_kind_needs(planner: Client):
    zero = SamplingScheme.objects.create(name="c = 0", kind="zero", aql=Decimal("1.0"))

    shown = unescape(scheme_page(planner, zero))

    assert """x-show="typeof kind === 'undefined' || ['all', 'fixed', 'percent'].includes(kind)\"""" in shown
    assert (
        """x-show="typeof kind === 'undefined' || ['double', 'multiple', 'single'].includes(kind)\""""
        in shown
    )


def test_the_list_of_schemes_says_what_each_draws_and_whether_it_switches(planner: Client):
    SamplingScheme.objects.create(name="A", kind="zero", aql=Decimal("1.0"), skip_qualifies=5, skip_every=3)
    SamplingScheme.objects.create(name="B", kind="single", aql=Decimal("0.65"), reduces=False)
    SamplingScheme.objects.create(name="C", kind="fixed", size=5, accept=1)

    shown = planner.get("/admin/quality/samplingscheme/").content.decode()

    for told in (
        "AQL 1, level II, none may fail",
        "always alike",
        "one of 3 inspected after 5",
        "AQL 0.65, level II",
        "switches, never reduced",
        "5 of each lot, 1 may fail",
    ):
        assert told in shown, told
