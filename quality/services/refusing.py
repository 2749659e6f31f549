"""Results that are refused leave a trace where a standard asks for it, whatever becomes of the act they were part of."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from inventory.quantities import plain
from mes.core.autonomous import in_own_transaction
from mes.core.models import User
from mes.core.refusals import DomainError
from quality.models import Characteristic, Inspection, RefusedResult


@contextmanager
def kept_if_refused(
    *refusals: type[DomainError],
    inspection: Inspection,
    characteristic: Characteristic,
    piece: int,
    value: Decimal | None,
    uom: str,
    by: User,
    at: datetime,
) -> Iterator[None]:
    """Keep what somebody tried to enter when it is refused for one of these reasons, in a transaction of its own, and let the refusal pass."""
    try:
        yield
    except refusals as refusal:
        typed = plain(value) if value is not None and value.is_finite() else str(value or "")
        row = RefusedResult(
            inspection_id=inspection.pk,
            characteristic_id=characteristic.pk,
            piece=piece,
            entered=f"{typed} {uom or characteristic.uom}".strip()[:60],
            code=refusal.code,
            refusal=refusal.detail[:400],
            by_id=by.pk,
            at=at,
        )
        in_own_transaction(row.save)
        raise
