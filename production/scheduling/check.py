"""Is this plan true? An independent reading of the problem's rules; shares no arithmetic with the solver."""

import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import ceil

from production.scheduling.problem import Problem
from production.scheduling.result import Assignment, Result
from production.scheduling.rows import Link, Task, TaskKey

Windows = tuple[tuple[int, int], ...]


def check(problem: Problem, result: Result, present: Iterable[Assignment] | None = None) -> list[str]:
    """Every way in which a plan breaks its problem's rules, as sentences; an empty list means that it holds.

    Give the `present` plan that `solve` was given to have the frozen fence checked too.
    """
    facts = _Facts(problem, result)
    strangers = [
        slot
        for slot in result.assignments
        if slot.key not in facts.tasks or slot.machine not in facts.machines
    ]
    if strangers:
        return [f"{_name(slot.key)} on {slot.machine} is not in the problem." for slot in strangers]
    found = [*_completeness(facts), *_figures(facts), *_overlaps(facts), *_frozen(facts, present)]
    found += [*_shared(facts), *_reserved(facts)]
    for key, slot in facts.slots.items():
        task = facts.tasks[key]
        if task.running is not None:
            found += _running(facts, task, slot)
            continue
        found += _place(facts, task, slot)
        found += _timing(facts, task, slot)
        found += _setting_up(facts, task, slot)
        found += _precedence(facts, task, slot)
    return found


class _Hours:
    """Windows in which somebody works, ready to be searched."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.closes = [end for _, end in windows]

    def work(self, start: int, end: int) -> int:
        """Working seconds from start to end, added up window by window."""
        first = bisect_left(self.closes, start)
        if first < len(self.windows) and self.windows[first][0] <= start and end <= self.closes[first]:
            return max(end - start, 0)
        total = 0
        for place in range(first, len(self.windows)):
            opens, closes = self.windows[place]
            if opens >= end:
                break
            total += max(0, min(closes, end) - max(opens, start))
        return total

    def is_open(self, at: int) -> bool:
        place = bisect_right(self.closes, at)
        return place < len(self.windows) and self.windows[place][0] <= at


MOST_AT_ONCE = 6  # of slots that take no time and whose order is looked for


class _Facts:
    """The problem and the plan, ready to be looked up."""

    def __init__(self, problem: Problem, result: Result) -> None:
        self.problem = problem
        self.result = result
        self.jobs = {job.id: job for job in problem.jobs}
        self.tasks = {task.key: task for job in problem.jobs for task in job.tasks}
        self.machines = {machine.id: machine for machine in problem.machines}
        self.resources = {resource.id: resource for resource in problem.resources}
        self.families = {family: number for number, family in enumerate(problem.setup.families)}
        self.common: dict[tuple[Windows, ...], _Hours] = {}
        self.own = {
            machine.id: None if machine.calendar is None else self._hours((machine.calendar.windows,))
            for machine in problem.machines
        }
        self.slots = {slot.key: slot for slot in result.assignments}
        self.broken = {remark.key for remark in result.broken_pins}
        self.lines: dict[str, list[Assignment]] = defaultdict(list)
        for slot in result.assignments:
            if slot.machine in self.machines and not self.machines[slot.machine].is_unlimited:
                self.lines[slot.machine].append(slot)
        self.before: dict[TaskKey, Assignment] = {}
        for line in self.lines.values():
            line.sort(key=lambda slot: (slot.start, slot.end, slot.key))
            line[:] = self._in_turn(line)
            self.before.update({after.key: slot for slot, after in itertools.pairwise(line)})

    def _in_turn(self, line: list[Assignment]) -> list[Assignment]:
        """A machine's slots as they follow each other: those that take no time, at one moment, in an order in which all are set up."""
        turned: list[Assignment] = []
        for (start, end), group in itertools.groupby(line, key=lambda slot: (slot.start, slot.end)):
            together = list(group)
            if start == end and 1 < len(together) <= MOST_AT_ONCE:
                around = line[max(len(turned) - 1, 0) : len(turned) + len(together) + 1]
                if all(slot.key in self.tasks for slot in around):
                    behind = line[len(turned) + len(together) :][:1]
                    together = self._set_up_in_turn(turned[-1:], together, behind)
            turned += together
        return turned

    def _set_up_in_turn(
        self, former: list[Assignment], together: list[Assignment], behind: list[Assignment]
    ) -> list[Assignment]:
        """No plan tells which of those that take no time came first; the order they are listed in where none fits."""
        for order in itertools.permutations(together):
            chain = [*former, *order, *behind]
            pairs = itertools.pairwise(chain) if former else [(None, chain[0]), *itertools.pairwise(chain)]
            if all(self.setup_given(slot) == self.setup_wanted(before, slot) for before, slot in pairs):
                return list(order)
        return together

    def setup_wanted(self, before: Assignment | None, slot: Assignment) -> int:
        """The set-up of a slot behind another one, or behind what its machine stands ready for."""
        machine, task, setup = self.machines[slot.machine], self.tasks[slot.key], self.problem.setup
        family = machine.family if before is None else self.tasks[before.key].family
        if family is None or task.family is None or machine.is_unlimited:
            return task.setup_seconds
        return task.setup_seconds + setup.seconds[self.families[family]][self.families[task.family]]

    def setup_given(self, slot: Assignment) -> int:
        """The working time that a slot has for its set-up."""
        return self.work(self.tasks[slot.key], slot.machine, slot.start, slot.setup_end)

    def hours(self, task: Task, machine: str) -> _Hours | None:
        """When a task can be worked on there: while the machine works and all that the task needs is there."""
        if not task.needs or self.machines[machine].is_unlimited:
            return self.own[machine]
        calendars = [self.machines[machine].calendar]
        calendars += [self.resources[need.resource].calendar for need in task.needs]
        known = tuple(calendar.windows for calendar in calendars if calendar is not None)
        return self._hours(known) if known else None

    def _hours(self, known: tuple[Windows, ...]) -> _Hours:
        if known not in self.common:
            self.common[known] = _Hours(known[0] if len(known) == 1 else _in_all(known))
        return self.common[known]

    def seconds(self, task: Task, machine: str) -> int:
        for mode in task.modes:
            if mode.machine == machine:
                return mode.seconds
        return 0

    def work(self, task: Task, machine: str, start: int, end: int) -> int:
        hours = self.hours(task, machine)
        return end - start if hours is None else hours.work(start, end)


