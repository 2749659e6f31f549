"""A recall as a workbook for whoever has to be shown it: summary, lots with their balance, customers, notices, who waits, searches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inventory.balancing import FIGURES, balances_of
from inventory.models import Lot
from inventory.models.items import unit_of
from mes.core.sheets import Sheet
from orders.models import Customer, RecallNoticeLine
from orders.recalled import delivered_of, effectiveness_of, reach_of, waiting_for, why_not_measured
from quality.models import Recall, RecallLot


def recall_sheets(recall: Recall, *, at: datetime) -> list[Sheet]:
    """The pages of the workbook, as things are at that moment; a file of one page takes the first, the lots."""
    rows = list(recall.lots.select_related("lot__item", "run").order_by("lot__item__number", "lot__number"))
    lots = {row.lot_id: row.lot for row in rows}
    return [
        _lots(rows),
        _summary(recall, at),
        _customers(lots),
        _notices(recall),
        _waiting(lots, at),
        _runs(recall),
    ]


def _summary(recall: Recall, at: datetime) -> Sheet:
    reach = reach_of(recall)
    told: list[Sequence[Any]] = [
        ("Number", recall.number),
        ("Kind", "Mock recall" if recall.is_mock else "Recall"),
        ("Status", recall.get_status_display()),
        ("Starts from", recall.scope_text),
        ("What is wrong", recall.reason),
        ("Opened", recall.opened_at),
        ("Opened by", str(recall.opened_by)),
        ("Lots known", recall.traced_at),
        ("Stock held", recall.held_at),
        ("Quantities confirmed", recall.balanced_at),
        ("What explains differences", recall.balance_note),
        (
            "Minutes until lots and quantities were known",
            round(recall.time_taken(at).total_seconds() / 60, 1),
        ),
        *((f"Shipped, {each.unit}", each.shipped) for each in reach),
        *((f"Accounted for, {each.unit}", each.accounted) for each in reach),
        ("Effectiveness, %", why_not_measured(recall) or effectiveness_of(recall, reach)),
        ("Closed", recall.closed_at),
        ("Closed by", str(recall.closed_by or "")),
        ("Conclusion", recall.conclusion),
        ("As of", at),
    ]
    return Sheet("Summary", ["What", "Value"], told)


def _lots(rows: Sequence[RecallLot]) -> Sheet:
    balances = balances_of([row.lot_id for row in rows])
    figures = [name.replace("_", " ").capitalize() for name in FIGURES]
    headings = [
        "Lot",
        "Item",
        "Description",
        "Unit",
        "Starts the recall",
        *figures,
        "Unaccounted for",
        "Disposition",
    ]
    headings += ["Held at", "Decision", "Why", "Found at"]
    return Sheet(
        "Lots and balance",
        headings,
        [
            [
                row.lot.number,
                str(row.lot.item),
                row.lot.item.description,
                unit_of(row.lot.item.uom),
                "yes" if row.is_origin else "",
                *(getattr(balances[row.lot_id], name) for name in FIGURES),
                balances[row.lot_id].unaccounted,
                row.lot.get_status_display(),
                row.held_at,
                row.get_decision_display(),
                row.justification,
                row.run.at,
            ]
            for row in rows
        ],
    )


def _customers(lots: dict[int, Lot]) -> Sheet:
    delivered = delivered_of(lots)
    customers = Customer.objects.in_bulk({each.customer for each in delivered})
    return Sheet(
        "Customers",
        ["Customer", "Code", "E-mail", "Lot", "Item", "Quantity there", "Unit", "Shipments", "Last shipped"],
        [
            [
                customers[each.customer].name,
                customers[each.customer].code,
                customers[each.customer].email,
                lots[each.lot].number,
                str(lots[each.lot].item),
                each.quantity,
                unit_of(lots[each.lot].item.uom),
                ", ".join(each.shipments),
                each.last_at,
            ]
            for each in delivered
        ],
    )


def _notices(recall: Recall) -> Sheet:
    lines = (
        RecallNoticeLine.objects.filter(notice__recall=recall)
        .select_related("notice__customer", "lot__item")
        .order_by("notice", "lot__number")
    )
    return Sheet(
        "Notices",
        [
            *("Notice", "Customer", "Status", "Sent", "To", "By", "Acknowledged", "By whom"),
            *("Lot", "Quantity", "Unit", "Returned", "Used up or destroyed", "Open"),
        ],
        [
            [
                line.notice.number,
                line.notice.customer.name,
                line.notice.get_status_display(),
                line.notice.sent_at,
                line.notice.sent_to,
                line.notice.get_channel_display(),
                line.notice.acknowledged_at,
                line.notice.acknowledged_by,
                line.lot.number,
                line.quantity,
                unit_of(line.lot.item.uom),
                line.returned,
                line.destroyed,
                line.quantity - line.returned - line.destroyed,
            ]
            for line in lines
        ],
    )


def _waiting(lots: dict[int, Lot], at: datetime) -> Sheet:
    return Sheet(
        "Orders waiting",
        ["Kept for", "Customer", "Due", "Lot", "Quantity", "Unit"],
        [
            [
                each.purpose,
                each.customer,
                each.due,
                lots[each.lot].number,
                each.quantity,
                unit_of(lots[each.lot].item.uom),
            ]
            for each in waiting_for(lots, at)
        ],
    )


def _runs(recall: Recall) -> Sheet:
    return Sheet(
        "Searches",
        ["When", "By", "Lots to start from", "Lots affected", "New", "Seconds"],
        [
            [run.at, str(run.by), run.origins, run.lots, run.new_lots, run.milliseconds / 1000]
            for run in recall.runs.select_related("by").order_by("pk")
        ],
    )
