"""Plans that accept with none (c = 0): one nonconforming piece in the sample is one too many.

After N. L. Squeglia, *Zero Acceptance Number Sampling Plans*: such a plan gives the consumer the protection of the Z1.4 plan that it
replaces, in that both accept lots of the poorest quality (the LTPD) one time in ten, and needs fewer pieces. Sample sizes here are
computed from that equivalence, with the hypergeometric distribution of the lot at hand, not read off his tables; they agree with those
to within a piece or two, as he rounds.
"""

from decimal import Decimal
from math import ceil

from quality.sampling.curves import acceptance_probability, quality_accepted_with
from quality.sampling.plans import NoSuchPlan, Plan, Sample, single_plan
from quality.sampling.tables import Level

CONSUMERS_RISK = 0.10


def zero_plan(lot_size: int, *, aql: Decimal | float | str, level: Level = "II") -> Plan:
    """The c = 0 plan with the LTPD of the normal single plan of Z1.4 for this lot, AQL and level.

    :raises NoSuchPlan: as `single_plan`, and above AQL 10, where nonconformities are counted and none is too few to ask for.
    """
    if Decimal(str(aql)) > 10:
        raise NoSuchPlan(f"A plan that accepts with none has an AQL of at most 10; not {aql}.")
    plan = single_plan(lot_size, aql=aql, level=level)
    ltpd = quality_accepted_with([Sample(plan.sample_size, plan.accept, plan.reject)], CONSUMERS_RISK)
    size = zero_plan_for_quality(lot_size, quality=ltpd).sample_size
    # Where the plan itself accepts with none, it is that one: it is not made stricter by looking at the lot's own size.
    return Plan(plan.code_letter, min(size, plan.sample_size), 0, 1)


def zero_plan_for_quality(lot_size: int, *, quality: float, risk: float = CONSUMERS_RISK) -> Plan:
    """The smallest sample that accepts with none, and lots as poor as `quality` (a fraction) at most with probability `risk`.

    :raises NoSuchPlan: for a lot of nothing, and a quality or risk not between 0 and 1.
    """
    if lot_size < 1:
        raise NoSuchPlan("A lot has at least one piece.")
    if not (0 < quality <= 1 and 0 < risk < 1):
        raise NoSuchPlan("Quality and risk are fractions between 0 and 1.")
    # Of lots that are at least so poor, the best holds this many nonconforming pieces.
    bad = min(lot_size, ceil(quality * lot_size - 1e-9))
    low, high = 1, lot_size
    while low < high:
        size = (low + high) // 2
        chance = acceptance_probability(
            [Sample(size, 0, 1)], bad / lot_size, distribution="hypergeometric", lot_size=lot_size
        )
        low, high = (low, size) if chance <= risk else (size + 1, high)
    return Plan("", low, 0, 1)
