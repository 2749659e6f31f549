"""What somebody is told whose address leads nowhere: that it does, and how to find what was meant."""

from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found

from mes.console.pages import draw
from mes.console.zone import PAGES


def no_such_page(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The `handler404`: for people at the console a page of its own; for scripts and what is no page of the console Django's plain one."""
    is_read_by_somebody = (
        "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers
    )
    if not (is_read_by_somebody and request.path.startswith(PAGES) and request.user.is_staff):
        return page_not_found(request, exception)
    page = draw(request, "console/no_such_page.html", "There is no such page")
    page.status_code = 404
    return page.render()
