"""The console's own pages of the ground, as each role sees them."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from mes.core import trail
from mes.core.models import FactDelivery, User
from mes.core.roles import ROLES, ensure_roles
from tests.core.ground import Subscribe, a_user, ring

pytestmark = pytest.mark.django_db


def client_in(role: str) -> Client:
    ensure_roles()
    user = a_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def deliveries(subscribe: Subscribe) -> list[FactDelivery]:
    subscribe("door", lambda fact: None)
    ring(*range(20))
    return list(FactDelivery.objects.all())


@pytest.mark.parametrize("page", ["fact", "factdelivery", "user"])
def test_a_manager_sees_every_list_of_the_ground(page: str, deliveries: list[FactDelivery]):
    assert client_in("manager").get(f"/admin/core/{page}/").status_code == 200


def test_a_fact_shows_what_it_says_and_who_heard_it(deliveries: list[FactDelivery]):
    page = client_in("planner").get(f"/admin/core/fact/{deliveries[0].fact_id}/change/").content.decode()

    assert "&quot;number&quot;: 0" in page


def test_a_parked_delivery_shows_why_and_is_tried_again_by_a_manager(deliveries: list[FactDelivery]):
    manager = client_in("manager")
    delivery = deliveries[0]
    delivery.move_to("parked", error="Traceback: no chair left")

    page = manager.get(f"/admin/core/factdelivery/{delivery.pk}/change/").content.decode()
    manager.post(f"/admin/core/factdelivery/{delivery.pk}/do/try-again/")

    assert "Traceback: no chair left" in page
    delivery.refresh_from_db()
    assert delivery.status == "pending"


def test_the_list_of_deliveries_costs_the_same_however_long_it_is(
    deliveries: list[FactDelivery], django_assert_max_num_queries: Callable[[int], Any]
):
    manager = client_in("manager")

    with django_assert_max_num_queries(10):
        manager.get("/admin/core/factdelivery/")


@pytest.mark.parametrize("role", ["planner", "operator", "inspector"])
def test_only_a_manager_gives_out_roles(role: str):
    assert client_in(role).get("/admin/core/user/").status_code == 403


def test_a_manager_hands_out_roles_but_makes_nobody_a_superuser():
    manager = client_in("manager")
    other = a_user("bob")
    page = manager.get(f"/admin/core/user/{other.pk}/change/").content.decode()

    assert 'name="groups"' in page
    assert 'name="is_superuser"' not in page
    assert 'name="user_permissions"' not in page


def test_a_manager_neither_changes_the_own_roles_nor_a_superuser():
    manager = client_in("manager")
    own = User.objects.get(username="manager")
    root = a_user("root", is_superuser=True)

    assert 'name="groups"' not in manager.get(f"/admin/core/user/{own.pk}/change/").content.decode()
    assert manager.post(f"/admin/core/user/{root.pk}/change/", {"username": "mine"}).status_code == 403
    assert manager.get(f"/admin/core/user/{root.pk}/password/").status_code == 403


# --- roles -----------------------------------------------------------------------------------------------------------


def test_every_pattern_of_every_role_still_means_something():
    names = {
        f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")
    }
    idle = {
        (role, pattern)
        for role, patterns in ROLES.items()
        for pattern in patterns
        if not any(fnmatchcase(name, pattern) for name in names)
    }

    assert idle == set()


def test_roles_are_made_once_and_mended_by_the_next_run(capsys: pytest.CaptureFixture[str]):
    call_command("ensure_roles")
    planner = Group.objects.get(name="planner")
    before = planner.permissions.count()
    planner.permissions.clear()

    call_command("ensure_roles")

    assert planner.permissions.count() == before > 50
    assert Group.objects.count() == len(ROLES)
    assert "planner: " in capsys.readouterr().out


def test_an_operator_works_off_operations_but_neither_plans_nor_judges():
    ensure_roles()
    operator = a_user("operator")
    operator.groups.add(Group.objects.get(name="operator"))

    assert operator.has_perm("production.change_operation")
    assert operator.has_perm("quality.add_measurement")
    assert not operator.has_perm("production.add_productionorder")
    assert not operator.has_perm("quality.change_nonconformance")
    assert not operator.has_perm("core.view_user")


def test_no_role_rewrites_history():
    ensure_roles()

    rewriting = [
        f"{deed}_{event._meta.model_name}"
        for event in trail.tracked().values()
        for deed in ("add", "change", "delete")
    ]
    assert not Permission.objects.filter(group__isnull=False, codename__in=rewriting).exists()