def _name(key: TaskKey) -> str:
    return f"Task {key[1]} of job {key[0]}"


def _completeness(facts: _Facts) -> Iterator[str]:
    if len(facts.slots) < len(facts.result.assignments):
        yield "A task has more than one slot."
    explained = {remark.key for remark in facts.result.unplanned}
    for key in facts.tasks:
        if key not in facts.slots and key not in explained:
            yield f"{_name(key)} is neither planned nor listed as unplanned."
        if key in facts.slots and key in explained:
            yield f"{_name(key)} is planned and listed as unplanned."


def _figures(facts: _Facts) -> Iterator[str]:
    """Ends, lateness and the value, counted again."""
    value, slots, result = 0.0, facts.slots, facts.result
    for job in facts.problem.jobs:
        if not all(task.key in slots for task in job.tasks):
            continue
        end = max(slots[task.key].end for task in job.tasks)
        if result.ends.get(job.id) != end:
            yield f"Job {job.id} ends at {end}, not at {result.ends.get(job.id)}."
        if job.due is not None:
            if result.lateness.get(job.id) != end - job.due:
                yield f"Job {job.id} is late by {end - job.due} s, not by {result.lateness.get(job.id)} s."
            value += job.weight * max(0, end - job.due)
    if not facts.problem.is_due:
        value = max((slot.end for slot in slots.values()), default=0)
    if abs(value - result.value) > 1:
        yield f"The {result.objective} is {value:.0f}, not {result.value}."


def _overlaps(facts: _Facts) -> Iterator[str]:
    for name, line in facts.lines.items():
        filled = [slot for slot in line if slot.end > slot.start]
        for last, slot in itertools.pairwise(filled):
            if slot.start < last.end:
                yield f"{_name(slot.key)} overlaps {_name(last.key)} on {name}."


def _frozen(facts: _Facts, present: Iterable[Assignment] | None) -> Iterator[str]:
    fence = facts.problem.fence
    known = [slot for slot in present or () if slot.key in facts.tasks and slot.machine in facts.machines]
    held = {slot.key: slot for slot in known if slot.start < fence}
    for key, slot in facts.slots.items():
        task = facts.tasks[key]
        if task.running is not None or task.pin is not None or key in facts.broken:
            continue
        if key in held and (slot.machine, slot.start) != (held[key].machine, held[key].start):
            yield f"{_name(key)} is frozen but moves."
        if key not in held and known and slot.start < fence:
            yield f"{_name(key)} is put before the fence."


