"""One shipped serial number, followed back to the raw lots it was made from."""

from dataclasses import dataclass

from inventory.genealogy import trace_up
from inventory.models import Item, Lot, Site
from orders.models import ShipmentLine
from quality.models import Inspection, Stage


@dataclass(frozen=True)
class Trace:
    """From raw lots through a passed final inspection to a customer."""

    shipped: ShipmentLine
    inspection: Inspection
    raw: tuple[Lot, ...]

    def __str__(self) -> str:
        lots = ", ".join(f"{lot.item} lot {lot}{_heat(lot)}" for lot in self.raw)
        line = self.shipped.line
        return (
            f"{lots} → {line.item} serial {self.shipped.lot}, final inspection {self.inspection.plan.code} passed, "
            f"shipped with {self.shipped.shipment} to {line.order.customer} for {line}."
        )


def _heat(lot: Lot) -> str:
    heat = lot.attributes.get("heat")
    return f" (heat {heat})" if heat else ""


def trace_of_a_shipped_serial(sites: list[Site]) -> Trace | None:
    """The newest shipped serial number whose way is known from raw material through a passed final inspection."""
    shipped = ShipmentLine.objects.standing().filter(
        line__item__site__in=sites, line__item__tracking=Item.Tracking.SERIAL
    )
    for line in shipped.select_related("lot", "line__item", "line__order__customer", "shipment").order_by(
        "-pk"
    )[:50]:
        ancestors = [link.parent for link in trace_up(line.lot)]
        passed = (
            Inspection.objects.filter(
                lot__in=[line.lot_id, *ancestors],
                lot__item=line.line.item_id,
                plan__stage=Stage.FINAL,
                status=Inspection.Status.PASSED,
            )
            .select_related("plan")
            .first()
        )
        raw = (
            Lot.objects.filter(pk__in=ancestors, item__kind=Item.Kind.RAW)
            .select_related("item")
            .order_by("pk")
        )
        if passed is not None and raw:
            return Trace(line, passed, tuple(raw))
    return None
