"""What happens in quality, told to whoever subscribes.

`gate` is the inspection that whoever waits for a verdict points at: the inspection itself, or the first of those that
repeat one another.
"""

from dataclasses import dataclass
from decimal import Decimal

from mes.core.facts import Fact


@dataclass(frozen=True)
class InspectionOpened(Fact):
    inspection: int
    gate: int
    lot: int
    stage: str


@dataclass(frozen=True)
class InspectionPassed(Fact):
    inspection: int
    gate: int
    lot: int
    stage: str
    by: int


@dataclass(frozen=True)
class InspectionFailed(Fact):
    inspection: int
    gate: int
    lot: int
    stage: str
    nonconformance: int
    by: int


@dataclass(frozen=True)
class InspectionCancelled(Fact):
    inspection: int
    gate: int
    lot: int
    stage: str
    by: int


@dataclass(frozen=True)
class SeverityChanged(Fact):
    """Lots of a source are inspected otherwise from now on; `stops`: no longer, until somebody restarts it."""

    source: int
    item: int
    severity: str
    stops: bool
    why: str


@dataclass(frozen=True)
class NonconformanceOpened(Fact):
    nonconformance: int
    lot: int
    quantity: Decimal


@dataclass(frozen=True)
class NonconformanceDecided(Fact):
    """`disposition` is one of `Nonconformance.Disposition`; `gate` is None where no inspection found it."""

    nonconformance: int
    lot: int
    disposition: str
    gate: int | None
    by: int


@dataclass(frozen=True)
class GaugeCalibrated(Fact):
    """`found` and `left` say whether it was in tolerance before and after."""

    gauge: int
    calibration: int
    found: bool
    left: bool
    by: int


@dataclass(frozen=True)
class GaugeFoundOut(Fact):
    """Found out of tolerance: what it measured since its last good calibration is in doubt."""

    gauge: int
    calibration: int
    review: int
    by: int


@dataclass(frozen=True)
class GaugeReviewConcluded(Fact):
    review: int
    gauge: int
    by: int


@dataclass(frozen=True)
class GaugeBlocked(Fact):
    gauge: int
    reason: str
    by: int


@dataclass(frozen=True)
class RecallOpened(Fact):
    """Somebody asks what is affected. A mock recall is a drill."""

    recall: int
    is_mock: bool
    by: int


@dataclass(frozen=True)
class RecallTraced(Fact):
    """A search for affected lots ended: `lots` all in all, `new_lots` of them for the first time."""

    recall: int
    run: int
    lots: int
    new_lots: int


@dataclass(frozen=True)
class RecallHeld(Fact):
    """These many lots may not be used from now on; told once for all of them, where single holds tell `inventory.LotHeld`."""

    recall: int
    lots: int
    by: int


@dataclass(frozen=True)
class RecallBalanced(Fact):
    """What came of each lot was compared with where it is."""

    recall: int
    by: int


@dataclass(frozen=True)
class RecallDecided(Fact):
    """What becomes of these many lots when the recall is closed."""

    recall: int
    decision: str
    lots: int
    by: int


@dataclass(frozen=True)
class RecallClosed(Fact):
    recall: int
    by: int


@dataclass(frozen=True)
class RecallCancelled(Fact):
    recall: int
    reason: str
    by: int


@dataclass(frozen=True)
class ChartSignalled(Fact):
    """A rule of a control chart found a pattern that is not chance; `lot` is that of the point, `owner` whom the chart belongs to."""

    chart: int
    signal: int
    point: int
    rule: int
    lot: int
    owner: int | None


@dataclass(frozen=True)
class ChartLimitsFixed(Fact):
    chart: int
    limits: int
    by: int


@dataclass(frozen=True)
class ActionOpened(Fact):
    """A corrective or preventive action is somebody's from now on."""

    action: int
    owner: int
    by: int


@dataclass(frozen=True)
class ActionJudged(Fact):
    """Whether what was done helped."""

    action: int
    is_effective: bool
    by: int


@dataclass(frozen=True)
class ExceptionsAnswered(Fact):
    """A reviewer said what was found about so many exceptions of the record of how a lot was made."""

    review: int
    lot: int
    count: int
    by: int


@dataclass(frozen=True)
class ReworkEnded(Fact):
    """Rework of finished goods is done, or was given up before."""

    nonconformance: int
    lot: int
    is_done: bool
    by: int
