"""What colour a status has on every page of the console: running, done, late, risk, held or planned (see `console.css`)."""

from typing import Final

from inventory.models import Lot
from orders.models import State
from production.models import Operation

LOT: Final = {
    Lot.Status.IN_PROCESS: "running",
    Lot.Status.QUARANTINE: "risk",
    Lot.Status.RELEASED: "done",
    Lot.Status.HELD: "held",
    Lot.Status.REJECTED: "late",
}
LINE: Final = {
    State.HELD: "held",
    State.LATE: "late",
    State.AT_RISK: "risk",
    State.READY: "done",
    State.ON_TIME: "done",
    State.DRAFT: "planned",
    State.SHIPPED: "done",
    State.CANCELLED: "planned",
}
OPERATION: Final = {
    Operation.Status.WAITING: "planned",
    Operation.Status.RUNNING: "running",
    Operation.Status.PAUSED: "risk",
    Operation.Status.DONE: "done",
    Operation.Status.CANCELLED: "planned",
}
