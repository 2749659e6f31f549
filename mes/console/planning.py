"""What the board asks of the server while a planner works on it: trials, pins, undo and what-if plans, in JSON.

Moments are milliseconds since 1970 and machines go by the keys of their rows, as in the board's own data; changes come as the
API takes them (`production.change_inputs`). Refusals are `application/problem+json`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from forecasting.displacement import delays_against_published, risks_of
from mes.core.links import address_of
from mes.core.models import User
from mes.core.permissions import requires
from mes.core.unknown import read_body
from production import board_changes, change_inputs, what_ifs
from production.models import BoardChange, Operation, WhatIf
from production.publishing import Place
from production.trials import Trial

MAY_LOOK: Final = "production.view_slot"
MAY_PLAN: Final = "production.add_schedule"


class BoardView(APIView):
    """An address of the board: for people who are logged in; whoever may look may read, planners write. No part of the public API."""

    authentication_classes = [SessionAuthentication]
    schema = None

    def get_permissions(self) -> Sequence[Any]:
        return [requires(MAY_LOOK if self.request.method in SAFE_METHODS else MAY_PLAN)()]

    @property
    def person(self) -> User:
        """Who asks; nobody else gets through."""
        assert isinstance(self.request.user, User)  # noqa: S101 - tells the type checker what the permission has made sure of
        return self.request.user

    def asked(self, serializer: type[BaseSerializer[Any]]) -> dict[str, Any]:
        """The body as the service wants it."""
        return read_body(serializer, self.request)


class TryOut(BoardView):
    """What changes would cost, and whether they are possible."""

    def post(self, request: Request) -> Response:
        asked = self.asked(change_inputs.TrialInput)
        return Response(_trial(what_ifs.try_changes(**asked, by=self.person, at=timezone.now())))


class SetPins(BoardView):
    """Pins are set and the plan is made anew."""

    def post(self, request: Request) -> Response:
        changes = self.asked(change_inputs.PinsInput)["changes"]
        return Response(_on_board(board_changes.pin_on_board(changes, by=self.person, at=timezone.now())))


class Undo(BoardView):
    """The planner's latest change on the board is taken back."""

    def post(self, request: Request) -> Response:
        return Response(_on_board(board_changes.undo_on_board(by=self.person, at=timezone.now())))


class WhatIfs(BoardView):
    """Every open what-if plan, newest first, and what this planner could take back; or a new one."""

    def get(self, request: Request) -> Response:
        plans = WhatIf.objects.open().for_lists().order_by("-made_at", "-pk")
        latest = board_changes.latest_change(self.person)
        return Response({"what_ifs": [_what_if(plan) for plan in plans], "undo": _undo(latest)})

    def post(self, request: Request) -> Response:
        asked = self.asked(change_inputs.WhatIfInput)
        plan = what_ifs.create_what_if(**asked, by=self.person, at=timezone.now())
        return Response(_what_if(plan), status=status.HTTP_201_CREATED)


class ChangeWhatIf(BoardView):
    """Changes are added, and it is worked out again; without any, only that."""

    def post(self, request: Request, pk: int) -> Response:
        asked = self.asked(change_inputs.MoreChangesInput)
        plan = get_object_or_404(WhatIf, pk=pk)
        return Response(_what_if(what_ifs.change_what_if(plan, **asked, by=self.person, at=timezone.now())))


class PublishWhatIf(BoardView):
    """Its changes are put in force, and a plan close to it is published."""

    def post(self, request: Request, pk: int) -> Response:
        plan = get_object_or_404(WhatIf, pk=pk)
        schedule = what_ifs.publish_what_if(plan, by=self.person, at=timezone.now()).published_as
        sentence = " ".join([f"“{plan}” is published: {schedule}.", *plan.caveats])
        latest = board_changes.latest_change(self.person)
        version = schedule.version if schedule is not None else None
        page = address_of(plan)
        back = f"{page}#back" if page is not None else None
        return Response({"version": version, "sentence": sentence, "undo": _undo(latest), "back": back})


