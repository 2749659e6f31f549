"""At the machine: what runs on it, what comes next and what that waits for, for whoever works there.

A page for a terminal that stands beside a machine. It remembers the machine for as long as somebody is signed in, and refreshes itself.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from inventory.models import Site
from mes.console.pages import draw, page, person
from mes.core.models import User
from production.handing_on import tell_handing_on
from production.models import Batch, Checkpoint, Downtime, Machine, Operation, Operator
from production.standing import OPEN, SHUT, gates_standing
from quality.models import Inspection

COMING_SHOWN = 6
REMEMBERED = "machine"
MAY_LOOK = "production.view_operation"


@dataclass(frozen=True)
class Choice:
    """A machine to choose, and what it is doing."""

    machine: Machine
    level: str
    word: str
    runs: Operation | None


@page(MAY_LOOK)
def choose(request: HttpRequest) -> HttpResponse:
    """Which machine? Whoever chose one before is led to it, unless another is wanted."""
    remembered = request.session.get(REMEMBERED, 0)
    if "other" not in request.GET and Machine.objects.working().filter(pk=remembered).exists():
        return HttpResponseRedirect(reverse("console:machine", args=[remembered]))
    site = _site(request)
    return draw(
        request,
        "console/machines.html",
        "At the machine",
        sites=Site.objects.order_by("code"),
        site=site,
        choices=_choices(site, at=timezone.now()),
    )


@page(MAY_LOOK)
def at_machine(request: HttpRequest, pk: int) -> HttpResponse:
    """One machine: what is at work there, and what is planned for it next."""
    machine = get_object_or_404(Machine.objects.select_related("work_center__site"), pk=pk)
    request.session[REMEMBERED] = machine.pk
    now = timezone.now()
    return draw(
        request,
        "console/machine.html",
        machine.name,
        machine=machine,
        now=now,
        down=Downtime.objects.current(now).filter(machine=machine).order_by("starts_at", "pk").first(),
        may_work=request.user.has_perm("production.change_operation"),
        may_inspect=request.user.has_perm("quality.add_measurement"),
        **work_at(machine, reader=person(request), at=now),
    )


def work_at(machine: Machine, *, reader: User, at: datetime) -> dict[str, Any]:
    """What is at work on a machine and what comes next there, in a fixed number of queries.

    `here`: operations that run or are paused there, with what was reported (`good`, `scrap`); `looks`: the inspections that are open
    while they run; `coming`: those that the plan has there next; `following`: the first of these that could
    start, else the first; `shut`: what keeps `reader` from starting it; `answered`: gates that somebody answered for.
    """
    operations: Any = (
        Operation.objects.with_readiness()
        .with_slot()
        .select_related(
            "batch__order__item", "batch__plan", "batch__lot", "step__work_center__site", "machine"
        )
    )
    at_work = operations.under_way().filter(machine=machine)
    # What runs is in the operator's hands; what is paused waits behind it.
    here = sorted(
        at_work.with_came().order_by("pk"), key=lambda each: each.status != Operation.Status.RUNNING
    )
    planned = Q(slot_machine=machine.pk) | Q(pinned_machine=machine, slot_machine__isnull=True)
    coming = list(operations.waiting().filter(planned).order_by("slot_starts_at", "pk")[:COMING_SHOWN])
    following = next((each for each in coming if each.is_ready), coming[0] if coming else None)
    tell_handing_on([*here, *([following] if following else [])])
    gates = gates_standing(following, person=reader, machine=machine, at=at) if following else []
    looks = Checkpoint.objects.filter(operation__in=here, inspection__status=Inspection.Status.OPEN)
    return {
        "here": here,
        "looks": list(looks.select_related("inspection__plan").order_by("due_at", "pk")),
        "coming": coming,
        "following": following,
        "shut": [each for each in gates if each.state == SHUT],
        "answered": [each for each in gates if each.state not in {OPEN, SHUT}],
        "released": {Batch.Status.RELEASED, Batch.Status.RUNNING},
    }


def _site(request: HttpRequest) -> Site | None:
    """The site that was asked for, by default the reader's own; None for all."""
    if "site" in request.GET:
        return Site.objects.filter(code=request.GET["site"]).first()
    own = Operator.objects.filter(user=person(request)).select_related("site").first()
    return own.site if own else None


def _choices(site: Site | None, *, at: datetime) -> list[Choice]:
    machines = Machine.objects.working().filter(work_center__is_unlimited=False)
    if site is not None:
        machines = machines.filter(work_center__site=site)
    running = Operation.objects.running().filter(machine__in=machines)
    runs = {each.machine_id: each for each in running.select_related("batch__order__item", "step")}
    down = set(Downtime.objects.current(at).values_list("machine", flat=True))
    ordered = machines.select_related("work_center__site").order_by(
        "work_center__site__code", "work_center__code", "code"
    )
    return [_choice(machine, runs.get(machine.pk), machine.pk in down) for machine in ordered]


def _choice(machine: Machine, runs: Operation | None, is_down: bool) -> Choice:
    if is_down:
        return Choice(machine, "late", "Down", runs)
    return Choice(machine, *(("running", "Running") if runs else ("planned", "Free")), runs)
