"""How lists are searched and put in order, and by which parameters they are asked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django_filters import BooleanFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import exceptions, filters
from rest_framework.request import Request

TRUTHS = {"true", "false", "1", "0", ""}


class Filtering(DjangoFilterBackend):
    """Filters as django-filter has them; but what asks for true or false and reads neither is refused, not passed over."""

    def get_filterset(self, request: Request, queryset: QuerySet[Model], view: Any) -> Any:
        """:raises ValidationError: naming each filter whose value is neither."""
        found = super().get_filterset(request, queryset, view)
        if found is not None:
            _refuse_half_truths(found.filters, request.query_params)
        return found


def _refuse_half_truths(known: Mapping[str, Any], given: Mapping[str, str]) -> None:
    wrong = {
        name: [f"“{given[name][:60]}” is neither true nor false. Give one of them, or leave it out."]
        for name, each in known.items()
        if isinstance(each, BooleanFilter) and given.get(name, "").lower() not in TRUTHS
    }
    if wrong:
        raise exceptions.ValidationError(wrong)


class Search(filters.SearchFilter):
    """`?search=…` of lists that say what is searched; of the others there is no such parameter."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        is_searched = bool(getattr(view, "search_fields", None))
        return super().get_schema_operation_parameters(view) if is_searched else []


class Ordering(filters.OrderingFilter):
    """`?ordering=due_date,-number`."""

    def remove_invalid_fields(
        self, queryset: QuerySet[Model], fields: Iterable[str], view: Any, request: Request
    ) -> list[str]:
        """None is removed.

        :raises ValidationError: naming those that a list cannot be put in order by.
        """
        context = {"request": request}
        known = [str(name) for name, _ in self.get_valid_fields(queryset, view, context)]
        asked = list(fields)
        if wrong := [name for name in asked if name.removeprefix("-") not in known]:
            names = ", ".join(f"“{name[:60]}”" for name in wrong[:5])
            sentence = f"This list is not put in order by {names}. Give some of: {', '.join(known)}; with a minus, descending."
            raise exceptions.ValidationError({self.ordering_param: [sentence]}, code="unknown_order")
        return asked


def parameters_of_list(view: Any) -> list[str]:
    """What a list may be asked by: its filters, its search and order where it has them, and its pages."""
    names = _filters(view)
    if getattr(view, "search_fields", None):
        names.append(Search.search_param)
    names.append(Ordering.ordering_param)
    return names + parameters_of_pages(view)


def parameters_of_pages(view: Any) -> list[str]:
    """What a request for a page may say beside the filters."""
    pages = view.paginator
    return [] if pages is None else [pages.page_query_param, pages.page_size_query_param]


def _filters(view: Any) -> list[str]:
    """As django-filter names them: `due_date` is compared for equality, `due_date__lt` by what the name says."""
    if (declared := getattr(view, "filterset_class", None)) is not None:
        return list(declared.base_filters)
    fields: Sequence[str] | Mapping[str, Sequence[str]] = getattr(view, "filterset_fields", None) or ()
    if not isinstance(fields, Mapping):
        return list(fields)
    return [
        name if lookup == "exact" else f"{name}__{lookup}"
        for name, lookups in fields.items()
        for lookup in lookups
    ]
