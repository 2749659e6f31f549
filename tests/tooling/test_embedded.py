"""The embedded servers, each story in processes of its own, as commands use them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from django.conf import settings

from mes import embedded
from mes.embedded.guard import living

USER = """
import sys, time
from pathlib import Path
from mes import embedded
home = Path(sys.argv[1])
print(embedded.database_url(home, throwaway=True), embedded.redis_url(home), flush=True)
sys.stdin.read()
"""


def command(home: Path) -> list[str]:
    return [sys.executable, "-c", USER, str(home)]


def use_briefly(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(home),
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        input="",
        check=False,
        timeout=60,
    )


@contextmanager
def user_of(home: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A process that uses the servers until the block ends, and the two URLs it got."""
    with subprocess.Popen(
        command(home), cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        database, queue = process.stdout.readline().split()
        yield process, database, queue
        if process.poll() is None:
            process.communicate("", timeout=60)


def servers(home: Path) -> list[psutil.Process]:
    found = (
        living(home / "postgres" / "postmaster.pid", "postgres"),
        living(home / "redis" / "redis.pid", "redis-server"),
    )
    return [server for server in found if server]


def answer(database: str, queue: str) -> bool:
    with psycopg.connect(database) as connection, redis.Redis.from_url(queue) as client:
        return connection.execute("SELECT 1").fetchone() == (1,) and bool(client.ping())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("embedded")
    yield folder
    embedded.stop(folder)


def test_servers_answer_while_used_and_are_gone_with_their_last_user(home: Path):
    with user_of(home) as (_, database, queue):
        assert answer(database, queue)
        with user_of(home) as (_, second_database, second_queue):
            assert (second_database, second_queue) == (database, queue)
        assert answer(database, queue), "the first of two to leave must not stop what the other uses"

    assert servers(home) == []


def test_rows_survive_a_restart(home: Path):
    with user_of(home) as (_, database, _queue), psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    with user_of(home) as (_, database, _queue), psycopg.connect(database) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_servers_are_gone_soon_after_their_last_user_was_killed(home: Path):
    with user_of(home) as (process, _, _):
        running = servers(home)
        process.kill()

    gone, alive = psutil.wait_procs(running, timeout=60)
    assert (len(gone), alive) == (2, [])


def test_servers_that_were_killed_are_started_again_over_their_stale_files(home: Path):
    with user_of(home):
        for server in servers(home):
            server.kill()
        again = use_briefly(home)

    assert again.returncode == 0, again.stderr


def test_a_pid_file_naming_an_unrelated_process_does_not_stop_the_start(home: Path):
    use_briefly(home)
    (home / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{home / 'postgres'}\n")

    assert use_briefly(home).returncode == 0


def test_stop_ends_servers_in_use(home: Path):
    with user_of(home):
        embedded.stop(home)
        assert servers(home) == []


def test_a_half_made_database_in_an_odd_and_long_path_is_made_anew(tmp_path: Path):
    odd = tmp_path / "a plant's data, part 1" / ("deep" * 30)
    (odd / "postgres.new" / "base").mkdir(parents=True)

    done = use_briefly(odd)

    assert done.returncode == 0, done.stderr
    assert "An earlier start was interrupted" in done.stderr
    assert not (odd / "postgres.new").exists()


def test_a_folder_closed_to_others_serves_all_the_same(tmp_path: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    assert use_briefly(closed / "data").returncode == 0
    assert closed.stat().st_mode & 0o777 == 0o700, "nothing was opened to the world for it"


def test_only_the_owner_can_enter_the_folder_of_the_socket(home: Path):
    with user_of(home) as (_, database, _queue):
        socket_folder = Path(database.partition("?host=")[2])
        assert socket_folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "home",
    [Path("/dev/null/data"), Path("/proc/data")],
    ids=["below a file", "where nothing can be made"],
)
def test_a_folder_that_cannot_be_written_is_refused_in_a_sentence(home: Path):
    done = use_briefly(home)

    assert done.returncode == 1
    assert done.stderr.startswith(f"The embedded servers cannot keep their data in {home}")
    assert "Traceback" not in done.stderr


def test_data_of_another_postgresql_is_refused_and_left_alone(tmp_path: Path):
    cluster = tmp_path / "postgres"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("12\n")

    done = use_briefly(tmp_path)

    assert done.returncode == 1
    assert "holds data of PostgreSQL 12" in done.stderr
    assert [file.name for file in cluster.iterdir()] == ["PG_VERSION"]


def test_leaving_does_not_wait_for_connections_that_were_left_open(home: Path):
    with user_of(home) as (process, database, _queue), psycopg.connect(database):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 0

    log = (home / "postgres" / "server.log").read_text().splitlines()
    assert "received fast shutdown request" in "".join(log[-10:])
    assert log[-1].endswith("database system is shut down"), "it was killed, after waiting in vain"