class DropWhatIf(BoardView):
    """It is decided against."""

    def post(self, request: Request, pk: int) -> Response:
        plan = get_object_or_404(WhatIf, pk=pk)
        what_ifs.drop_what_if(plan, by=self.person, at=timezone.now())
        return Response({"id": plan.pk, "sentence": f"“{plan}” is dropped."})


class CompareWhatIf(BoardView):
    """Figures before and after, the orders that end at another time, and the stock batches that come on a later day."""

    def get(self, request: Request, pk: int) -> Response:
        plan = get_object_or_404(WhatIf.objects.with_staleness(), pk=pk)
        return Response(
            _what_if(plan)
            | {
                "orders": [_order(order) for order in plan.orders],
                "stock": _stock(what_ifs.all_places_in(plan)),
            }
        )


# --- written small for the browser -----------------------------------------------------------------------------------


def _trial(trial: Trial) -> dict[str, Any]:
    comparison = trial.comparison.as_json()
    return {
        "feasible": trial.feasible,
        "refusals": trial.refusals,
        "sentence": trial.sentence,
        "before": _figures(comparison["before"]),
        "after": _figures(comparison["after"]),
        "moved": trial.comparison.moved,
        "orders": [_order(order) for order in comparison["orders"]],
        "slots": _slots(trial.places),
        "stock": _stock(trial.places),
    }


def _stock(places: Iterable[Place]) -> list[dict[str, Any]]:
    """Stock batches that would come on a later day than by the published plan, and what that risks, the dearest first."""
    risks = risks_of(delays_against_published(places), at=timezone.now())
    return [
        {"batch": risk.batch.number, "chance": risk.now.probability, "why": risk.sentence} for risk in risks
    ]


def _slots(places: Iterable[Place]) -> list[dict[str, Any]]:
    """Only what differs from the published plan; the parts of a split operation share its id."""
    moved = what_ifs.unlike_published(places)
    unlimited = [place.operation for place in moved if place.machine is None]
    centers = dict(Operation.objects.filter(pk__in=unlimited).values_list("pk", "step__work_center"))
    return [
        {
            "id": place.operation,
            "row": f"m-{place.machine}" if place.machine is not None else f"wc-{centers[place.operation]}",
            "start": _ms(place.starts_at),
            "setup": _ms(place.setup_ends_at),
            "end": _ms(place.ends_at),
        }
        for place in moved
    ]


def _on_board(done: board_changes.OnBoard) -> dict[str, Any]:
    return {"version": done.schedule.version, "sentence": done.sentence, "undo": _undo(done.undo)}


def _undo(change: BoardChange | None) -> dict[str, Any] | None:
    return {"label": change.label} if change is not None else None


def _what_if(plan: WhatIf) -> dict[str, Any]:
    return {
        "id": plan.pk,
        "name": plan.name,
        "by": str(plan.by),
        "made_at": _ms(plan.made_at),
        "based_on_version": plan.based_on.version,
        "is_stale": getattr(plan, "is_stale", False),
        "freely": plan.freely,
        "changes": plan.told,
        "feasible": not plan.refusals,
        "refusals": plan.refusals,
        "caveats": plan.caveats,
        "before": _figures(plan.figures["before"]),
        "after": _figures(plan.figures["after"]),
        "unaided": _figures(unaided) if (unaided := plan.figures.get("unaided")) else None,
        "moved": plan.figures["moved"],
    }


def _figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    return dict(figures) | {"ends_at": _ms_of(figures["ends_at"])}


def _order(order: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": order["number"],
        "item": order["item"],
        "customer": order["reason"],
        "due": _ms_of(order["due_at"]),
        "was": _ms_of(order["was"]),
        "now": _ms_of(order["now"]),
        "late_before_hours": order["late_before_hours"],
        "late_after_hours": order["late_after_hours"],
    }


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _ms_of(moment: str | None) -> int | None:
    return _ms(datetime.fromisoformat(moment)) if moment else None
