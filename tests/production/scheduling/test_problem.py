from dataclasses import replace

import pytest

from production.scheduling import (
    Calendar,
    InvalidProblem,
    Job,
    Link,
    Machine,
    Mode,
    Pin,
    Problem,
    Running,
    Setup,
    Task,
    salvage,
)
from tests.production.scheduling.shop import HOUR, job, plant, shift

SAW, LATHE = Machine("SAW"), Machine("LATHE")


def task(name="10", **fields):
    return Task(name, "J1", fields.pop("modes", (Mode("SAW", HOUR),)), **fields)


def refusal(*tasks, machines=(SAW, LATHE), jobs=None, setup=Setup()):  # noqa: B008 - frozen
    with pytest.raises(InvalidProblem) as caught:
        Problem(machines, jobs if jobs is not None else (Job("J1", tasks),), setup)
    return str(caught.value)


def test_a_circle_of_tasks_is_refused_and_every_member_named():
    text = refusal(
        task("10", after=("30",)), task("20", after=("10",)), task("30", after=("20",)), task("40")
    )
    assert text.count("waits for itself in the circle") == 3
    assert "J1/10 → J1/20 → J1/30 → J1/10" in text
    assert "Task 40" not in text


def test_two_circles_are_both_named():
    text = refusal(
        task("1", after=("2",)), task("2", after=("1",)), task("3", after=("4", "1")), task("4", after=("3",))
    )
    assert "J1/1" in text
    assert refusal(task("1", after=("1",)), task("2", after=("2",))).count("waits for itself") == 2


def test_a_circle_through_another_job_is_refused():
    one = replace(job("A", ("SAW", 1)), after_jobs=("B",))
    other = replace(job("B", ("SAW", 1)), after_jobs=("A",))
    assert "A/1 → B/1 → A/1" in refusal(jobs=(one, other))


def test_an_unknown_machine_is_named():
    assert refusal(task(modes=(Mode("MILL", 1),))) == "Task 10 of job J1: the machine MILL is unknown."


def test_every_offending_row_is_named_at_once():
    text = refusal(task("10", modes=()), task("20", modes=(Mode("MILL", 1),)), task("30", family="RED"))
    assert [line[:7] for line in text.splitlines()] == ["Task 10", "Task 20", "Task 30"]


def test_a_run_longer_than_any_shift_that_must_not_pause_is_refused_unless_it_may_pause_or_another_machine_fits():
    day = Machine("SAW", shift())
    text = refusal(task(modes=(Mode("SAW", 9 * HOUR),), may_pause=False), machines=(day,))
    assert text == (
        "Task 10 of job J1: it must not pause and takes 9 h on SAW, which never works longer than 8 h on end; "
        "let it pause over a break, split the batch, lengthen a shift."
    )
    Problem((day,), (Job("J1", (task(modes=(Mode("SAW", 9 * HOUR),)),)),))
    either = task(modes=(Mode("SAW", 9 * HOUR), Mode("LATHE", 9 * HOUR)), may_pause=False)
    Problem((day, LATHE), (Job("J1", (either,)),))
    pinned = replace(either, pin=Pin("SAW"))
    assert "or let it go from the machine that it is pinned to" in refusal(pinned, machines=(day, LATHE))


def test_work_too_long_for_any_of_many_machines_is_told_once_in_hours_with_the_machine_that_is_nearest():
    days = tuple(Machine(f"VM-{number}", shift()) for number in range(1, 7))
    modes = tuple(Mode(day.id, 10 * HOUR - 1700 * (day.id == "VM-3")) for day in days)
    shut = Machine("VM-9", Calendar(()))

    text = refusal(task(modes=(*modes, Mode("VM-9", HOUR)), may_pause=False), machines=(*days, shut))

    assert text == (
        "Task 10 of job J1: it must not pause and takes 9 h 32 min on VM-3, which never works longer than 8 h on end "
        "(VM-1, VM-2 and 3 more cannot do it in one go either); let it pause over a break, split the batch, "
        "lengthen a shift, or give VM-9 shifts."
    )


def test_a_machine_without_working_time_is_refused_for_a_task_that_has_no_other():
    closed = Machine("SAW", Calendar(()))
    assert "SAW has no working time; give it shifts" in refusal(task(), machines=(closed,))
    both = task(modes=(Mode("SAW", 1), Mode("MILL", 1)))
    assert "MILL and SAW have no working time; give one of them shifts" in refusal(
        both, machines=(closed, Machine("MILL", Calendar(())))
    )
    Problem((closed, LATHE), (Job("J1", (task(modes=(Mode("SAW", 1), Mode("LATHE", 1))),)),))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (task(modes=()), "no machine can do it"),
        (task(modes=(Mode("SAW", -1),)), "a duration is negative"),
        (task(setup_seconds=-1), "a duration is negative"),
        (task(family="RED"), "set-up family RED has no row"),
        (task(modes=(Mode("SAW", 1), Mode("SAW", 2))), "the same machine is listed twice"),
        (task(pin=Pin("LATHE")), "pinned to LATHE, which is not one of its machines"),
        (task(after=("99",)), "it waits for task 99, which does not exist"),
        (task(after=(Link("1", job="J9"),)), "it waits for task 1 of job J9, which does not exist"),
        (task(after=(Link("10", wait_seconds=-1),)), "a wait of 0 s or more"),
        (task(after=(Link("10", transfer_share=0),)), "a transfer share above 0"),
        (task(after=(Link("10", first_seconds=-5),)), "is 5 s overdue; give 0 if it is done"),
        (task(after_jobs=("J9",)), "it waits for job J9, which is not in the problem"),
        (task(running=Running("MILL", 0, 1)), "running on the unknown machine MILL"),
        (task(running=Running("SAW", 0, -1)), "remaining time is negative"),
    ],
)
def test_a_task_that_cannot_be_planned_is_refused(row, words):
    text = refusal(row)
    assert words in text
    assert text.startswith("Task 10 of job J1: ")


