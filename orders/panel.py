"""What the console shows beside an order: its state as a chip, and the panel below its lines."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from inventory.models import Reservation
from inventory.quantities import plain
from mes.core.console import link_to
from orders import evidence
from orders.models import CustomOrder, Peg, Requirement, ShipmentLine, State
from orders.services import what_certificates_wait_for
from orders.tracking import LEVELS

KEPT: dict[str, str] = {Reservation.Status.OPEN: "Set aside", Reservation.Status.USED: "Shipped"}
EXPLAINED = {State.LATE, State.AT_RISK, State.HELD}


def chip(state: str) -> SafeString:
    """A state with its word and its colour, as on every page of the console."""
    return format_html('<span class="mes-chip mes-{}">{}</span>', LEVELS[State(state)], State(state).label)


def why_in_place(line: Any) -> SafeString:
    """What the state of a line with progress comes from; for what is late or might be, with the chain behind it, read when asked for."""
    if line.state not in EXPLAINED:
        return format_html("{}", line.why)
    return format_html(
        '<details class="mes-page" hx-get="{}" hx-trigger="toggle once" hx-target="find .mes-chain-of">'
        '<summary>{} why ▸</summary><div class="mes-chain-of">Working out what it waits for …</div></details>',
        reverse("console:why-line", args=[line.pk]),
        line.why,
    )


def tracking_url(request: HttpRequest, order: CustomOrder) -> str:
    return request.build_absolute_uri(reverse("track-order", args=[order.tracking_token]))


def order_panel(request: HttpRequest, order: CustomOrder) -> dict[str, Any]:
    """What stands below an order's lines: proof of each requirement, where its goods come from, what left."""
    pegs = Peg.objects.filter(line__order=order).standing()
    pegs = pegs.select_related("line__order", "production_order", "reservation__lot").order_by(
        "line__number", "pk"
    )
    lots = ShipmentLine.objects.select_related("lot", "line__order").order_by("pk")
    sources = [(peg, peg.production_order or peg.reservation) for peg in pegs]
    may_certify = request.user.has_perm("papers.issue_certificate")
    return {
        "proofs": _with_certificates(order, evidence.matrix(order), may_certify),
        "pegs": [
            {
                "line": peg.line,
                "quantity": plain(peg.quantity),
                "source": link_to(source.lot if isinstance(source, Reservation) else source),
                "status": KEPT.get(source.status, source.get_status_display()),
                "is_made": peg.production_order is not None,
                "waits": peg.production_order
                if peg.production_order and peg.production_order.is_open
                else None,
            }
            for peg, source in sources
            if source is not None
        ],
        "shipments": order.shipments.prefetch_related(Prefetch("lines", lots)).order_by("-pk"),
        "tracking_url": tracking_url(request, order),
        "amendments": order.amendments.select_related("proposed_by", "decided_by")
        .prefetch_related(
            Prefetch("stated", Requirement.objects.select_related("line", "replaces").in_order()),
            Prefetch(
                "ended",
                Requirement.objects.select_related("line").prefetch_related("replaced_by").in_order(),
            ),
        )
        .order_by("-number"),
        "may_concede": request.user.has_perm("orders.grant_concession"),
        "may_certify": may_certify,
        "may_prove": request.user.has_perm("orders.change_requirement"),
    }


def _with_certificates(
    order: CustomOrder, proofs: list[evidence.Proof], may_certify: bool
) -> list[tuple[evidence.Proof, str]]:
    """Each proof, and what the certificate waits for that would be it; worked out for whoever may issue one."""
    if not may_certify or order.status != CustomOrder.Status.CONFIRMED:
        return [(proof, "") for proof in proofs]
    asking = [proof.requirement.line for proof in proofs if proof.waits_for_certificate]
    missing = what_certificates_wait_for(order, list({line.pk: line for line in asking}.values()))
    return [
        (each, missing[each.requirement.line_id] if each.waits_for_certificate else "") for each in proofs
    ]
