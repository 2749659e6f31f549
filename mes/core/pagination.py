"""How lists are cut: numbered pages with a count."""

from rest_framework.pagination import PageNumberPagination


class Pagination(PageNumberPagination):
    """`?page=2&page_size=200`; fifty rows a page unless asked, five hundred at most."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
