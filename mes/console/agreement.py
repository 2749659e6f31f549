"""On the page of what was accepted as it is: which customers have still to agree, in place."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from mes.console.pages import page
from mes.core.links import link_to
from orders.agreements import lines_waiting_for_agreement
from quality.models import Nonconformance


@page("quality.view_nonconformance")
def agreement(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing where no customer has to agree; names and links for those who may look at orders."""
    found = get_object_or_404(Nonconformance.objects.select_related("lot"), pk=pk)
    lines = lines_waiting_for_agreement(found)
    context = {
        "found": found,
        "count": len(lines),
        "customers": ", ".join(dict.fromkeys(str(line.order.customer) for line in lines)),
        "lines": [link_to(line) for line in lines] if request.user.has_perm("orders.view_orderline") else [],
        "may_note": request.user.has_perm("quality.change_nonconformance"),
    }
    return render(request, "console/_agreement.html", context)
