"""Whatever the plant, the plan is true: random problems with everything in them, judged by the independent checker."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from production.scheduling import (
    Assignment,
    Calendar,
    Job,
    Link,
    Machine,
    Mode,
    Need,
    Pin,
    Problem,
    Reserve,
    Resource,
    Running,
    Setup,
    Task,
    solve,
)
from production.scheduling.check import check

FAMILIES = ("A", "B", "C")
QUICK = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
SEARCHED = settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])

calendars = st.none() | st.lists(
    st.tuples(st.integers(0, 15), st.integers(12, 40)), min_size=3, max_size=8
).map(lambda gaps: Calendar(_windows(gaps)))


def _windows(gaps):
    at, windows = 0, []
    for closed, opened in gaps:
        windows.append((at + closed, at + closed + opened))
        at += closed + opened
    return tuple(windows)


@st.composite
def machines(draw):
    shares = st.sampled_from(
        ((), (), (Reserve("stock", 0.5),), (Reserve("order", 0.25), Reserve("stock", 0.5)))
    )
    return tuple(
        Machine(f"M{m}", draw(calendars), m == 3, draw(st.sampled_from((None, "A"))), reserves=draw(shares))
        for m in range(4)
    )


@st.composite
def resources(draw):
    return tuple(Resource(name, draw(st.integers(1, 2)), draw(calendars)) for name in ("gauge", "fitter"))


@st.composite
def tasks(draw, job, number):
    names = draw(st.lists(st.sampled_from(("M0", "M1", "M2", "M3")), min_size=1, max_size=3, unique=True))
    modes = tuple(Mode(name, draw(st.integers(1, 12))) for name in names)
    after: tuple[Link, ...] = ()
    if number and draw(st.booleans()):
        wait, share = draw(st.integers(0, 9)), draw(st.sampled_from((1.0, 1.0, 0.25, 0.5)))
        first = draw(st.none() | st.integers(0, 9))  # counts where the one before is running
        after = (Link(str(draw(st.integers(0, number - 1))), None, wait, share, first),)
    pin = None
    if draw(st.integers(0, 9)) == 0:
        pin = Pin(names[0], draw(st.none() | st.integers(0, 60)))
    return Task(
        str(number),
        job,
        modes,
        after,
        draw(st.sampled_from((None, *FAMILIES))),
        draw(st.booleans()),
        draw(st.integers(0, 30)),
        draw(st.sampled_from((0, 0, 3))),
        pin,
        needs=tuple(Need(name) for name in draw(st.sets(st.sampled_from(("gauge", "fitter")), max_size=2))),
    )


@st.composite
def problems(draw):
    jobs = []
    running = set()
    now = draw(st.integers(0, 10))
    for j in range(draw(st.integers(1, 6))):
        name = f"J{j}"
        group = [draw(tasks(name, k)) for k in range(draw(st.integers(1, 4)))]
        machine = group[0].modes[0].machine
        if machine not in running and draw(st.integers(0, 3)) == 0:
            running.add(machine)
            group[0] = replace(
                group[0], running=Running(machine, now - 2, draw(st.integers(0, 9))), pin=None, after=()
            )
        after_jobs = (f"J{draw(st.integers(0, j - 1))}",) if j and draw(st.integers(0, 3)) == 0 else ()
        due = draw(st.none() | st.integers(0, 80))
        jobs.append(
            Job(
                name,
                tuple(group),
                draw(st.integers(0, 20)),
                due,
                draw(st.integers(0, 9)),
                after_jobs,
                draw(st.sampled_from((None, "order", "stock"))),
            )
        )
    seconds = tuple(tuple(0 if a == b else draw(st.integers(0, 6)) for b in FAMILIES) for a in FAMILIES)
    setup = Setup(FAMILIES, seconds, draw(st.booleans()))
    buckets = draw(st.sampled_from(((), (20, 40, 60, 80, 100))))
    return Problem(draw(machines()), tuple(jobs), setup, now, resources=draw(resources()), buckets=buckets)


@QUICK
@given(problems())
def test_the_first_plan_of_a_random_plant_is_true(problem):
    result = solve(problem, seconds=0)
    assert check(problem, result) == []
    assert result.bound <= result.value


@SEARCHED
@given(problems(), st.integers(1, 2))
def test_the_improved_plan_of_a_random_plant_is_true_and_no_worse(problem, workers):
    result = solve(problem, seconds=0.15, workers=workers)
    assert check(problem, result) == []
    first = solve(problem, seconds=0)
    if len(result.unplanned) == len(first.unplanned) and len(result.broken_pins) == len(first.broken_pins):
        assert result.cost <= first.cost + 1e-6


@QUICK
@given(problems(), st.integers(0, 60), st.data())
def test_a_repaired_plan_of_a_random_plant_is_true_and_respects_the_fence(problem, fence, data):
    present: tuple[Assignment, ...] = solve(problem, seconds=0).assignments
    downs = tuple(replace(machine, calendar=data.draw(calendars)) for machine in problem.machines)
    changed = replace(problem, machines=downs, fence=fence)
    result = solve(changed, seconds=0, present=present)
    assert check(changed, result, present) == []
