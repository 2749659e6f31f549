"""The customer's tracking page: public, by a link that nobody can guess."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from mes.papers.files import pdf_file
from orders.models import CustomOrder
from orders.tracking import certificates_of, tracked

# The address is the key: it stays out of search engines, caches and other sites' logs, and the page runs nothing but its own files.
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


@require_safe
def track_order(request: HttpRequest, token: str) -> HttpResponse:
    """Where an order stands, for whoever has its link; a kind page where a link leads nowhere."""
    order = CustomOrder.objects.select_related("customer").filter(tracking_token=token).first()
    now = timezone.now()
    if order is None:
        response = render(request, "orders/no_such_link.html", status=404)
    else:
        response = render(
            request, "orders/tracking.html", {"order": tracked(order, now), "now": now, "token": token}
        )
    return _kept_private(response)


@require_safe
def tracked_certificate(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """The PDF of a certificate of the order, for whoever has its link; the revision that stands, no other paper of the house."""
    order = CustomOrder.objects.filter(tracking_token=token).first()
    paper = certificates_of(order).filter(pk=pk).first() if order else None
    if paper is None:
        return _kept_private(render(request, "orders/no_such_link.html", status=404))
    return _kept_private(pdf_file(paper))


def _kept_private(response: HttpResponse) -> HttpResponse:
    for name, value in HEADERS.items():
        response[name] = value
    return response
