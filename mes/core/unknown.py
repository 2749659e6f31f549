"""What a client names that there is not: fields of a body, parameters of an address. Each is refused with its name and those near it.

Passed over in silence, a misspelt filter would answer with every row, and a misspelt field would leave a default that nobody chose.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any

from django.http import QueryDict
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.settings import api_settings

MOST_TOLD = 50
NAMES_LISTED = 15
_LONGEST_NAME = 60
_SENT_BY_EVERY_FORM = {"csrfmiddlewaretoken"}

Path = tuple[str, ...]


def refuse_unknown_fields(serializer: serializers.BaseSerializer[Any], body: Any) -> None:
    """What a serializer only shows may be sent back to it as it came; what it does not know may not, however deep it stands.

    :raises ValidationError: nested as the body is.
    """
    refused: dict[str, Any] = {}
    for path, known in islice(_unknown_fields(serializer, body, ()), MOST_TOLD):
        place = refused
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = [exceptions.ErrorDetail(_sentence("field", path[-1], known), code="unknown_field")]
    if refused:
        raise exceptions.ValidationError(refused)


def refuse_body(body: Any) -> None:
    """Of an endpoint that asks for nothing.

    :raises ValidationError: for whatever is sent all the same.
    """
    refuse_unknown_fields(serializers.Serializer(), body)
    if body and not isinstance(body, Mapping):
        raise exceptions.ValidationError("Nothing is asked for here: send no body.", code="unknown_field")


def refuse_unknown_parameters(given: Iterable[str], known: Collection[str]) -> None:
    """:raises ValidationError: naming each parameter that there is not."""
    names = {*known, str(api_settings.URL_FORMAT_OVERRIDE)}
    wrong = islice((name for name in given if name not in names), MOST_TOLD)
    refused = {
        name: [exceptions.ErrorDetail(_sentence("parameter", name, known), code="unknown_parameter")]
        for name in wrong
    }
    if refused:
        raise exceptions.ValidationError(refused)


def read_body(
    form: type[serializers.BaseSerializer[Any]], request: Request, context: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a write is asked, validated.

    :raises ValidationError: for a field that there is not, or that cannot be read.
    """
    given = form(data=request.data, context=dict(context or {}))
    refuse_unknown_fields(given, request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def read_parameters(
    query: type[serializers.Serializer[Any]], request: Request, *, besides: Collection[str] = ()
) -> dict[str, Any]:
    """What a read is asked for, validated.

    :param besides: parameters that somebody else reads, such as those of pages.
    :raises ValidationError: for a parameter that there is not, or that cannot be read.
    """
    given = query(data=request.query_params)
    refuse_unknown_parameters(request.query_params, [*given.fields, *besides])
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _unknown_fields(
    field: serializers.Field[Any, Any, Any, Any] | None, sent: Any, at: Path
) -> Iterator[tuple[Path, list[str]]]:
    """The path to each, with the names that there are beside it."""
    if isinstance(field, serializers.Serializer) and isinstance(sent, Mapping):
        yield from _of_object(field, sent, at)
    elif isinstance(field, serializers.ListSerializer | serializers.ListField) and isinstance(sent, list):
        for index, each in enumerate(sent):
            yield from _unknown_fields(field.child, each, (*at, str(index)))
    elif isinstance(field, serializers.DictField) and isinstance(sent, Mapping):
        for name, each in sent.items():
            yield from _unknown_fields(field.child, each, (*at, str(name)))


def _of_object(
    serializer: serializers.Serializer[Any], sent: Mapping[str, Any], at: Path
) -> Iterator[tuple[Path, list[str]]]:
    fields = serializer.fields
    if isinstance(sent, QueryDict):
        # A form writes what is nested into the name: `lines[0]quantity`, `signature.username`.
        names = {re.split(r"[\[.]", name, maxsplit=1)[0] for name in sent} - _SENT_BY_EVERY_FORM
        yield from (((*at, name), list(fields)) for name in sorted(names) if name not in fields)
        return
    for name, inner in sent.items():
        if name in fields:
            yield from _unknown_fields(fields[name], inner, (*at, name))
        else:
            yield (*at, name), list(fields)


def _sentence(what: str, name: str, known: Collection[str]) -> str:
    told = f"There is no {what} “{name[:_LONGEST_NAME]}” here"
    if near := get_close_matches(name[:_LONGEST_NAME], known, n=3):
        return f"{told}. Did you mean {' or '.join(f'“{each}”' for each in near)}?"
    if not known:
        return f"{told}: none is asked for. Leave it out."
    if len(known) > NAMES_LISTED:
        return f"{told}. See /api/docs/ for those that there are."
    return f"{told}. Known are: {', '.join(sorted(known))}."
