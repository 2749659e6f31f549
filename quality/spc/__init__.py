"""Statistical process control: limits of control charts, rules that find what is not chance, capability, gauge studies.

Plain numbers in, results out; no database. A chart plots one number per subgroup (its mean, or a count or share) and, for what is
measured, the spread within it. Limits stand three standard deviations of that number from the center line, the standard deviation
being estimated from within the subgroups: what varies between them is what the chart is to find. Limits of a chart say how
the process behaves; limits of a drawing say what the customer accepts. They are never mixed.
"""

from quality.spc.constants import LARGEST_SUBGROUP, Constants, constants
from quality.spc.control import Kind, Limits, NoVariation, TooFewSubgroups, limits
from quality.spc.gage import POOLED_ABOVE, Component, GageStudy, Reading, UnbalancedStudy, gage_rr
from quality.spc.indices import Capability, Flag, Index, TooFewValues, capability
from quality.spc.rules import LENGTHS, NELSON, RULES, WESTERN_ELECTRIC, Conventions, describe, rule_violations
from quality.spc.subgroups import moving_ranges, ranges, standard_deviations

__all__ = [
    "LARGEST_SUBGROUP",
    "LENGTHS",
    "NELSON",
    "POOLED_ABOVE",
    "RULES",
    "WESTERN_ELECTRIC",
    "Capability",
    "Component",
    "Constants",
    "Conventions",
    "Flag",
    "GageStudy",
    "Index",
    "Kind",
    "Limits",
    "NoVariation",
    "Reading",
    "TooFewSubgroups",
    "TooFewValues",
    "UnbalancedStudy",
    "capability",
    "constants",
    "describe",
    "gage_rr",
    "limits",
    "moving_ranges",
    "ranges",
    "rule_violations",
    "standard_deviations",
]
