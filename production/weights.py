"""What a plan is measured by: the planners' rules as weights of the scheduler."""

from dataclasses import replace

from production import scheduling
from production.models import SchedulingRules

A_WHOLE_MOVE = 3600  # seconds; what shifts by less on its machine is felt less

WORTH_A_MOVE = 3600.0
"""Weighted seconds of lateness that moving one operation must save for a repair to move it."""

A_REPAIRS_WHOLE_MOVE = 900
"""Seconds; what shifts by less on its machine counts in proportion. A repair pushes on a few tasks rather than whole days of them."""

FEW_MOVES = 0.05
"""Share of the plan that a repair may move; what moves beyond it must save ten times as much."""

UNSEARCHED_MOVE = 300.0
"""Weighted seconds that a move must save where a change is put into the plan and nothing is searched."""

HARDLY = 0.0001
"""What an hour in the plant counts for where nothing is searched: it decides between equals, and moves nothing."""


def weights_of(rules: SchedulingRules) -> scheduling.Weights:
    """What a plan is measured by, as the planners' rules have it."""
    return scheduling.Weights(
        tardiness=rules.tardiness_weight,
        setup=rules.setup_weight,
        flow=rules.flow_weight,
        move=rules.move_minutes * 60,
        whole_move=A_WHOLE_MOVE,
    )


def of_a_repair(weights: scheduling.Weights) -> scheduling.Weights:
    """Weights of a plan that must hold as it is as far as it can; how long orders take is for the next search to shorten."""
    return replace(
        weights,
        flow=min(weights.flow, HARDLY),
        move=max(weights.move, WORTH_A_MOVE),
        whole_move=min(weights.whole_move, A_REPAIRS_WHOLE_MOVE),
        few=FEW_MOVES,
    )


def unsearched(weights: scheduling.Weights) -> scheduling.Weights:
    """Weights of a plan that comes at once: what moves is what was asked for and what it pushes, not what else could be better."""
    return replace(weights, flow=min(weights.flow, HARDLY), move=max(weights.move, UNSEARCHED_MOVE))
