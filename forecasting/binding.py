"""What binds items together: a service that a class meets as one, a budget, a warehouse.

Whoever decides on some items sets the targets of those that nothing binds, and hands the others on with what their classes miss, added up.
When all are there, these are gone through shard by shard, once for each limit and once to be written, so that never more than one shard of
them is held.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from forecasting import policy
from forecasting.learning import Group, Learnt, group_of
from forecasting.targets import Asked, Stocked, room_by_site, wanted


@dataclass(frozen=True, eq=False)
class Bound:
    """An item that is decided together with others; its target as far as it is known, None where a class meets its service together."""

    asked: Asked
    target: policy.Target | None


Shards = Callable[[], Iterable[Sequence[Bound]]]


@dataclass(frozen=True, eq=False)
class Tally:
    """What is to be known of some bound items when those of other shards are decided.

    :ivar served: what they miss, added up by the policy that they meet together; :ivar experiences: what past runs tell of those;
    :ivar budgets: by policy; :ivar sites: where they are kept.
    """

    served: Mapping[int, policy.Served] = field(default_factory=dict)
    experiences: Mapping[Group, policy.Experience] = field(default_factory=dict)
    budgets: Mapping[int, float] = field(default_factory=dict)
    sites: Collection[int] = ()


def apart(asked: Sequence[Asked], learnt: Learnt) -> tuple[list[Stocked], list[Bound]]:
    """Items that nothing binds, with their targets; and the others."""
    limited = room_by_site({one.item.site_id for one in asked})
    free, bound = [], []
    for one in asked:
        target = None if one.own.is_shared else wanted(one, learnt)
        if target is None or one.own.budget is not None or one.item.site_id in limited:
            bound.append(Bound(one, target))
        else:
            free.append(Stocked(one, target))
    return free, bound


def tally_of(bound: Sequence[Bound], learnt: Learnt) -> Tally:
    """What these items bring to the decision."""
    classes: dict[int, list[Asked]] = defaultdict(list)
    for one in bound:
        if one.target is None:
            classes[one.asked.own.pk].append(one.asked)
    policies = [one.asked.own for one in bound]
    return Tally(
        {
            key: policy.served([one.question for one in own], [one.curve for one in own])
            for key, own in classes.items()
        },
        learnt.experiences if classes else {},
        {own.pk: float(own.budget) for own in policies if own.budget is not None},
        {one.asked.item.site_id for one in bound},
    )


def together(tallies: Iterable[Tally]) -> Tally:
    """The tallies of all shards as one."""
    served: dict[int, policy.Served] = defaultdict(lambda: policy.NOBODY)
    experiences: dict[Group, policy.Experience] = {}
    budgets: dict[int, float] = {}
    sites: set[int] = set()
    for tally in tallies:
        for key, own in tally.served.items():
            served[key] += own
        experiences |= tally.experiences
        budgets |= tally.budgets
        sites |= set(tally.sites)
    return Tally(served, experiences, budgets, sites)


def decided(shards: Shards, tally: Tally) -> Iterator[Stocked]:
    """Targets of items that are bound together: what their policies ask for, within the budgets, and of that what the warehouses hold.

    :param shards: reads the items anew, shard by shard in the same order each time; :param tally: of all of them.
    """
    scarce: list[_Scarce] = []
    for one in (
        _Scarce(_policy, _rationings(policy.MONEY, tally.budgets)),
        _Scarce(_site, _rationings(policy.ROOM, room_by_site(tally.sites))),
    ):
        if one.rationings:
            for stocked in _cut(shards, tally, scarce):
                one.claim(stocked)
            scarce.append(one)
    yield from _cut(shards, tally, scarce)


@dataclass(frozen=True, eq=False)
class _Scarce:
    """Budgets or warehouses: which of them an item draws on, and what is claimed of each."""

    key_of: Callable[[Asked], int | None]
    rationings: Mapping[int, policy.Rationing]

    def claim(self, one: Stocked) -> None:
        known = self.rationings.get(self.key_of(one.asked) or 0)
        if known is not None:
            known.claim(one.asked.question, one.target)

    def cutting(self) -> Callable[[Stocked], Stocked]:
        """Cuts targets that come in the order in which they were claimed."""
        places: dict[int, int] = defaultdict(int)

        def cut(one: Stocked) -> Stocked:
            key = self.key_of(one.asked) or 0
            known = self.rationings.get(key)
            if known is None:
                return one
            places[key] += 1
            return Stocked(one.asked, known.cut(places[key] - 1, one.asked.question, one.target))

        return cut


def _policy(one: Asked) -> int | None:
    return one.own.pk


def _site(one: Asked) -> int:
    return one.item.site_id


def _rationings(scarce: policy.Scarce, there: Mapping[int, float]) -> dict[int, policy.Rationing]:
    return {key: policy.Rationing(scarce, amount) for key, amount in there.items()}


def _cut(shards: Shards, tally: Tally, scarce: Sequence[_Scarce]) -> Iterator[Stocked]:
    """All of them, within what has been claimed so far."""
    cuts = [one.cutting() for one in scarce]
    for bound in shards():
        for each in bound:
            one = Stocked(each.asked, each.target or _shared(each.asked, tally))
            for cut in cuts:
                one = cut(one)
            yield one


def _shared(one: Asked, tally: Tally) -> policy.Target:
    learnt = tally.experiences.get(group_of(one.own), policy.UNTRIED)
    level = float(one.own.service_level)
    return policy.share_of(one.question, one.curve, level, tally.served[one.own.pk], learnt)
