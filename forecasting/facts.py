"""What happens to forecasts and replenishment, told to whoever subscribes."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mes.core.facts import Fact


@dataclass(frozen=True)
class ForecastRunBegun(Fact):
    """Items are being forecast anew; `by` whoever asked for it, None by the clock."""

    run: int
    by: int | None


@dataclass(frozen=True)
class ForecastRunDone(Fact):
    """New forecasts and targets are in force, and proposals follow them."""

    run: int
    items: int
    proposals: int


@dataclass(frozen=True)
class ForecastRunFailed(Fact):
    run: int
    message: str


@dataclass(frozen=True)
class ProposalsRenewed(Fact):
    """Proposals follow stock and orders as they are now, by the forecasts of a run; `by` whoever asked for it, None by the clock."""

    run: int
    proposals: int
    by: int | None


@dataclass(frozen=True)
class ReplenishmentFirmed(Fact):
    """A proposal became a production order or a purchase."""

    replenishment: int
    item: int
    quantity: Decimal
    production_order: int | None
    expected_receipt: int | None
    by: int


@dataclass(frozen=True)
class ReplenishmentDismissed(Fact):
    replenishment: int
    item: int
    reason: str
    by: int


@dataclass(frozen=True)
class ReplenishmentReopened(Fact):
    """A dismissal of a proposal was taken back: it is proposed again."""

    replenishment: int
    item: int
    by: int


@dataclass(frozen=True)
class ExceptionActedOn(Fact):
    """An open order was changed as its message said."""

    message: int
    kind: str
    item: int
    by: int


@dataclass(frozen=True)
class ExceptionDismissed(Fact):
    """An open order stays as it is, whatever its message said."""

    message: int
    item: int
    reason: str
    by: int


@dataclass(frozen=True)
class ExceptionReopened(Fact):
    """A dismissal of a message was taken back: it stands again."""

    message: int
    item: int
    by: int


@dataclass(frozen=True)
class ForecastOverridden(Fact):
    """A person's number stands in place of the statistical one."""

    override: int
    item: int
    first_date: date
    last_date: date
    by: int


@dataclass(frozen=True)
class OverrideEnded(Fact):
    override: int
    item: int
    by: int


@dataclass(frozen=True)
class FamilyOverridden(Fact):
    """A person's number for a family or plant was shared out over so many items, each part an override of its own."""

    family_override: int
    site: int
    items: int
    first_date: date
    last_date: date
    by: int


@dataclass(frozen=True)
class FamilySharedAnew(Fact):
    """Such a number was shared out once more, over so many items, since they are forecast otherwise by now."""

    family_override: int
    site: int
    items: int


@dataclass(frozen=True)
class FamilyOverrideEnded(Fact):
    """The parts of such a number count no longer."""

    family_override: int
    site: int
    by: int


@dataclass(frozen=True)
class ForecastAgreed(Fact):
    """Departments agreed on a number; it counts instead of forecast and overrides."""

    consensus: int
    item: int
    first_date: date
    last_date: date
    by: int


@dataclass(frozen=True)
class ConsensusEnded(Fact):
    consensus: int
    item: int
    by: int


@dataclass(frozen=True)
class ForecastFrozen(Fact):
    """The numbers of these days stay as they are, whatever later runs say."""

    freeze: int
    item: int
    first_date: date
    last_date: date
    by: int


@dataclass(frozen=True)
class FreezeLifted(Fact):
    freeze: int
    item: int
    by: int


@dataclass(frozen=True)
class DemandEventDecided(Fact):
    """An event was confirmed, and forecasts go by it from the next run on; or dismissed."""

    event: int
    status: str
    by: int | None


@dataclass(frozen=True)
class ForecastLeftItsBand(Fact):
    """Demand since the last run is outside what was forecast; the near future is adjusted until the next run."""

    alert: int
    item: int
    factor: float


@dataclass(frozen=True)
class ForecastAlertSeen(Fact):
    """Somebody looks after a forecast that reality does not follow."""

    alert: int
    item: int
    by: int