def test_faults_of_machines_jobs_and_setups_are_named():
    assert "Machine SAW: is listed 2 times" in refusal(task(), machines=(SAW, SAW))
    assert "Machine SAW: stands ready for the unknown set-up family RED" in refusal(
        task(), machines=(Machine("SAW", family="RED"),)
    )
    assert "Job J1: is listed 2 times" in refusal(jobs=(Job("J1", (task(),)), Job("J1", (task(),))))
    assert "Job J1: it has no tasks" in refusal(jobs=(Job("J1", ()),))
    assert "weight -1 is negative" in refusal(jobs=(Job("J1", (task(),), weight=-1),))
    assert "waits for job J9" in refusal(jobs=(Job("J1", (task(),), after_jobs=("J9",)),))
    assert "Task 10 of job J1: is listed 2 times" in refusal(task(), task())
    assert "names job J1 but is listed under job J2" in refusal(jobs=(Job("J2", (task(),)),))
    assert "2 rows and 2 columns" in refusal(task(), setup=Setup(("A", "B"), ((0, 1),)))
    assert "set-up time is negative" in refusal(task(), setup=Setup(("A",), ((-1,),)))
    assert "family is listed twice" in refusal(task(), setup=Setup(("A", "A"), ((0, 0), (0, 0))))


def test_two_tasks_running_on_one_machine_are_refused_but_not_on_an_unlimited_one():
    rows = (task("10", running=Running("SAW", 0, 5)), task("20", running=Running("SAW", 0, 5)))
    assert "running on SAW while task 10 of job J1 is too" in refusal(*rows)
    Problem((Machine("SAW", is_unlimited=True),), (Job("J1", rows),))


def test_salvage_plans_what_can_be_planned_and_names_the_rest():
    bad = Job("BAD", (Task("1", "BAD", (Mode("MILL", 1),)),))
    waits = replace(job("WAITS", ("SAW", 1)), after_jobs=("BAD",))
    waits_too = replace(job("WAITS TOO", ("SAW", 1)), after_jobs=("WAITS",))
    problem, faults = salvage((SAW,), (bad, job("GOOD", ("SAW", 1)), waits, waits_too))
    assert [one.id for one in problem.jobs] == ["GOOD"]
    assert [str(fault) for fault in faults] == [
        "Task 1 of job BAD: the machine MILL is unknown.",
        "Job WAITS: it waits for job BAD, which cannot be planned.",
        "Job WAITS TOO: it waits for job WAITS, which cannot be planned.",
    ]


def test_what_runs_of_a_job_that_cannot_be_planned_stays_and_waits_for_nobody():
    running = Task("1", "BAD", (Mode("SAW", HOUR),), running=Running("SAW", 0, HOUR), after_jobs=("GONE",))
    bad = Job("BAD", (running, Task("2", "BAD", (Mode("MILL", 1),), after=("1",))), due=7)
    waits = Job(
        "WAITS", (replace(running, job="WAITS", running=Running("LATHE", 0, 9), after_jobs=("BAD",)),)
    )
    problem, faults = salvage((SAW, LATHE), (bad, waits))
    assert [(one.id, [each.id for each in one.tasks], one.due) for one in problem.jobs] == [
        ("BAD", ["1"], None),
        ("WAITS", ["1"], None),
    ]
    assert not any(task.after or task.after_jobs for task in problem.tasks)
    assert {str(fault.job) for fault in faults} == {"BAD", "WAITS"}


def test_what_runs_and_is_at_fault_itself_is_left_out_too():
    lost = Task("1", "BAD", (Mode("MILL", 1),), running=Running("MILL", 0, HOUR))
    twice = job("TWICE", ("SAW", 1))
    running = replace(twice, tasks=(replace(twice.tasks[0], running=Running("SAW", 0, HOUR)),))
    problem, faults = salvage((SAW,), (Job("BAD", (lost,)), running, running, job("GOOD", ("SAW", 1))))
    assert [one.id for one in problem.jobs] == ["GOOD"]
    assert {fault.job for fault in faults} == {"BAD", "TWICE"}


def test_salvage_refuses_what_no_job_can_do_without():
    with pytest.raises(InvalidProblem, match="is listed 2 times"):
        salvage((SAW, SAW), (job("GOOD", ("SAW", 1)),))


def test_a_due_date_in_the_past_is_no_fault():
    assert plant(job("LATE", ("SAW", 5), due=-100)).is_due