def _in_all(calendars: tuple[Windows, ...]) -> Windows:
    """The time that lies in a window of every calendar, found by counting how many are open."""
    edges = sorted(
        edge for windows in calendars for start, end in windows for edge in ((start, 1), (end, -1))
    )
    found, count, since = [], 0, 0
    for at, change in edges:
        if count == len(calendars) and at > since:
            found.append((since, at))
        count += change
        since = at
    return tuple(found)


def _shared(facts: _Facts) -> Iterator[str]:
    """No more of a resource in use than there is, but for what was running already."""
    users: dict[str, list[tuple[int, int, Assignment]]] = defaultdict(list)
    for key, slot in facts.slots.items():
        for need in facts.tasks[key].needs:
            if slot.end > slot.start:
                users[need.resource] += [(slot.start, need.amount, slot), (slot.end, -need.amount, slot)]
    for name, events in users.items():
        in_use = 0
        for _, amount, slot in sorted(events, key=lambda event: event[:2]):
            in_use += amount
            is_free = facts.tasks[slot.key].running is None
            if amount > 0 and in_use > facts.resources[name].capacity and is_free:
                yield f"{_name(slot.key)} needs {name} while all of it is in use."


def _reserved(facts: _Facts) -> Iterator[str]:
    """In no bucket do other groups use what is kept for one, but for what is fixed, and for one task let in alone."""
    buckets = facts.problem.buckets
    for machine in facts.problem.machines:
        for reserve in machine.reserves:
            taken: dict[int, list[Assignment]] = defaultdict(list)
            for slot in facts.lines[machine.id]:
                bucket = bisect_right(buckets, slot.start) - 1
                is_other = facts.jobs[slot.job].group != reserve.group
                if 0 <= bucket < len(buckets) - 1 and is_other and _effort(facts, slot):
                    taken[bucket].append(slot)
            for bucket, slots in taken.items():
                opens, closes = buckets[bucket], buckets[bucket + 1]
                hours = machine.calendar
                whole = closes - opens if hours is None else hours.worked_between(opens, closes)
                work = sum(_effort(facts, slot) for slot in slots)
                is_choice = any(not _is_fixed(facts, slot) for slot in slots)
                if len(slots) > 1 and is_choice and work > whole * (1 - reserve.share) + len(slots):
                    yield (
                        f"{machine.id} gives {work} s between {opens} and {closes} to others than {reserve.group}, "
                        f"for whom {reserve.share:.0%} of its {whole} s are kept."
                    )


def _effort(facts: _Facts, slot: Assignment) -> int:
    return facts.work(facts.tasks[slot.key], slot.machine, slot.start, slot.end)


def _is_fixed(facts: _Facts, slot: Assignment) -> bool:
    task = facts.tasks[slot.key]
    return task.running is not None or task.pin is not None or slot.start < facts.problem.fence


def _place(facts: _Facts, task: Task, slot: Assignment) -> Iterator[str]:
    quantity, limit = task.quantity, facts.machines[slot.machine].batch_limit
    if quantity is not None and limit is not None and quantity > limit and task.pin is None:
        yield f"{_name(task.key)} is {quantity:g}, more than the {limit:g} that {slot.machine} holds."
    if slot.machine not in [mode.machine for mode in task.modes]:
        yield f"{_name(task.key)} is on {slot.machine}, which cannot do it."
    if task.pin is not None:
        if slot.machine != task.pin.machine:
            yield f"{_name(task.key)} is pinned to {task.pin.machine} but planned on {slot.machine}."
        if task.pin.start not in {None, slot.start} and task.key not in facts.broken:
            yield f"{_name(task.key)} is pinned to start at {task.pin.start} but starts at {slot.start}."


def _running(facts: _Facts, task: Task, slot: Assignment) -> Iterator[str]:
    assert task.running is not None  # noqa: S101 - asked for running tasks only
    running, hours, now = task.running, facts.hours(task, slot.machine), facts.problem.now
    if (slot.machine, slot.start) != (running.machine, running.started):
        yield f"{_name(task.key)} is running on {running.machine} since {running.started}."
    over_time = hours is not None and (not hours.windows or slot.end > hours.closes[-1])
    if not over_time and facts.work(task, slot.machine, now, slot.end) != running.remaining_seconds:
        yield f"{_name(task.key)} still needs {running.remaining_seconds} s from now."


