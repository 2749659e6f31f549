"""Operators, a mechanic and the planner at once, with real threads on PostgreSQL: no operation is lost and none is booked twice."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from threading import Barrier
from time import monotonic
from typing import Any

import pytest
from django.db import connections

from mes.core.models import User
from mes.core.refusals import DomainError
from production import planning, services
from production.models import Machine, Operation, Schedule, Slot
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ORDERS, MACHINES, ACTS, REPLANS, BREAKDOWNS = 15, 4, 25, 8, 3
MINUTES_A_SECOND = 20
REFUSED = (DomainError, Operation.DoesNotExist)


class Clock:
    """The plant's time runs faster than ours."""

    def __init__(self) -> None:
        self.began = monotonic()

    def now(self) -> datetime:
        return MONDAY + timedelta(minutes=(monotonic() - self.began) * MINUTES_A_SECOND)


def all_at_once(*people: Callable[[], None]) -> None:
    """Let them work at the same time, each on a connection of its own; a bug of any of them is raised."""
    barrier = Barrier(len(people))

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(run, people))


def operator(machine: int, seed: int, by: User, clock: Clock) -> Callable[[], None]:
    """Takes what is next on a machine, and then finishes it, pauses it or scraps some."""
    draw = random.Random(seed)

    def begin() -> None:
        at_hand = Operation.objects.filter(machine=machine, status__in=["running", "paused"]).first()
        if at_hand is None:
            ready: Any = Operation.objects.ready().with_slot()
            mine = ready.filter(slot_machine=machine).select_related("step__work_center")
            operation = mine.order_by("slot_starts_at", "pk")[0:1].get()
            services.start_operation(operation, by=by, at=clock.now())
        elif at_hand.status == "paused":
            services.resume_operation(
                Operation.objects.select_related("step__work_center").get(pk=at_hand.pk),
                by=by,
                at=clock.now(),
            )

    def go_on() -> None:
        operation = Operation.objects.select_related("step").get(machine=machine, status="running")
        if draw.random() < 0.3:
            services.pause_operation(operation, by=by, at=clock.now())
            return
        before = operation.batch.operations.filter(status="done").order_by("-sequence").first()
        there = before.good_quantity if before is not None else operation.batch.quantity
        scrap = Decimal(draw.choice([0, 0, 1, int(there)]))
        services.finish_operation(operation, good=there - scrap, scrap=scrap, by=by, at=clock.now())

    def work() -> None:
        for _ in range(ACTS):
            for act in (begin, go_on):
                try:
                    act()
                except REFUSED:
                    continue

    return work


def mechanic(machine: int, by: User, clock: Clock) -> Callable[[], None]:
    def work() -> None:
        for _ in range(BREAKDOWNS):
            mine = Machine.objects.select_related("work_center__site").get(pk=machine)
            try:
                downtime = services.report_breakdown(mine, "Spindle", by=by, at=clock.now())
                planning.reschedule(reason="breakdown", at=clock.now(), seconds=0, repair=True)
                services.end_downtime(downtime, by=by, at=clock.now())
            except REFUSED:
                continue

    return work


def planner(clock: Clock) -> Callable[[], None]:
    def work() -> None:
        for _ in range(REPLANS):
            planning.reschedule(reason="again", at=clock.now(), seconds=0, repair=True)

    return work


def test_while_operators_work_and_a_machine_breaks_down_every_operation_keeps_one_place_or_a_reason():
    site = make_site()
    saws, mills = (make_work_center(site=site, machines=MACHINES // 2) for _ in range(2))
    item = make_made_item([saws, mills, saws], site=site)
    for _ in range(ORDERS):
        plan_order(item, 10)
    planning.reschedule(reason="first", at=MONDAY, seconds=0)
    clock, machines = Clock(), list(Machine.objects.order_by("pk").values_list("pk", flat=True))

    all_at_once(
        planner(clock),
        planner(clock),
        mechanic(machines[0], make_user(), clock),
        *(operator(machine, seed, make_user(), clock) for seed, machine in enumerate(machines)),
    )

    latest = Schedule.objects.latest("version")
    explained = {(row["batch"], row["sequence"]) for row in latest.unplanned if row["reason"]}
    slots: dict[int, list[Any]] = {}
    for slot in Slot.objects.published():
        slots.setdefault(slot.operation_id, []).append(slot)
    unfinished = list(Operation.objects.unfinished().select_related("batch"))
    for operation in unfinished:
        keys = {(operation.batch.number, operation.sequence), (operation.batch.number, None)}
        assert len(slots.pop(operation.pk, [])) == 1 or keys & explained, operation
    assert slots == {}, "what is done or cancelled has no place in the plan"
    assert Operation.objects.filter(status="done").exists()
    assert latest.version >= 2 * REPLANS
    for machine in machines:
        line = list(Slot.objects.published().filter(machine=machine).order_by("starts_at"))
        assert all(one.ends_at <= two.starts_at for one, two in pairwise(line))
