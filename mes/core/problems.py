"""Every failure of the API as one shape: `application/problem+json` (RFC 9457).

    {"type": "urn:mes:problem:inventory.insufficient_stock", "title": "Not enough stock", "status": 409,
     "detail": "Lot L-7 holds 3 kg …", "instance": "/api/v1/lots/7/issue/", "code": "inventory.insufficient_stock",
     "remedy": "Issue at most 3 kg …", "errors": [{"pointer": "#/quantity", "detail": "…", "code": "…"}]}

`code` is stable and safe to branch on, `remedy` says what to do next; `errors` are there when there is something to say, `see` (kind, key
and name of records that you may view) where the remedy is to be had elsewhere. In a read, `errors` name a query
`parameter` instead of a pointer into the body. What the program did not anticipate is logged and told as a bare 500.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from http import HTTPStatus
from typing import Any

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.core.signals import got_request_exception
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError, connection
from django.db.models import BaseConstraint, Model, ProtectedError, RestrictedError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from mes.core.refusals import DomainError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
# What a write may fail with that is no bug, or at least must be looked at by `problem_of` before it is called one.
ANTICIPATED = (DomainError, ValidationError, DatabaseError)
_RAISED_BY_A_TRIGGER = "P0001"
_UNIQUE_VIOLATION = "23505"
_FOREIGN_KEY_VIOLATION = "23503"

_USUAL_REMEDIES: Mapping[int | str, str] = {
    "parse_error": "Send a body that is well-formed: for JSON, check its quotes, commas and brackets.",
    400: "Correct what `errors` names, and send it again.",
    401: "Send the header `Authorization: Token …`; a POST of user name and password to /api/v1/tokens/ gives a token.",
    403: "Ask whoever administers the accounts for the permission.",
    404: "Check the key in the address: the list that it belongs to has those that there are.",
    405: "See /api/docs/ for what this address takes.",
    406: "Ask for JSON: `Accept: application/json`.",
    415: "Send JSON: `Content-Type: application/json`.",
    422: "Correct it, and send it again.",
    429: "Wait as many seconds as the header Retry-After says, then send it again.",
    500: "Try again later; if it fails again, tell whoever runs the server when it did.",
}
"""What an API client does next about a problem that says nothing of its own, by its code or else its status."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What went wrong, before it is written down for a reader."""

    status: int
    code: str
    detail: str
    title: str = ""
    remedy: str = ""
    errors: list[dict[str, str]] = field(default_factory=list)
    see: tuple[Model, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, for a person."""
        told = (
            " ".join(error["detail"] for error in self.errors)
            if self.code == "invalid_input"
            else self.detail
        )
        return f"{told or self.detail} {self.remedy}".strip()

    @property
    def row_faults(self) -> list[str]:
        """What is wrong with rows of a file, a line each."""
        return [error["detail"] for error in self.errors if error.get("pointer", "").startswith("#/rows")]

    def body(self, instance: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"urn:mes:problem:{self.code}",
            "title": self.title or HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
        }
        if self.see:
            body["see"] = [
                {"kind": str(each._meta.label_lower), "key": each.pk, "name": str(each)} for each in self.see
            ]
        return body | {key: value for key in ("remedy", "errors") if (value := getattr(self, key))}


def problem_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """The `EXCEPTION_HANDLER` of every API view."""
    request: Request = context["request"]
    problem = problem_of(exc, reading=request.method in {"GET", "HEAD", "OPTIONS"})
    if problem is None:
        problem = Problem(
            status=500,
            code="internal_error",
            detail="The server failed to handle this request. It has been logged.",
        )
        logger.error("%s %s failed", request.method, request.path, exc_info=exc)
        got_request_exception.send(sender=problem_handler, request=request)
    if connection.in_atomic_block and connection.settings_dict["ATOMIC_REQUESTS"]:
        connection.set_rollback(True)
    problem = replace(
        problem,
        remedy=problem.remedy or _usual_remedy(problem),
        see=tuple(each for each in problem.see if _may_see(request, each)),
    )
    return Response(
        problem.body(request.path), problem.status, headers=problem.headers, content_type=CONTENT_TYPE
    )


def _may_see(request: Request, record: Model) -> bool:
    return request.user.has_perm(f"{record._meta.app_label}.view_{record._meta.model_name}")


def _usual_remedy(problem: Problem) -> str:
    return _USUAL_REMEDIES.get(problem.code) or _USUAL_REMEDIES.get(problem.status, "")


def problem_of(exc: Exception, *, reading: bool = False) -> Problem | None:
    """The problem that an anticipated failure is, or None where it is a bug."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, ValidationError):
        _tell_rules(exc)
        exc = exceptions.ValidationError(get_error_detail(exc))
    if isinstance(exc, DomainError):
        return _refusal(exc)
    if isinstance(exc, exceptions.APIException):
        return _api_problem(exc, reading=reading)
    if isinstance(exc, ProtectedError | RestrictedError):
        return _still_in_use(exc)
    return _database_problem(exc) if isinstance(exc, DatabaseError) else None


def anticipated(failure: Exception) -> Problem:
    """The problem that a failure out of `ANTICIPATED` is. One that proves to be a bug goes on as it came."""
    problem = problem_of(failure)
    if problem is None:
        raise failure
    return problem


def _refusal(exc: DomainError) -> Problem:
    errors = [
        {"pointer": f"#/{name}", "detail": str(sentence), "code": exc.code}
        for name, sentences in exc.errors.items()
        for sentence in sentences
    ]
    return Problem(
        status=exc.status,
        code=exc.code,
        title=exc.title,
        detail=exc.detail,
        remedy=exc.remedy,
        errors=errors,
        see=exc.see,
    )


def _api_problem(exc: exceptions.APIException, *, reading: bool) -> Problem:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    if isinstance(exc, exceptions.ValidationError):
        return Problem(
            status=400,
            code="invalid_input",
            title="Invalid input",
            detail="The input was refused; see errors.",
            errors=list(_field_errors(exc.detail, (), "parameter" if reading else "pointer")),
        )
    code = exc.detail.code if isinstance(exc.detail, exceptions.ErrorDetail) else exc.default_code
    return Problem(
        status=exc.status_code,
        code=code or exc.default_code,
        detail=str(exc.detail),
        remedy=getattr(exc, "remedy", ""),
        headers=headers,
    )


def _field_errors(detail: Any, path: tuple[str, ...], place: str) -> Iterator[dict[str, str]]:
    """Flatten DRF's nested errors into one line per sentence; RFC 6901 escapes `~` and `/` in a pointer."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = () if name in {api_settings.NON_FIELD_ERRORS_KEY, "__all__"} else (str(name),)
            yield from _field_errors(inner, path + step, place)
    elif isinstance(detail, list):
        nested = any(isinstance(inner, Mapping | list) for inner in detail)
        for index, inner in enumerate(detail):
            yield from _field_errors(inner, (*path, str(index)) if nested else path, place)
    else:
        pointer = "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path)
        where = ".".join(path) if place == "parameter" else f"#{pointer}"
        yield {place: where, "detail": str(detail), "code": getattr(detail, "code", None) or "invalid"}


def _still_in_use(exc: ProtectedError | RestrictedError) -> Problem:
    objects = exc.protected_objects if isinstance(exc, ProtectedError) else exc.restricted_objects
    users = sorted({str(item._meta.verbose_name_plural) for item in objects})
    return Problem(
        status=409,
        code="still_in_use",
        title="Still in use",
        detail=f"This cannot be deleted: {', '.join(users)} refer to it.",
        remedy="Delete or change those first, or deactivate this instead.",
    )


def _database_problem(exc: DatabaseError) -> Problem | None:
    """A promise kept by the database, told without leaking any value; other database errors are bugs."""
    cause = exc.__cause__
    state = getattr(cause, "sqlstate", None)
    if isinstance(exc, IntegrityError):
        return Problem(
            status=409,
            code="conflict",
            title="Conflicts with what is recorded",
            detail=_broken_rule(state, getattr(getattr(cause, "diag", None), "constraint_name", None) or ""),
            remedy="Reload what you are working on, correct it and try again.",
        )
    if isinstance(exc, ProgrammingError) and state == _RAISED_BY_A_TRIGGER:
        return Problem(
            status=409,
            code="conflict",
            title="Conflicts with what is recorded",
            detail="The database refused this change: it would break a rule that holds for every writer.",
            remedy="Reload what you are working on and try again.",
        )
    if isinstance(exc, OperationalError) and state in {"40001", "40P01", "55P03"}:
        return Problem(
            status=503,
            code="busy",
            detail="Somebody else is changing the same rows at this moment.",
            remedy="Nothing was changed; try again.",
            headers={"Retry-After": "1"},
        )
    return None


def _broken_rule(state: str | None, constraint_name: str) -> str:
    if sentence := _rules().get(constraint_name):
        return f"It would break a rule: {sentence}."
    if state == _UNIQUE_VIOLATION:
        return "Another row already has these values."
    if state == _FOREIGN_KEY_VIOLATION:
        return "Something that this refers to does not exist, or something else still refers to this."
    return "It would break a rule that holds for every writer."


def told_rule(message: str) -> str:
    """What Django says of a constraint of ours that a form would break, as a sentence; any other message as it is."""
    return _rules_as_django_names_them().get(message, message)


def _tell_rules(exc: ValidationError) -> None:
    """Put the sentence of each rule where Django names its constraint."""
    for error in exc.error_list if hasattr(exc, "error_list") else exc.error_dict.get(NON_FIELD_ERRORS, []):
        error.message = told_rule(str(error.message))


@cache
def _rules_as_django_names_them() -> dict[str, str]:
    said = str(BaseConstraint.default_violation_error_message)
    return {said % {"name": name}: _broken_rule(None, name) for name in _rules()}


@cache
def _rules() -> dict[str, str]:
    """Our named constraints as sentences; their names are written to be read (`one_running_operation_per_machine`)."""
    declared = (constraint for model in apps.get_models() for constraint in model._meta.constraints)
    return {constraint.name: constraint.name.replace("_", " ") for constraint in declared}