def _timing(facts: _Facts, task: Task, slot: Assignment) -> Iterator[str]:
    problem = facts.problem
    if not slot.start <= slot.setup_end <= slot.end:
        yield f"{_name(slot.key)} ends before it begins."
    if slot.start < problem.now:
        yield f"{_name(slot.key)} starts at {slot.start}, in the past."
    if slot.setup_end < max(task.release, facts.jobs[task.job].release):
        yield f"{_name(slot.key)} runs at {slot.setup_end}, before its release."
    seconds, hours = facts.seconds(task, slot.machine), facts.hours(task, slot.machine)
    worked = slot.end - slot.setup_end if hours is None else hours.work(slot.setup_end, slot.end)
    if worked != seconds:
        yield f"{_name(slot.key)} gets {worked} s of working time on {slot.machine} instead of {seconds} s."
    if hours is not None:
        is_set_up = slot.setup_end > slot.start
        if not hours.is_open(slot.start) or (is_set_up and not hours.is_open(slot.setup_end)):
            yield f"{_name(slot.key)} starts on {slot.machine} while it is closed."
        if seconds and not hours.is_open(slot.end - 1):
            yield f"{_name(slot.key)} ends on {slot.machine} while it is closed."
    if not task.may_pause and slot.end - slot.setup_end != seconds:
        yield f"{_name(slot.key)} pauses, which it must not."


def _setting_up(facts: _Facts, task: Task, slot: Assignment) -> Iterator[str]:
    given, wanted = facts.setup_given(slot), facts.setup_wanted(facts.before.get(task.key), slot)
    if given != wanted:
        yield f"{_name(task.key)} gets {given} s of set-up on {slot.machine} instead of {wanted} s."


def _precedence(facts: _Facts, task: Task, slot: Assignment) -> Iterator[str]:
    at = slot.setup_end if facts.problem.setup.ahead else slot.start
    for link in task.links if task.after else ():
        assert link.job is not None  # noqa: S101 - `links` fills it in
        before = facts.slots.get((link.job, link.task))
        if before is None:
            yield f"{_name(task.key)} is planned although {_name((link.job, link.task))} is not."
        elif link.transfer_share < 1:
            yield from _overlapping(facts, task, slot, link, before)
        elif at < before.end + link.wait_seconds:
            yield f"{_name(task.key)} starts at {at}, before {_name(before.key)} is done at {before.end}."
    jobs_before = facts.jobs[task.job].after_jobs
    for other in (*task.after_jobs, *jobs_before) if task.after_jobs or jobs_before else ():
        for key in (member.key for member in facts.jobs[other].tasks):
            if key not in facts.slots or at < facts.slots[key].end:
                yield f"{_name(task.key)} starts at {at}, before job {other} is complete."


def _handed_on(facts: _Facts, link: Link, before: Assignment, at: int) -> tuple[int, int]:
    """Working seconds that a predecessor has had by a moment, and those that its first transfer batch takes."""
    task, running = facts.tasks[before.key], facts.tasks[before.key].running
    if running is None:
        wanted = ceil(link.transfer_share * facts.seconds(task, before.machine))
        return facts.work(task, before.machine, before.setup_end, at), wanted
    left, now, hours = running.remaining_seconds, facts.problem.now, facts.hours(task, before.machine)
    done = facts.work(task, before.machine, now, at)
    if hours is not None:  # what runs on beyond the last window does so without a break
        done += max(at - max(now, hours.closes[-1] if hours.windows else 0), 0)
    return done, left if link.first_seconds is None else min(link.first_seconds, left)


def _overlapping(
    facts: _Facts, task: Task, slot: Assignment, link: Link, before: Assignment
) -> Iterator[str]:
    share, wait = link.transfer_share, link.wait_seconds
    done, wanted = _handed_on(facts, link, before, slot.setup_end - wait)
    if done < wanted:
        yield f"{_name(task.key)} starts before the first transfer batch of {_name(before.key)} is done."
    own = facts.seconds(task, slot.machine)
    if facts.work(task, slot.machine, before.end + wait, slot.end) < ceil(share * own):
        yield f"{_name(task.key)} ends before it can have worked on the last transfer batch of {_name(before.key)}."
