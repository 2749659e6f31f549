"""Triggers that a migration makes many of at once are those of one at a time."""

import pytest
from django.db import connection
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import BigAutoField
from pgtrigger.compiler import Trigger, UpsertTriggerSql
from pgtrigger.migrations import AddTrigger

from mes.core.migrating import AddTriggers

APP = "core"


def refusing(number: int) -> Trigger:
    return Trigger(
        name=f"refuses_{number}",
        sql=UpsertTriggerSql(
            func="RAISE EXCEPTION 'not so';",
            hash=str(number),
            operation="DELETE",
            pgid=f"pgtrigger_refuses_{number}",
            table="core_thing",
            when="BEFORE",
        ),
    )


def a_thing() -> ProjectState:
    state = ProjectState()
    state.add_model(ModelState(APP, "Thing", [("id", BigAutoField(primary_key=True))], {}))
    return state


def names(state: ProjectState) -> list[str]:
    return [trigger.name for trigger in state.models[APP, "thing"].options["triggers"]]


def test_the_state_is_the_same_as_after_adding_them_one_by_one():
    at_once, one_by_one = a_thing(), a_thing()
    AddTriggers([("thing", refusing(1)), ("thing", refusing(2))]).state_forwards(APP, at_once)
    for number in (1, 2):
        AddTrigger("thing", refusing(number)).state_forwards(APP, one_by_one)
    assert names(at_once) == names(one_by_one) == ["refuses_1", "refuses_2"]


@pytest.mark.django_db(transaction=True)
def test_they_are_there_afterwards_and_gone_when_it_is_undone():
    operation, state = AddTriggers([("thing", refusing(1)), ("thing", refusing(2))]), a_thing()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE core_thing (id bigserial)")
        try:
            with connection.schema_editor() as editor:
                operation.database_forwards(APP, editor, state, state)
            assert there(cursor) == ["pgtrigger_refuses_1", "pgtrigger_refuses_2"]
            with connection.schema_editor() as editor:
                operation.database_backwards(APP, editor, state, state)
            assert there(cursor) == []
        finally:
            cursor.execute("DROP TABLE core_thing")


def there(cursor) -> list[str]:
    cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'core_thing'::regclass ORDER BY tgname")
    return [name for (name,) in cursor.fetchall()]
