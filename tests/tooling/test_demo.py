"""`make demo` as far as it can be told without serving: what is due, what is refused, who is let in."""

import fcntl
import os
import socket
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mes.console.demo import leftovers, people, preparation, serving
from mes.console.demo.preparation import Step
from mes.core.models import User
from mes.core.roles import ensure_roles
from tests.plant import make_site


@pytest.fixture
def demo_steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two steps instead of the real ones; the list says what was done."""
    done: list[str] = []
    steps = [
        Step("Walls", lambda: "walls" not in done, lambda _: done.append("walls")),
        Step("Roof", lambda: "roof" not in done, lambda _: done.append("roof")),
    ]
    monkeypatch.setattr(preparation, "steps", lambda: steps)
    return done


def prepare(**options: Any) -> str:
    out = StringIO()
    call_command("demo", no_serve=True, stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_what_is_missing_is_made_and_timed_and_what_is_there_stays(demo_steps: list[str]):
    demo_steps.append("walls")

    said = prepare()

    assert demo_steps == ["walls", "roof"]
    assert "Walls" not in said
    assert "[2/2] Roof ..." in said
    assert "The demo is ready" in said


@pytest.mark.django_db
def test_a_plant_of_somebody_else_is_served_and_never_mixed_with_the_demo():
    make_site("THEIRS")

    titles = [step.title for step in preparation.steps()]

    assert titles == ["Tables and roles", "Demo users"]


@pytest.mark.django_db
def test_the_demo_is_loaded_into_an_empty_database_and_kept_beside_a_plant_loaded_later():
    assert "Plant Clearwell" in [step.title for step in preparation.steps()]
    make_site(preparation.site_code("clearwell"))
    make_site("THEIRS")
    assert "Plant Clearwell" in [step.title for step in preparation.steps()]


@pytest.mark.django_db
def test_production_refuses_the_demo_and_its_known_passwords(demo_steps: list[str], settings: Any):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="users whose password everybody knows"):
        prepare()
    assert demo_steps == []
    assert not User.objects.filter(username="admin").exists()


def test_a_taken_port_is_refused_before_any_work_and_another_one_named(demo_steps: list[str]):
    with socket.socket() as listener:
        listener.bind((serving.ADDRESS, 0))
        listener.listen()
        port = listener.getsockname()[1]

        with pytest.raises(CommandError, match=f"PORT={port + 1} make demo"):
            call_command("demo", port=port, stdout=StringIO())
    assert demo_steps == []


@pytest.mark.django_db
def test_the_people_of_the_demo_have_their_roles_and_come_once():
    ensure_roles()

    made = people.ensure_people()

    assert {user.username: set(user.groups.values_list("name", flat=True)) for user in made} == {
        "planner": {"planner"},
        "operator": {"operator"},
        "inspector": {"inspector"},
        "manager": {"manager"},
        "integrator": {"integrator"},
        "admin": set(),
    }
    assert people.ensure_people() == []
    assert not User.objects.get(username="integrator").is_staff


@pytest.mark.django_db
def test_migrations_that_ran_are_not_due():
    assert not preparation.tables_are_behind()


def test_each_plant_folder_names_its_site():
    assert [preparation.site_code(folder) for folder in preparation.PLANT_FOLDERS] == [
        "NORTHGATE",
        "CLEARWELL",
    ]


def sleeper(home: Path, parent: int) -> subprocess.Popen[str]:
    """A marked process that is up: until a new program runs, the system shows no environment for it."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"],
        env=os.environ | leftovers.mark(home, parent),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "up\n"
    return process


def test_what_a_killed_demo_left_is_ended_and_what_a_living_one_runs_is_not(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", ""]) as killed:
        pass
    orphan, child = sleeper(tmp_path, killed.pid), sleeper(tmp_path, os.getpid())
    try:
        assert leftovers.running_demo(tmp_path) == os.getpid()
        assert leftovers.end_leftovers(tmp_path) == 1
        assert orphan.poll() is not None
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()
    assert leftovers.running_demo(tmp_path) is None


@pytest.mark.django_db
def test_two_commands_never_make_the_same_demo_ready_at_once(demo_steps: list[str], settings: Any):
    with (settings.DATA_DIR / "demo.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        with pytest.raises(CommandError, match="Another command makes this demo ready right now"):
            prepare()
    assert demo_steps == []
