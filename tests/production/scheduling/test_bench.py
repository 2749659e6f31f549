import csv
import json

import pytest

from bench import lead_time
from bench.problems import flexible_shop, shop
from bench.schedule import main
from production.models import SchedulingRules
from production.scheduling import solve
from production.scheduling.check import check
from production.scheduling.readers import from_json
from production.weights import weights_of


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bytes.txt", b"\xff\xfe\x00", "it is no text in UTF-8"),
        ("short.fjs", b"1 1\n2 1 1\n", "fewer numbers than it promises"),
        ("words.txt", b"two jobs", "'two'"),
        ("list.json", b"[]", "another kind"),
        ("jobs.json", b'{"machines": [], "jobs": {"id": 1}}', "another kind"),
        ("rows.json", b'{"machines": [{"name": "M1"}], "jobs": []}', "'id' is missing"),
        ("endless.json", b'{"machines": [], "jobs": [], "now": 1e400}', "too large"),
        ("huge.json", b'{"machines": [], "jobs": [], "now": 99999999999999999999}', "too large"),
        ("huge.txt", b"1 1\n0 99999999999999999999\n", "too large"),
        ("deep.json", b"[" * 100_000, "brackets too deep"),
    ],
)
def test_a_file_that_is_no_problem_is_named_and_the_others_are_measured(
    tmp_path, capsys, name, content, told
):
    bad, good = tmp_path / name, tmp_path / "good.txt"
    bad.write_bytes(content)
    good.write_text("1 1\n0 3\n", encoding="utf-8")

    assert main([str(bad), str(good), "--seconds", "0"]) == 1

    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["faults"][0].startswith(f"{name} is not readable as a problem: ")
    assert told in first["faults"][0]
    assert second["feasible"]


def test_schedules_that_cannot_be_written_are_refused_before_anything_is_solved(tmp_path, capsys):
    taken = tmp_path / "taken"
    taken.write_text("a file")

    for asked in (["--out", str(taken)], ["--seconds", "-1"], ["--seconds", "nan"], ["--workers", "0"]):
        with pytest.raises(SystemExit):
            main([str(taken), *asked])

    assert "no schedules can be written to" in capsys.readouterr().err


def test_the_bench_prints_one_line_per_problem_and_writes_each_schedule(tmp_path, capsys):
    good = tmp_path / "good.txt"
    good.write_text("2 2\n0 3 1 4\n1 5 0 6\n", encoding="utf-8")
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({"machines": [], "jobs": [{"id": "J", "tasks": [{"id": "1", "modes": []}]}]}))
    out = tmp_path / "out"
    assert (
        main([str(good), str(bad), "--seconds", "1", "--workers", "1", "--seed", "3", "--out", str(out)]) == 1
    )
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert {key: first[key] for key in ("instance", "objective", "value", "bound", "late", "feasible")} == {
        "instance": "good",
        "objective": "makespan",
        "value": 11,
        "bound": 11,
        "late": 0,
        "feasible": True,
    }
    assert set(first) >= {"seconds", "first_seconds"}
    assert second["faults"] == ["Task 1 of job J: no machine can do it; name at least one."]
    with (out / "good.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["job", "task", "machine", "start", "end"]
    assert len(rows) == 4
    assert max(int(row["end"]) for row in rows) == 11


def test_what_can_be_planned_is_written_and_what_cannot_is_named(tmp_path, capsys):
    task = {"id": "1", "modes": [{"machine": "M", "seconds": 5}]}
    jobs = [
        {"id": "GOOD", "tasks": [task]},
        {"id": "LOST", "tasks": [{**task, "modes": [{"machine": "X", "seconds": 5}]}]},
        {"id": "HEIR", "tasks": [task], "after_jobs": ["LOST"]},
        {"id": "LONG", "tasks": [{**task, "modes": [{"machine": "M", "seconds": 50}], "may_pause": False}]},
    ]
    path = tmp_path / "shop.json"
    path.write_text(json.dumps({"machines": [{"id": "M", "calendar": [[0, 9], [20, 99]]}], "jobs": jobs}))
    assert main([str(path), "--seconds", "0", "--out", str(tmp_path)]) == 1
    line = json.loads(capsys.readouterr().out)
    assert (line["feasible"], line["value"]) == (False, 70)
    assert line["faults"] == [
        "Task 1 of job LOST: the machine X is unknown.",
        "Job HEIR: it waits for job LOST, which cannot be planned.",
    ]
    with (tmp_path / "shop.csv").open(encoding="utf-8") as file:
        assert [row["job"] for row in csv.DictReader(file)] == ["GOOD", "LONG"]


def test_files_of_one_name_do_not_write_over_each_other(tmp_path, capsys):
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "shop.txt").write_text("1 1\n0 3\n", encoding="utf-8")
    paths = [str(path) for path in sorted(tmp_path.glob("*/shop.txt"))]
    assert main([*paths, "--seconds", "0", "--out", str(tmp_path)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["instance"] for line in lines] == ["shop", "shop-2"]
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["shop-2.csv", "shop.csv"]


def test_a_drawn_job_shop_sends_each_job_to_every_machine_once():
    drawn = shop(jobs=4, machines=3)

    for job in drawn["jobs"]:
        assert sorted(task["modes"][0]["machine"] for task in job["tasks"]) == ["M0", "M1", "M2"]
    assert drawn == shop(jobs=4, machines=3) != shop(jobs=4, machines=3, seed=2)


def test_a_drawn_flexible_job_shop_names_each_machine_once_for_a_task_and_can_be_planned():
    problem = from_json(flexible_shop(jobs=3, machines=6))

    for task in (task for job in problem.jobs for task in job.tasks):
        machines = [mode.machine for mode in task.modes]
        assert len(set(machines)) == len(machines) <= 5
    assert check(problem, solve(problem, seconds=0.2)) == []


def test_pyjobshop_is_told_the_same_problem():
    pyjobshop = pytest.importorskip("pyjobshop", reason="PyJobShop is installed by hand, for bench.rival")
    rival = pytest.importorskip("bench.rival")
    problem, model = from_json(shop(jobs=3, machines=3)), pyjobshop.Model()

    rival.stated(problem, model)
    theirs = model.solve(time_limit=5, num_workers=1, display=False)

    assert theirs.objective == solve(problem, seconds=5).value


def test_every_way_to_run_the_shop_gives_each_order_the_time_that_its_work_takes():
    orders = lead_time.draw(weeks=1, load=0.5, seed=2)[:15]

    for run in lead_time.WAYS.values():
        played = run(orders, 0.0, 1)

        assert set(played.ends) == {order.number for order in orders}
        for order in orders:
            work = sum(seconds for _, seconds in order.steps)
            assert played.ends[order.number] >= order.comes + work


def test_an_order_is_booked_into_a_gap_that_takes_its_set_up_too():
    hour = lead_time.HOUR
    order = {"comes": 0, "due": 9 * hour, "weight": 1}
    one = lead_time.Order(0, family="A", steps=((0, 2 * hour),), **order)
    other = lead_time.Order(1, family="B", steps=((0, 2 * hour),), **order)
    third = lead_time.Order(2, family="A", steps=((0, hour),), **order)

    played = lead_time.first_free_slot([one, other, third])

    assert played.ends == {0: 2 * hour, 1: 2 * hour, 2: 3 * hour}
    assert played.setup_seconds == 0


def test_lead_times_are_measured_with_the_weights_of_a_new_installation():
    assert weights_of(SchedulingRules()) == lead_time.AS_INSTALLED
