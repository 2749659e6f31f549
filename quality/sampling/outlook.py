"""What is still missing for the next switch of severity, or for lots to be skipped, in sentences for whoever looks at a source."""

from quality.sampling import switching
from quality.sampling.skipping import Skipping, SkipRule
from quality.sampling.switching import Switching, SwitchingRules


def what_switches_next(state: Switching, rules: SwitchingRules, *, is_steady: bool = True) -> list[str]:
    """What would make inspection of a source stricter, and what milder, from where it stands."""
    if state.is_discontinued:
        return ["No lot is judged before somebody says what was put right and restarts inspection."]
    if state.severity == "reduced":
        return ["The next lot that is not accepted, or only just, makes it normal again."]
    run = state.accepted_in_a_row
    if state.severity == "tightened":
        return [
            f"Normal again after {switching.TO_NORMAL} accepted in a row: {run} so far.",
            f"Stopped after {switching.TO_STOP} not accepted: {state.not_accepted} so far.",
        ]
    window = state.recent[-(switching.WINDOW - 1) :]
    told = [
        "Tightened if the next lot is not accepted: one of those before it was not."
        if False in window
        else f"Tightened by {switching.NOT_ACCEPTED} lots not accepted of any {switching.WINDOW} in a row."
    ]
    if not rules.reduces:
        return [*told, "Never reduced: the sampling scheme does not allow it."]
    if not is_steady:
        return [*told, "Not reduced while production is not steady."]
    limit = f", with {rules.limit} nonconforming at most" if rules.limit is not None else ""
    return [*told, f"Reduced after {switching.TO_REDUCED} accepted in a row{limit}: {run} so far."]


def what_skips_next(state: Skipping, rule: SkipRule) -> str:
    """Whether lots are skipped, or how many more have to be accepted before they are."""
    if state.skips:
        return f"One lot of {rule.every} is inspected, drawn at random; the first one not accepted brings back every lot."
    return f"Lots are skipped after {rule.qualify} accepted in a row: {state.run} so far."
