"""Whether a paper that is about to be issued must be signed: asked before there is one."""

from mes.core.models import SignaturePolicy
from mes.papers.models import Paper

KIND = str(Paper._meta.label_lower)


def is_demanded(meaning: str, *, is_regulated: bool) -> bool:
    """:param is_regulated: whether it tells of a regulated item."""
    demand = SignaturePolicy.Demand
    binding = {demand.ALWAYS, demand.REGULATED} if is_regulated else {demand.ALWAYS}
    rules = SignaturePolicy.objects.for_act(KIND, meaning)
    return any(rule.meaning == meaning and rule.demand in binding for rule in rules)
