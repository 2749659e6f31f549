"""Local search in plants too large to time every move to its end: annealing sweeps over the plan, one window after another.

In a window only its own tasks move; what lies beyond is priced, not timed, so that a move costs the same in a plant of
fifty thousand tasks as in one of five hundred. Then everything behind it is timed exactly, and the window put back as it was
unless that paid. Each worker sweeps its own share of the plan; what they found is joined after each round.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np

from production.scheduling.anneal import Annealed, Walker, held_at, timed_records, walker_of, warmth
from production.scheduling.effort import Budget, Effort
from production.scheduling.first import Start
from production.scheduling.kernel.anneal import anneal_window
from production.scheduling.kernel.arrays import Floats
from production.scheduling.plant import Plant, is_better

# Temperatures at which a window begins, as shares of what delaying a mean task by its length costs.
TEPID, COOL = 0.1, 0.05
LARGE = 20_000  # tasks from which on there is time for few sweeps, which then begin cooler
WINDOW = (400, 1200)  # tasks
STEPS_PER_TASK = 30  # moves tried in a window, in the first sweep
MORE = 1.4  # times as many in each sweep after it
MOST_STEPS = 1000
# Seconds, where work is counted: for a move, for one where machines close, and for each task that is joined.
TRIED, TRIED_IN_HOURS, JOIN = 1.7e-6, 2.4e-6, 4e-6
Share = tuple[int, int]  # first place in the order, and the one after the last


def windowed(plant: Plant, starts: Sequence[Start], budget: Budget) -> Annealed:
    """Sweep over the first of the starts until the time is up; no worse than it was."""
    effort, until, workers = budget.effort, budget.until, budget.workers
    random, plan = Random(budget.seed), starts[0].plan
    result = Annealed(plan, held_at(plant, starts[0]))
    joining, steps = 0.0, float(STEPS_PER_TASK)
    heat = (COOL if plant.size > LARGE else TEPID) * warmth(plant, plan)
    with ThreadPoolExecutor(workers) as pool:
        while effort.now() + joining < until:
            walkers = [
                walker_of(plant, result.plan, result.hold, random.getrandbits(62)) for _ in range(workers)
            ]
            shares = _shares(len(walkers[0].graph.order), workers, random)
            width = random.randint(*WINDOW)
            offset = random.randrange(width)
            sweeps = [
                pool.submit(
                    _sweep, plant, walker, heat, share, width, offset, round(steps), effort, until - joining
                )
                for walker, share in zip(walkers, shares, strict=True)
            ]
            kept = sum(sweep.result() for sweep in sweeps)
            result.tried += sum(walker.tried for walker in walkers)
            result.rounds += 1
            began = effort.now()
            if kept:
                _join(plant, result, walkers, shares)
                effort.spend(JOIN * plant.size)
                result.accepted += kept
            joining = max(joining, 1.5 * (effort.now() - began))
            steps = min(MORE * steps, MOST_STEPS)
    return result


def _shares(size: int, workers: int, random: Random) -> list[Share]:
    """The order cut into as many parts as there are workers, each time a little elsewhere."""
    cuts = [round(size * (number + random.uniform(-0.2, 0.2)) / workers) for number in range(1, workers)]
    return list(zip([0, *cuts], [*cuts, size], strict=True))


def _sweep(
    plant: Plant,
    walker: Walker,
    heat: float,
    share: Share,
    width: int,
    offset: int,
    steps: int,
    effort: Effort,
    until: float,
) -> int:
    """Anneal window after window of a share of the order while there is time; how many were kept."""
    graph = walker.graph
    price = TRIED if all(hours is None for hours in plant.calendars) else TRIED_IN_HOURS
    kept, longest = 0, 0.0
    best = np.zeros(1)
    saved = [table.copy() for table in graph]
    for low in range(share[0] - offset, share[1], width):
        began = effort.now()
        if began + longest > until:
            break
        window = max(low, share[0]), min(low + width, share[1]) - 1
        if window[0] >= window[1]:
            continue
        before = float(graph.total[0])
        tried, is_possible = anneal_window(
            plant.arrays, graph, best, walker.room, *window, heat, steps * (window[1] - window[0] + 1)
        )
        walker.tried += tried
        effort.spend(price * tried)
        is_kept = is_possible and graph.total[0] < before
        for table, other in zip(graph, saved, strict=True):
            if is_kept:
                other[...] = table
            else:
                table[...] = other
        kept += is_kept
        longest = max(longest, effort.now() - began)
    return kept


def _join(plant: Plant, result: Annealed, walkers: list[Walker], shares: list[Share]) -> None:
    """Take over what the workers found together, or else the best that one of them found."""
    answers = [_records(walker) for walker in walkers]
    joined = answers[0].copy()
    for answer, (low, high) in zip(answers, shares, strict=True):
        inside = (answer[:, 1] >= low) & (answer[:, 1] < high)
        joined[inside] = answer[inside]
    best = min(range(len(walkers)), key=lambda number: float(walkers[number].graph.total[0]))
    for records in (joined, answers[best]):
        found, freed = timed_records(plant, records)
        if is_better(found, result.plan):
            result.plan, result.hold = found, freed
            return


def _records(walker: Walker) -> Floats:
    """Mode, place and hold of every task."""
    node = walker.graph.node
    return np.column_stack([node["mode"], node["place"], node["hold"]]).astype(np.float64)
