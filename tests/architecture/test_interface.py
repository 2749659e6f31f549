"""The API describes itself completely and without a single warning."""

import re
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from mes.urls import router

pytestmark = pytest.mark.django_db
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


@pytest.fixture(scope="module")
def schema() -> Any:
    GENERATOR_STATS.reset()
    generator: Any = SchemaGenerator
    return generator().get_schema(request=None, public=True)


def test_the_schema_is_made_without_warnings(schema: Any):
    said = {
        message for cache in (GENERATOR_STATS._warn_cache, GENERATOR_STATS._error_cache) for message in cache
    }

    assert said == set()
    assert len(schema["paths"]) > 60


def test_every_endpoint_is_in_the_schema(schema: Any):
    missing = []
    for registered, viewset, _ in router.registry:
        prefix = NAMED_GROUP.sub(r"{\1}", registered)
        missing += [f"/{prefix}/" for path in [f"/api/v1/{prefix}/"] if path not in schema["paths"]]
        for action in viewset.get_extra_actions():
            place = "{id}/" if action.detail else ""
            name = NAMED_GROUP.sub(r"{\1}", action.url_path)
            path = f"/api/v1/{prefix}/{place}{name}/"
            verbs = schema["paths"].get(path, {})
            missing += [path for verb in action.mapping if verb not in verbs]

    assert missing == []


def test_every_endpoint_that_writes_says_what_it_does(schema: Any):
    silent = [
        f"{verb} {path}"
        for path, verbs in schema["paths"].items()
        for verb, operation in verbs.items()
        if verb == "post" and not operation.get("description")
    ]

    assert [each for each in silent if path_has_an_action(each)] == []


def path_has_an_action(told: str) -> bool:
    """`post /api/v1/lots/{id}/hold/`, not plain creation of master data."""
    return told.rstrip("/").rpartition("/")[2] not in {prefix for prefix, _, _ in router.registry}
