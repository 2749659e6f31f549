"""Acceptance sampling on plain data: which sample a lot asks for, what its results say of the lot, how strict the next one must be.

No database here. `single_plan`, `double_plan` and `multiple_plan` are those of ANSI/ASQ Z1.4 (MIL-STD-105E); `zero_plan` accepts with
none; `after` switches between normal, tightened and reduced inspection; `inspects_next` skips lots of a source that has earned it;
`acceptance_probability` says what a plan does to lots of a given quality.

A lot in pieces is sampled by the piece. Of what is weighed, filled or measured off there is nothing to count: "every
piece" and "a percentage" then mean one sample, "a fixed number" that many.
"""

from quality.sampling.curves import acceptance_probability, average_sample_size, quality_accepted_with
from quality.sampling.judging import (
    Result,
    Standing,
    accepted,
    accepts,
    nonconforming_pieces,
    sample_size,
    standing,
    tighter,
    within,
)
from quality.sampling.outlook import what_skips_next, what_switches_next
from quality.sampling.plans import (
    NoSuchPlan,
    Plan,
    Sample,
    StagedPlan,
    code_letter,
    double_plan,
    lot_band,
    multiple_plan,
    single_plan,
)
from quality.sampling.skipping import Skipping, SkipRule, inspects_next, skip_after
from quality.sampling.switching import LotOutcome, Switch, Switching, SwitchingRules, after, restarted
from quality.sampling.tables import AQLS, CODE_LETTERS, SEVERITIES, Level, Severity
from quality.sampling.zero import zero_plan, zero_plan_for_quality

__all__ = [
    "AQLS",
    "CODE_LETTERS",
    "SEVERITIES",
    "Level",
    "LotOutcome",
    "NoSuchPlan",
    "Plan",
    "Result",
    "Sample",
    "Severity",
    "SkipRule",
    "Skipping",
    "StagedPlan",
    "Standing",
    "Switch",
    "Switching",
    "SwitchingRules",
    "acceptance_probability",
    "accepted",
    "accepts",
    "after",
    "average_sample_size",
    "code_letter",
    "double_plan",
    "inspects_next",
    "lot_band",
    "multiple_plan",
    "nonconforming_pieces",
    "quality_accepted_with",
    "restarted",
    "sample_size",
    "single_plan",
    "skip_after",
    "standing",
    "tighter",
    "what_skips_next",
    "what_switches_next",
    "within",
    "zero_plan",
    "zero_plan_for_quality",
]
