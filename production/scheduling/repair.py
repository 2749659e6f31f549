"""A new plan close to the one in force: its order and machines kept, what is new put in.

Holding every task at its present start absorbs small troubles in the gaps of the plan; whatever must give way moves
right and nothing else does. Closing the gaps up instead moves more, and pays where troubles have piled up into lateness.
Where new tasks go is tried in several ways.
"""

from collections.abc import Iterator

from production.scheduling.bounds import earliest_ends
from production.scheduling.plant import Plan, Plant, is_better
from production.scheduling.rules import urgency
from production.scheduling.timing import timed

Kept = tuple[Plan, list[int], str]  # the plan, the starts it holds, how new tasks were put in


def repaired(plant: Plant) -> Kept:
    """The cheapest of several repairs of the present plan."""
    best: Kept | None = None
    machine, hold = _machines(plant), _hold(plant)
    for name, new in _places_for_the_new(plant):
        key = [float(plant.present[i].setup_end) if i in plant.present else new[i] for i in range(plant.size)]
        for held, manner in ((hold, "present plan"), ([0] * plant.size, "present order, closed up")):
            plan = timed(plant, key, machine, held)
            if best is None or is_better(plan, best[0]):
                best = plan, held, f"{manner}, {name}"
        if len(plant.present) == plant.size:
            break
    assert best is not None  # noqa: S101 - there is always a first place
    return best


def _machines(plant: Plant) -> list[int]:
    """Present machines; for new tasks the one with the least work for its speed so far."""
    load = [0.0] * len(plant.calendars)
    for i, slot in plant.present.items():
        machine = plant.machine_number[slot.machine]
        load[machine] += next((seconds for m, seconds in plant.modes[i] if m == machine), 0)
    chosen = []
    for i, modes in enumerate(plant.modes):
        if i in plant.present:
            chosen.append(plant.machine_number[plant.present[i].machine])
            continue
        machine, seconds = min(
            modes, key=lambda mode: load[mode[0]] * (not plant.unlimited[mode[0]]) + mode[1]
        )
        load[machine] += seconds
        chosen.append(machine)
    return chosen


def _hold(plant: Plant) -> list[int]:
    """What each task waits for at least: its present run, or, where set-up waits with the run, its present slot."""
    slots = plant.present
    return [
        (slots[i].setup_end if plant.ahead else slots[i].start) if i in slots else 0
        for i in range(plant.size)
    ]


def _places_for_the_new(plant: Plant) -> Iterator[tuple[str, list[float]]]:
    """Ways to line up tasks that have no slot yet, as keys on the time axis."""
    seen = urgency(plant)
    latest = [min(late, 1e12) for late in seen.latest]
    yield "new work by its latest start", latest
    ends = earliest_ends(plant)
    heads = [float(end - min(seconds for _, seconds in plant.modes[i])) for i, end in enumerate(ends)]
    yield "new work first", heads
    yield "new work halfway", [(head + max(late, head)) / 2 for head, late in zip(heads, latest, strict=True)]
    last = float(max((slot.end for slot in plant.present.values()), default=0))
    yield "new work last", [last + head for head in heads]
