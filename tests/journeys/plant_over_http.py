"""A plant that is set up, run and looked at over HTTP alone, each deed by the role that does it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Sum
from django.utils import timezone
from rest_framework.test import APIClient

from inventory.models import Balance
from mes.core.models import User
from mes.core.outbox import dispatch_facts
from mes.core.roles import ensure_roles
from tests.plant import MONDAY

Json = dict[str, Any]
PASSWORD = "correct horse battery"
TODAY = MONDAY.date()


class Person:
    """Somebody of the plant, or another system, with a token and the rights of one role."""

    def __init__(self, role: str) -> None:
        ensure_roles()
        user = User.objects.create_user(role, password=PASSWORD)
        user.groups.add(Group.objects.get(name=role))
        self.client = APIClient()
        token = self.post("tokens", username=role, password=PASSWORD)["token"]
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    def post(self, path: str, **body: Any) -> Json:
        answer = self.client.post(f"/api/v1/{path}/", body, format="json")
        assert answer.status_code in {200, 201}, f"{path}: {answer.content.decode()}"
        return dict(answer.json())

    def refused(self, path: str, **body: Any) -> Json:
        """What a refusal says."""
        answer = self.client.post(f"/api/v1/{path}/", body, format="json")
        assert answer.status_code in {403, 409, 422}, f"{path} was not refused: {answer.content.decode()}"
        assert answer["Content-Type"] == "application/problem+json"
        return dict(answer.json())

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(f"/api/v1/{path}/", query)
        assert answer.status_code == 200, f"{path}: {answer.content.decode()}"
        return answer.json()

    def find(self, path: str, **query: Any) -> list[Json]:
        return list(self.get(path, page_size=500, **query)["results"])

    def find_one(self, path: str, **query: Any) -> Json:
        (found,) = self.find(path, **query)
        return found


def inspection_plan(
    by: Person, item: Json, stage: str, code: str, characteristics: Iterable[Mapping[str, Any]]
) -> Json:
    plan = by.post("inspection-plans", code=code, name=code, item=item["id"], stage=stage)
    for number, each in enumerate(characteristics, start=1):
        by.post("characteristics", plan=plan["id"], number=number, **each)
    return by.post(f"inspection-plans/{plan['id']}/approve")


def process_plan(
    by: Person, item: Json, steps: Iterable[Mapping[str, Any]], components: Mapping[int, str]
) -> Json:
    """Steps 10, 20, …; the first takes the components, quantities by item id."""
    plan = by.post("process-plans", item=item["id"], revision="A")
    made = [
        by.post("steps", plan=plan["id"], sequence=10 * n, **step) for n, step in enumerate(steps, start=1)
    ]
    for part, quantity in components.items():
        by.post("components", plan=plan["id"], step=made[0]["id"], item=part, quantity_per=quantity)
    return by.post(f"process-plans/{plan['id']}/approve")


def work_center(by: Person, site: Json, code: str, machines: int = 1) -> Json:
    """A work center with machines, working every day from 6 to 22."""
    center = by.post("work-centers", site=site["id"], code=code, name=code)
    for number in range(1, machines + 1):
        by.post("machines", work_center=center["id"], code=f"{code}-{number}", name=f"{code} {number}")
    for weekday in range(7):
        by.post("shifts", work_center=center["id"], weekday=weekday, starts="06:00", ends="22:00")
    return center


def let_news_arrive() -> None:
    """What the worker does every few seconds."""
    for _ in range(3):
        dispatch_facts(at=timezone.now() + timedelta(minutes=1))


def measure(inspector: Person, lot: int, values: Mapping[str, str | bool]) -> list[str]:
    """Measure every piece of every open inspection of a lot; returns the stages that passed."""
    stages = []
    for inspection in inspector.find("inspections", lot=lot, status="open"):
        for characteristic in inspector.find("characteristics", plan=inspection["plan"]):
            given = values[characteristic["name"]]
            result = {"conforms": given} if isinstance(given, bool) else {"value": given}
            for piece in range(1, inspection["sample_size"] + 1):
                inspector.post(
                    f"inspections/{inspection['id']}/measure",
                    characteristic=characteristic["id"],
                    piece=piece,
                    **result,
                )
        assert inspector.get(f"inspections/{inspection['id']}")["status"] == "passed"
        stages.append(inspection["stage"])
    return stages


def make(operator: Person, inspector: Person, order: int, values: Mapping[str, str | bool]) -> int:
    """Work off a released production order step by step, inspecting as it asks for it; returns the lot of its batch."""
    batch = operator.find_one("batches", order=order)
    while ready := operator.find("operations", order=order, is_ready=True):
        machine = operator.find("machines", work_center=ready[0]["work_center"])[0]
        operator.post(f"operations/{ready[0]['id']}/start", machine=machine["id"])
        operator.post(f"operations/{ready[0]['id']}/finish", good=batch["quantity"])
        measure(inspector, batch["lot"], values)
    let_news_arrive()
    measure(inspector, batch["lot"], values)
    let_news_arrive()
    return int(batch["lot"])


def ledger_sum() -> Decimal:
    """Over all locations, edges of the plant included, stock adds up to nothing."""
    return Balance.objects.aggregate(total=Sum("quantity"))["total"] or Decimal(0)
