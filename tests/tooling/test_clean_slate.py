"""What a test with transactions of its own leaves is gone before the next one, and what it took away is back."""

import pytest
from django.contrib.auth.models import Permission

from inventory.models import Lot, Move
from mes.core.models import SignaturePolicy
from production.models import SchedulingRules
from tests.clean_slate import Slate
from tests.plant import make_lot
from tests.racing import held_up

pytestmark = pytest.mark.django_db(transaction=True)


def test_tables_that_only_grow_are_emptied_and_what_migrations_wrote_comes_back():
    slate = Slate.as_it_is()
    rights, rules = Permission.objects.in_bulk(), SignaturePolicy.objects.in_bulk()
    make_lot()
    Permission.objects.filter(codename="view_lot").delete()
    SignaturePolicy.objects.all().delete()
    SchedulingRules.objects.update(normal_weight=7)

    slate.restore()

    assert not Move.objects.exists()
    assert Slate.as_it_is() == slate
    assert (Permission.objects.in_bulk(), SignaturePolicy.objects.in_bulk()) == (rights, rules)


def test_whoever_still_writes_is_waited_for():
    slate = Slate.as_it_is()

    held_up(slate.restore, by=make_lot)

    assert not Lot.objects.exists()


def test_rules_that_migrations_stated_outlast_the_tests_before():
    assert SchedulingRules.objects.filter(pk=1).exists()
    assert SignaturePolicy.objects.filter(kind="production.batch", meaning="review").exists()
