"""The page that describes the house describes this one: every table is among its nouns, and what it names is there."""

import re

import pytest
from django.apps import apps
from django.conf import settings
from pghistory.models import Event

from tests.architecture.test_floors import APPS, PACKAGES, PURE

PAGE = (settings.BASE_DIR / "docs" / "architecture.md").read_text()
NOUNS = PAGE.partition("## The nouns")[2].partition("\n### ")[0]
TABLES = {
    model.__name__
    for model in apps.get_models()
    if model._meta.app_label in APPS and not issubclass(model, Event) and not model._meta.proxy
}
PATH = re.compile(r"`((?:[\w.]+/)+(?:[\w.]+\.\w+)?|[\w/]+\.(?:py|toml|txt|yaml))`")


def test_every_table_is_among_the_nouns_of_the_page():
    named = set(re.findall(r"`(\w+)`", NOUNS))

    assert len(TABLES) > 120
    assert TABLES - named == set()


def test_every_noun_of_the_page_is_a_table_unless_it_is_said_to_be_to_come():
    to_come = set(re.findall(r"\*`(\w+)`\*", NOUNS))
    named = set(re.findall(r"`([A-Z]\w+)`", NOUNS))

    assert named - to_come - TABLES == set()
    assert to_come & TABLES == set()


@pytest.mark.parametrize("place", PURE)
def test_every_pure_package_is_named_on_the_page(place: str):
    assert f"`{place}/`" in PAGE or f"`{place}.py`" in PAGE


def test_every_file_and_folder_that_the_page_names_is_there():
    named = {path.rstrip("/") for path in PATH.findall(PAGE)}
    known = {
        f"/{path.relative_to(settings.BASE_DIR)}"
        for root in PACKAGES
        for path in (settings.BASE_DIR / root).rglob("*")
    }

    missing = [
        path
        for path in sorted(named)
        if not (settings.BASE_DIR / path).exists() and not any(each.endswith(f"/{path}") for each in known)
    ]

    assert len(named) > 40
    assert missing == []
