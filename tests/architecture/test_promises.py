"""What the database promises by itself, on every table that says so."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

from mes.core.states import AppendOnly, Stateful

pytestmark = pytest.mark.django_db
APPS = ("core", "papers", "inventory", "quality", "production", "orders", "forecasting")


def kinds_of(base: type[Model]) -> list[type[Model]]:
    return [model for model in apps.get_models() if issubclass(model, base) and model._meta.app_label in APPS]


def enabled_triggers() -> set[tuple[str, str]]:
    """(table, trigger) as installed in the database, without pgtrigger's prefix and hash."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
        )
        rows = cursor.fetchall()
    return {(table, name.removeprefix("pgtrigger_").rpartition("_")[0]) for table, name in rows}


def test_a_status_moves_only_as_its_model_says_whoever_writes():
    installed = enabled_triggers()
    models = kinds_of(Stateful)

    assert len(models) > 12
    assert [m for m in models if (m._meta.db_table, "status_follows_transitions") not in installed] == []


def test_every_state_that_can_be_reached_can_be_named():
    for model in kinds_of(Stateful):
        statuses = {value for value, _ in model._meta.get_field("status").flatchoices}
        table = model.TRANSITIONS
        named = {str(each) for old, following in table.items() for each in (old, *following)}
        assert named <= statuses, model


def test_what_is_append_only_is_neither_changed_nor_deleted():
    installed = enabled_triggers()
    models = kinds_of(AppendOnly)

    assert len(models) > 8
    assert [m for m in models if (m._meta.db_table, "append_only") not in installed] == []


def test_constraints_are_named_in_sentences():
    names = [
        each.name
        for model in apps.get_models()
        if model._meta.app_label in APPS
        for each in model._meta.constraints
    ]

    assert len(names) > 40
    assert [name for name in names if name.count("_") < 2 or "%" in name] == []
