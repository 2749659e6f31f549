"""Who a page is drawn for: known to whatever draws a part of it and is not handed the request, such as a link in a column of a list."""

from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


class ReaderMiddleware:
    """Lets `present_request` tell the request while it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


def present_request() -> HttpRequest | None:
    """The request that is being answered; None where nobody in particular reads what is drawn."""
    return _request.get()
