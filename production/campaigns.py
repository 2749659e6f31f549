"""Campaigns: orders that are set up for once, as the search shall see them.

All batches of a campaign are due when its first order is, and together they weigh what they weigh (`production.posing`). What weighs the same and is late
is best made with the least work first (Smith 1956, Naval Res. Logist. Q. 3), whatever it belongs to: small batches of another campaign would come
between. Where every hour of work of a campaign weighs the same, nothing is gained by that but another set-up.
"""

from collections.abc import Sequence
from dataclasses import replace

from production import scheduling


def weighed_by_work(campaigns: Sequence[str], jobs: Sequence[scheduling.Job]) -> list[scheduling.Job]:
    """The jobs, the weight of each campaign shared out over its own by their work.

    :param campaigns: of each job, by name; empty where it is of none.
    """
    places: dict[str, list[int]] = {}
    for place, name in enumerate(campaigns):
        if name:
            places.setdefault(name, []).append(place)
    found = list(jobs)
    for own in places.values():
        work = [max(_work(jobs[place]), 1) for place in own]
        a_second = sum(jobs[place].weight for place in own) / sum(work)
        for place, seconds in zip(own, work, strict=True):
            found[place] = replace(jobs[place], weight=a_second * seconds)
    return found


def _work(job: scheduling.Job) -> int:
    """Seconds of work, on the fastest machine of each operation."""
    return sum(min((mode.seconds for mode in task.modes), default=0) for task in job.tasks)
