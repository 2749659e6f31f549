"""Who may do what to stock: the planner moves it, the inspector judges it, nobody on the shop floor rewrites the books."""

from collections.abc import Collection

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from rest_framework.test import APIClient

from inventory.models import Lot, Move
from mes.core.models import User
from mes.core.roles import ROLES, ensure_roles
from tests.plant import make_lot, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_throttle() -> None:
    cache.clear()


def somebody(role: str) -> User:
    ensure_roles()
    user = make_user()
    user.groups.add(Group.objects.get(name=role))
    return user


def answer(role: str, path: str, **body: object) -> int:
    client = APIClient()
    client.force_authenticate(somebody(role))
    return int(client.post(f"/api/v1/{path}/", body, format="json").status_code)


def who_may(permission: str) -> Collection[str]:
    return {role for role in ROLES if somebody(role).has_perm(permission)}


def test_lots_are_judged_by_inspectors_and_managers():
    assert who_may("inventory.judge_lot") == {"inspector", "manager"}


@pytest.mark.parametrize("permission", ["inventory.reverse_move", "inventory.adjust_stock"])
def test_the_books_are_put_right_by_planners_and_managers(permission):
    assert who_may(permission) == {"planner", "manager"}


@pytest.mark.parametrize("verdict", ["hold", "reject", "quarantine", "release"])
def test_a_planner_does_not_judge_a_lot(verdict):
    lot = make_lot()

    assert answer("planner", f"lots/{lot.pk}/{verdict}", reason="Doubt") == 403

    lot.refresh_from_db()
    assert lot.status == Lot.Status.RELEASED


def test_an_inspector_takes_back_rows_of_what_inspectors_write():
    for row in ("chartrule", "characteristic", "inspectionpicture"):
        assert "inspector" in who_may(f"quality.delete_{row}")
    assert "inspector" not in who_may("quality.delete_measurement")


def test_an_inspector_holds_a_lot_and_releases_it():
    lot = make_lot()

    assert answer("inspector", f"lots/{lot.pk}/hold", reason="Doubt") == 200
    assert answer("inspector", f"lots/{lot.pk}/release") == 200


@pytest.mark.parametrize("role", ["operator", "integrator"])
def test_who_moves_stock_does_not_therefore_rewrite_the_books(role):
    move = make_lot().moves.get()
    change = {"location": move.destination_id, "quantity_change": "-1", "reason": "Leak"}

    assert answer(role, f"moves/{move.pk}/reverse", reason="Wrong lot") == 403
    assert answer(role, f"lots/{move.lot_id}/adjust", **change) == 403

    assert Move.objects.filter(lot=move.lot_id).count() == 1


def test_a_planner_adjusts_and_reverses():
    move = make_lot().moves.get()
    change = {"location": move.destination_id, "quantity_change": "1", "reason": "Found"}

    assert answer("planner", f"lots/{move.lot_id}/adjust", **change) == 200
    assert answer("planner", f"moves/{move.pk}/reverse", reason="Wrong lot") == 200
