"""What the database promises by itself, on every table that says so."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin import autodiscover, site
from django.db import connection
from django.db.models import Model
from django.forms import ModelForm

from mes.core.forms import RecordForm
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


def forms_of_ours(base: type[ModelForm[Any]] = ModelForm) -> set[type[ModelForm[Any]]]:
    """Forms of records that our modules write, at any depth below Django's."""
    found = set(base.__subclasses__())
    deeper = {each for form in found for each in forms_of_ours(form)}
    return {each for each in found | deeper if each.__module__.partition(".")[0] in {"mes", *APPS}}


def test_every_form_of_a_record_tells_a_broken_rule_as_a_sentence():
    autodiscover()
    admins = [each for each in site._registry.values() if each.model._meta.constraints]
    drawn = {each.form for each in admins} | {
        inline.form for each in admins for inline in each.inlines if inline.model._meta.constraints
    }

    assert len(drawn) > 3
    assert len(admins) > 40
    assert (
        sorted(form.__qualname__ for form in drawn | forms_of_ours() if not issubclass(form, RecordForm))
        == []
    )


def test_constraints_are_named_in_sentences():
    names = [
        each.name
        for model in apps.get_models()
        if model._meta.app_label in APPS
        for each in model._meta.constraints
    ]

    assert len(names) > 40
    assert [name for name in names if name.count("_") < 2 or "%" in name] == []
