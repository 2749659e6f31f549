import csv
import json

from bench.schedule import main


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
