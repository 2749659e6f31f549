"""What the drafts of a whole run teach, before its items are decided on: the one look at all of them, at a few numbers of each.

Errors of back-tests say what errors of all forecasts are like; values say which items matter; what past runs would have served says how far
curves can be believed; components are kept together with the products that they go into, and families are
set up together. Errors and past service are learnt from a few
thousand items of a larger run.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forecasting import components, hindsight, lot_sizes, pipeline, policy
from forecasting.hindsight import Reviewed, experience_of
from forecasting.lead_times import lead_times
from forecasting.lot_sizes import Cycle
from forecasting.methods import Calibrations
from forecasting.models import ForecastRun, StockPolicy
from forecasting.pipeline import Lesson, Outlook
from forecasting.policies import names_of, policies_of, standings
from forecasting.questions import questions_of

Group = tuple[str, int]
"""Items whose past service is looked at together: how unmet demand is taken, and the policy that they meet together or 0."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """What a run knows when it decides on its items.

    :ivar by_value: by item, what it stands among by value, and its share with those above; :ivar waits: days that products wait for
        components, by item; :ivar cycles: of items that are set up with their family; :ivar experiences: of each group of items that past runs
        tell anything of.
    """

    calibrations: Calibrations
    by_value: Mapping[int, tuple[policy.Abc, float]]
    waits: Mapping[int, int]
    cycles: Mapping[int, Cycle]
    experiences: Mapping[Group, policy.Experience]

    def of(self, items: Iterable[int]) -> "Learnt":
        """What is needed to decide on these items alone."""
        chosen = set(items)
        return Learnt(
            self.calibrations,
            {key: self.by_value[key] for key in chosen if key in self.by_value},
            {key: self.waits[key] for key in chosen if key in self.waits},
            {key: self.cycles[key] for key in chosen if key in self.cycles},
            self.experiences,
        )


def group_of(own: StockPolicy) -> Group:
    """Which items an item's past service is looked at with."""
    return (own.unmet, own.pk) if own.is_shared else (own.unmet, 0)


def learn(
    run: ForecastRun,
    lessons: Sequence[Lesson],
    packed: Iterable[bytes | memoryview | None],
    *,
    failed: Iterable[int],
) -> tuple[Learnt, components.Chain]:
    """What all drafts of a run teach, and what it keeps of components.

    :param packed: the drafts, shard by shard; read only where components are kept or families set up.
    :param failed: keys of items that could not be drafted.
    """
    calibrations = pipeline.learnt(lessons, horizon_days=run.horizon_days)
    values = {key: value for lesson in lessons for key, value in lesson.values.items()}
    by_value = dict(zip(values, policy.by_value(list(values.values())), strict=True))
    taken = components.below(values.keys(), unknown=failed)
    set_up = lot_sizes.joint(values)
    known = list(_some(taken.products | set_up, packed, calibrations))
    policies = _policies(known, by_value)
    chain = components.chain_of(
        taken, [one for one in known if one.history.item.pk in taken.products], policies
    )
    members = [one for one in known if one.history.item.pk in set_up]
    questions = questions_of(run, members, policies, chain.waits) if members else []
    cycles = lot_sizes.cycles_of((one.item, one.own, one.question) for one in questions)
    experiences = {}
    if hindsight.has_past(run.as_of):
        drafted = (one for lesson in lessons for one in pipeline.unpack(lesson.sample))
        sample = list(pipeline.outlooks(drafted, calibrations))
        experiences = _experiences(run, sample, by_value, chain.waits)
    return Learnt(calibrations, by_value, chain.waits, cycles, experiences), chain


def _some(
    wanted: Collection[int], packed: Iterable[bytes | memoryview | None], calibrations: Calibrations
) -> Iterator[Outlook]:
    """Outlooks of these items; drafts of the others are dropped as they are read."""
    if not wanted:
        return
    for each in packed:
        drafted = [one for one in pipeline.unpack(each) if one[0].item.pk in wanted]
        yield from pipeline.outlooks(drafted, calibrations)


def _policies(
    found: Sequence[Outlook], by_value: Mapping[int, tuple[policy.Abc, float]]
) -> dict[int, StockPolicy]:
    return policies_of((one.history.item for one in found), names_of(standings(found, by_value)))


def _experiences(
    run: ForecastRun,
    sample: Sequence[Outlook],
    by_value: Mapping[int, tuple[policy.Abc, float]],
    waits: Mapping[int, int],
) -> dict[Group, policy.Experience]:
    """By group of items that a fill rate is asked of."""
    policies = _policies(sample, by_value)
    seen = lead_times([one.history.item for one in sample], at=run.started_at)
    groups: dict[Group, list[Reviewed]] = defaultdict(list)
    for one in sample:
        key = one.history.item.pk
        own = policies[key]
        if own.measure == StockPolicy.Measure.FILL_RATE:
            days = policy.later(seen[key], waits.get(key, 0)).mean
            groups[group_of(own)].append(
                Reviewed(one.history, days, own.review_days, own.unmet == StockPolicy.Unmet.WAITS)
            )
    return {group: experience_of(reviewed, run.as_of) for group, reviewed in groups.items()}
