"""What a plan is measured by: the planners' rules as weights of the scheduler."""

from production import scheduling
from production.models import SchedulingRules

A_WHOLE_MOVE = 3600  # seconds; what shifts by less on its machine is felt less


def weights_of(rules: SchedulingRules) -> scheduling.Weights:
    """What a plan is measured by, as the planners' rules have it."""
    return scheduling.Weights(
        tardiness=rules.tardiness_weight,
        setup=rules.setup_weight,
        flow=rules.flow_weight,
        move=rules.move_minutes * 60,
        whole_move=A_WHOLE_MOVE,
    )
