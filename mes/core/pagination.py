"""How lists are cut: numbered pages with a count."""

from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


class NoSuchPage(NotFound):
    default_detail = "There is no such page."
    remedy = "Begin with the first and follow `next`; `count` says how many rows there are in all."


class Pagination(PageNumberPagination):
    """`?page=2&page_size=200`; fifty rows a page unless asked, five hundred at most."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """:raises NoSuchPage: for a page beyond the last, or a word."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except NotFound as refusal:
            raise NoSuchPage from refusal

    def get_page_size(self, request: Request) -> int | None:
        """:raises ValidationError: for what is no number of rows."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is not None and not (asked.isdecimal() and asked.strip("0")):
            raise ValidationError({self.page_size_query_param: [f"Give 1 to {self.max_page_size} rows."]})
        return super().get_page_size(request)
