"""The house stands as it was drawn: imports and foreign keys point down, nothing is hidden inside functions, files stay readable."""

import ast
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Field, Model
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports
from pghistory.models import Event

APPS = ("core", "papers", "inventory", "quality", "production", "orders", "forecasting")
PACKAGES = ("mes", *APPS[2:])
CONTRACTS = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
PURE = [
    module.replace(".", "/")
    for contract in CONTRACTS
    if contract["type"] == "forbidden"
    for module in contract["source_modules"]
]
# What the house rules say a room holds, in lines; a longer file usually holds two nouns.
CEILINGS = {
    "models": 350,
    "services": 300,
    "facts.py": 110,
    "subscribers.py": 60,
    "admin": 250,
    "api": 250,
    "tasks.py": 90,
}
LONGEST = 500


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((settings.BASE_DIR / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def told(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))


def test_imports_point_down_and_pure_packages_know_no_django(capsys: pytest.CaptureFixture[str]):
    verdict = lint_imports(config_filename=str(settings.BASE_DIR / "pyproject.toml"), no_cache=True)

    assert verdict == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_foreign_keys_between_apps_point_down_and_leave_no_way_back():
    crossing = [
        (model, field)
        for model in own_models()
        for field in model._meta.get_fields()
        if isinstance(field, Field) and field.is_relation and isinstance(field.related_model, type)
        if field.related_model._meta.app_label in APPS
        and field.related_model._meta.app_label != model._meta.app_label
        and not issubclass(model, Event)
    ]

    upward = [str(field) for model, field in crossing if floor(field.related_model) > floor(model)]
    leading_back = [str(field) for _, field in crossing if not field.remote_field.hidden]

    assert len(crossing) > 30
    assert upward == []
    assert leading_back == []


def test_nothing_is_imported_inside_a_function():
    hidden = [
        f"{told(path)}:{inner.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []


def test_the_domain_uses_no_django_signals_and_no_drawer_for_everything():
    signals = ("django.db.models.signals", "django.dispatch")
    using = [told(path) for path in sources() for name in imported(path) if name.startswith(signals)]
    drawers = [told(path) for path in sources() if path.stem in {"utils", "helpers", "common", "misc"}]

    assert using == []
    assert drawers == []


@pytest.mark.parametrize("place", PURE)
def test_algorithms_are_usable_without_django(place: str):
    root = settings.BASE_DIR / place
    paths = sorted(root.rglob("*.py")) if root.is_dir() else [root.with_suffix(".py")]
    own = place.replace("/", ".")
    asked = {name for path in paths for name in imported(path) if not name.startswith(own)}
    inside = {name.partition(".")[0] for name in asked}

    assert paths
    assert not inside & {"django", "rest_framework", "celery", "mes", "inventory", "orders"}


def test_files_stay_readable():
    lengths = {path: len(path.read_text().splitlines()) for path in sources()}

    for path, lines in lengths.items():
        room = next((name for name in CEILINGS if name in {path.name, path.stem, path.parent.name}), None)
        if room and lines > CEILINGS[room]:
            warnings.warn(
                f"{told(path)} has {lines} lines; {CEILINGS[room]} is the smell of two nouns.", stacklevel=1
            )

    assert [f"{told(path)}: {lines}" for path, lines in lengths.items() if lines > LONGEST] == []


def own_models() -> list[type[Model]]:
    """Those with tables of their own; a proxy has the columns of its model."""
    return [model for model in apps.get_models() if model._meta.app_label in APPS and not model._meta.proxy]


def floor(model: Any) -> int:
    return APPS.index(model._meta.app_label)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
