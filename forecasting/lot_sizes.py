"""How the lots of an item are sized, as its target wants it: the same rules, costs and vessels that netting goes by."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from forecasting.lot_rules import Setup, setups_of, stated
from forecasting.models import LotRule, StockPolicy
from forecasting.policy import Question, family_cycle
from inventory.models import Item
from production.bills import vessels

Sizing = LotRule.Sizing
Asking = tuple[Item, StockPolicy, Question]
Cycle = tuple[float, str]
"""Days from one set-up of a family to the next, and why so many."""


@dataclass(frozen=True)
class Lots:
    """What one item's question takes of its lot rule, and of the vessel that it is made in.

    :ivar sizing: empty where nobody has stated a rule; :ivar order_cost: of one set-up or order, :ivar family_cost: of setting up for the
    family.
    """

    sizing: str = ""
    vessel: float = 0.0
    fixed_lot: float = 0.0
    order_cost: float = 0.0
    family: str = ""
    family_cost: float = 0.0

    def asked(self, question: Question, own: StockPolicy) -> Question:
        """The question with lots as netting will size them; families are asked together, see `together`."""
        bounds = replace(question.bounds, maximum=self.vessel)
        if self.sizing == Sizing.FIXED:
            return replace(question, cover_days=0.0, bounds=replace(bounds, fixed=self.fixed_lot))
        if self.sizing == Sizing.LOT_FOR_LOT:
            return replace(
                question, cover_days=0.0, bounds=bounds, lot_why="lot for lot: what a review finds"
            )
        if self.sizing == Sizing.LEAST_COST:
            return replace(question, cover_days=0.0, fixed_cost=self.order_cost, bounds=bounds)
        return replace(question, cover_days=own.cover_days, bounds=bounds)


def lots_of(items: Sequence[Item]) -> dict[int, Lots]:
    """By key, for every item; in as many queries whatever their number."""
    by_key = {item.pk: item for item in items}
    rules = {row.item_id: row for row in LotRule.objects.filter(item__in=list(by_key))}
    setups = setups_of([by_key[key] for key in rules])
    largest = vessels(item.pk for item in items if item.supply == Item.Supply.MAKE)
    return {
        key: _lots(rules.get(key), setups.get(key, Setup()), float(largest.get(key, 0))) for key in by_key
    }


def together(questions: Mapping[int, Question], lots: Mapping[int, Lots]) -> dict[int, Question]:
    """Questions of items that are set up with their family, each covering the family's cheapest cycle; those of others are left out."""
    families: dict[str, list[int]] = defaultdict(list)
    for key, question in questions.items():
        one = lots[key]
        if one.sizing == Sizing.JOINT and one.family and question.rate > 0 and question.holding_cost > 0:
            families[one.family].append(key)
    found: dict[int, Question] = {}
    for family, members in families.items():
        shared = max(lots[key].family_cost for key in members)
        days = family_cycle(
            shared,
            [lots[key].order_cost for key in members],
            [questions[key].holding_cost for key in members],
            [questions[key].rate for key in members],
        )
        days = max(days, 1.0)
        why = f"{family} is set up for {_counted(len(members))} about every {math.ceil(days)} days, which costs the least"
        found |= {key: replace(questions[key], cover_days=days, lot_why=why) for key in members}
    return found


def _counted(items: int) -> str:
    return "this item alone" if items == 1 else f"its {items} items together"


def _lots(rule: LotRule | None, setup: Setup, vessel: float) -> Lots:
    if rule is None:
        return Lots(vessel=vessel)
    return Lots(
        sizing=rule.sizing,
        vessel=vessel,
        fixed_lot=float(rule.fixed_lot),
        order_cost=stated(rule.order_cost, setup.order_cost),
        family=rule.family or setup.family,
        family_cost=stated(rule.family_cost, setup.family_cost),
    )


def sized_alike(questions: Iterable[Asking]) -> list[Question]:
    """These questions with the lots that netting will propose, in their order; of families all members are among them."""
    rows = list(questions)
    return sized(rows, cycles_of(rows))


def cycles_of(questions: Iterable[Asking]) -> dict[int, Cycle]:
    """By item that is set up with its family, how often that is; all members of a family are to be among these."""
    rows = list(questions)
    lots = lots_of([item for item, _, _ in rows])
    asked = {item.pk: lots[item.pk].asked(question, own) for item, own, question in rows}
    return {key: (one.cover_days, one.lot_why) for key, one in together(asked, lots).items()}


def sized(questions: Iterable[Asking], cycles: Mapping[int, Cycle]) -> list[Question]:
    """These questions with their lots, where the cycles of families are known already."""
    rows = list(questions)
    lots = lots_of([item for item, _, _ in rows])
    asked = [(item.pk, lots[item.pk].asked(question, own)) for item, own, question in rows]
    return [
        replace(one, cover_days=cycles[key][0], lot_why=cycles[key][1]) if key in cycles else one
        for key, one in asked
    ]


def joint(items: Iterable[int]) -> set[int]:
    """Keys of those of these items that are set up with others."""
    rows = LotRule.objects.filter(sizing=Sizing.JOINT).values_list("item", flat=True)
    return set(rows).intersection(items)
