"""How strict inspection is next: normal, tightened or reduced, after what became of the lots before.

The rules of ANSI/ASQ Z1.4 (MIL-STD-105E 4.7 and 4.8): two of five or fewer lots not accepted tighten; five accepted in a row loosen
again; ten accepted in a row, from steady production, may reduce; a lot not accepted, or accepted between the numbers, ends that; five
lots not accepted on tightened inspection discontinue inspection until somebody has put things right. Lots that are submitted
again after they were not accepted count for nothing, nor do lots whose sample was drawn under another severity than the present one,
save that one not accepted always ends reduced inspection.
"""

from dataclasses import dataclass, replace

from quality.sampling.tables import Severity

WINDOW = 5  # lots in which two not accepted tighten
NOT_ACCEPTED = 2
TO_NORMAL = 5
TO_REDUCED = 10
TO_STOP = 5


@dataclass(frozen=True)
class SwitchingRules:
    """What a plant has decided.

    :ivar reduces: whether reduced inspection is desired at all.
    :ivar limit: nonconforming pieces in the samples of the ten lots up to which reduction is allowed; None for no limit (the limit
        numbers of table VIII are optional in Z1.4 since 1993).
    """

    reduces: bool = True
    limit: int | None = None


@dataclass(frozen=True)
class LotOutcome:
    """What became of one lot.

    :ivar severity: under which its sample was drawn.
    :ivar between: accepted between the acceptance and the rejection number of a reduced plan.
    :ivar nonconforming: found in its samples.
    :ivar is_original: first inspection of the lot, not one of a lot submitted again.
    :ivar is_steady: production was at a steady rate.
    """

    accepted: bool
    severity: Severity = "normal"
    between: bool = False
    nonconforming: int = 0
    is_original: bool = True
    is_steady: bool = True


@dataclass(frozen=True)
class Switching:
    """Where a source of lots stands.

    :ivar recent: whether the lots since the last switch were accepted, newest last; no more than are looked back on.
    :ivar found: nonconforming pieces in each of those.
    :ivar not_accepted: lots not accepted since tightened inspection began.
    """

    severity: Severity = "normal"
    recent: tuple[bool, ...] = ()
    found: tuple[int, ...] = ()
    not_accepted: int = 0
    is_discontinued: bool = False

    @property
    def accepted_in_a_row(self) -> int:
        run = 0
        for accepted in reversed(self.recent):
            if not accepted:
                break
            run += 1
        return run


@dataclass(frozen=True)
class Switch:
    """A change of severity, or the end of inspection (`stops`), and why, as the rest of a sentence."""

    before: Severity
    now: Severity
    why: str
    stops: bool = False


def after(
    state: Switching, lot: LotOutcome, rules: SwitchingRules | None = None
) -> tuple[Switching, Switch | None]:
    """The state after one more lot, and the switch that it caused, if any."""
    rules = rules or SwitchingRules()
    if not lot.is_original or state.is_discontinued:
        return state, None
    if state.severity == "reduced":
        return _after_reduced(state, lot)
    if lot.severity != state.severity:
        return state, None
    seen = replace(
        state,
        recent=(*state.recent, lot.accepted)[-TO_REDUCED:],
        found=(*state.found, lot.nonconforming)[-TO_REDUCED:],
        not_accepted=state.not_accepted + (state.severity == "tightened" and not lot.accepted),
    )
    return _after_normal(seen, lot, rules) if state.severity == "normal" else _after_tightened(seen)


def restarted() -> Switching:
    """After inspection was discontinued and things were put right: tightened inspection begins anew (4.8)."""
    return Switching(severity="tightened")


def _after_normal(seen: Switching, lot: LotOutcome, rules: SwitchingRules) -> tuple[Switching, Switch | None]:
    lots = seen.recent[-WINDOW:]
    if lots.count(False) >= NOT_ACCEPTED:
        return _switch(
            seen, "tightened", f"{lots.count(False)} of {len(lots)} lots in a row were not accepted"
        )
    ten = len(seen.recent) == TO_REDUCED and all(seen.recent)
    if not (ten and rules.reduces and lot.is_steady):
        return seen, None
    if rules.limit is not None and sum(seen.found) > rules.limit:
        return seen, None
    limit = f" with {sum(seen.found)} nonconforming, {rules.limit} allowed" if rules.limit is not None else ""
    return _switch(seen, "reduced", f"{TO_REDUCED} lots in a row were accepted{limit}")


def _after_tightened(seen: Switching) -> tuple[Switching, Switch | None]:
    if seen.not_accepted >= TO_STOP:
        why = f"{seen.not_accepted} lots were not accepted on tightened inspection"
        return replace(seen, is_discontinued=True), Switch("tightened", "tightened", why, stops=True)
    if seen.accepted_in_a_row >= TO_NORMAL:
        return _switch(seen, "normal", f"{TO_NORMAL} lots in a row were accepted")
    return seen, None


def _after_reduced(state: Switching, lot: LotOutcome) -> tuple[Switching, Switch | None]:
    if not lot.accepted:
        return _switch(state, "normal", "a lot was not accepted")
    if lot.severity != state.severity:
        return state, None
    if lot.between:
        return _switch(state, "normal", "a lot was accepted between its acceptance and rejection number")
    if not lot.is_steady:
        return _switch(state, "normal", "production is not steady")
    return replace(
        state,
        recent=(*state.recent, True)[-TO_REDUCED:],
        found=(*state.found, lot.nonconforming)[-TO_REDUCED:],
    ), None


def _switch(state: Switching, severity: Severity, why: str) -> tuple[Switching, Switch]:
    return Switching(severity=severity), Switch(state.severity, severity, why)
