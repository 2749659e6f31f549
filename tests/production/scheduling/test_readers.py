import json
from pathlib import Path

import pytest

from production.scheduling import (
    Calendar,
    InvalidProblem,
    Job,
    Link,
    Machine,
    Mode,
    Pin,
    Problem,
    Running,
    Setup,
    Task,
)
from production.scheduling.readers import from_fjs, from_json, from_jsplib, read_problem, to_json


def test_the_documented_json_is_read_with_its_defaults():
    problem = from_json(
        {
            "machines": [{"id": "M1", "calendar": [[0, 28800]]}, {"id": "M2"}],
            "setup": {"families": ["A", "B"], "seconds": [[0, 600], [900, 0]]},
            "jobs": [
                {
                    "id": "J1",
                    "release": 0,
                    "due": 86400,
                    "weight": 1,
                    "tasks": [
                        {
                            "id": "10",
                            "family": "A",
                            "after": [],
                            "modes": [{"machine": "M1", "seconds": 3600}],
                        },
                        {"id": "20", "modes": [{"machine": "M2", "seconds": 60}]},
                        {"id": "30", "after": [], "modes": [{"machine": "M2", "seconds": 60}]},
                    ],
                },
                {"id": "J2", "tasks": [{"id": "10", "modes": [{"machine": "M2", "seconds": 1}]}]},
            ],
        }
    )
    assert problem.machines == (Machine("M1", Calendar(((0, 28800),))), Machine("M2"))
    assert [task.after for task in problem.jobs[0].tasks] == [(), ("10",), ()]
    assert (problem.jobs[1].due, problem.jobs[1].weight, problem.jobs[1].release) == (None, 1, 0)
    assert problem.setup.seconds == ((0, 600), (900, 0))


def test_whatever_a_problem_holds_survives_writing_and_reading():
    tasks = (
        Task(
            "1",
            "J",
            (Mode("M", 5), Mode("N", 6)),
            family="A",
            may_pause=False,
            setup_seconds=3,
            pin=Pin("M", 9),
        ),
        Task(
            "2", "J", (Mode("N", 6),), after=("1", Link("1", wait_seconds=4, transfer_share=0.5)), release=7
        ),
        Task("3", "J", (Mode("M", 5),), running=Running("M", 1, 2), after_jobs=("K",)),
    )
    problem = Problem(
        (Machine("M", Calendar(((0, 99),)), family="A"), Machine("N", is_unlimited=True)),
        (Job("J", tasks, release=1, due=50, weight=2.5), Job("K", (Task("1", "K", (Mode("N", 1),)),))),
        Setup(("A",), ((0,),), ahead=False),
        now=3,
        fence=4,
    )
    assert from_json(to_json(problem)) == problem


def test_jsplib_text_is_read():
    problem = from_jsplib("# two by two\n2 2\n0 3 1 4\n1 5 0 6\n")
    assert [
        [(mode.machine, mode.seconds) for task in job.tasks for mode in task.modes] for job in problem.jobs
    ] == [
        [("M0", 3), ("M1", 4)],
        [("M1", 5), ("M0", 6)],
    ]
    assert problem.jobs[0].tasks[1].after == ("0",)
    assert not problem.is_due


def test_fjs_text_is_read_with_machines_counted_from_one():
    problem = from_fjs("2 3 1.5\n2  2 1 5 3 4  1 2 7\n1  3 1 1 2 2 3 3\n")
    assert problem.jobs[0].tasks[0].modes == (Mode("M0", 5), Mode("M2", 4))
    assert problem.jobs[0].tasks[1].modes == (Mode("M1", 7),)
    assert [mode.machine for mode in problem.jobs[1].tasks[0].modes] == ["M0", "M1", "M2"]


def _one_job(**fields) -> str:
    task = {"id": "1", "modes": [{"machine": "M", "seconds": 5}]}
    return json.dumps({"machines": [{"id": "M"}], "jobs": [{"id": "J", "tasks": [task], **fields}]})


def _one_task(**fields) -> str:
    return _one_job(tasks=[{"id": "1", "modes": [{"machine": "M", "seconds": 5}], **fields}])


def test_a_file_saved_on_windows_is_read(tmp_path: Path):
    path = tmp_path / "shop.json"
    path.write_text(_one_job(), encoding="utf-8-sig")
    assert [job.id for job in read_problem(path).jobs] == ["J"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "{", "a.json is not readable as a problem"),
        ("b.json", '{"machines": []}', "'jobs' is missing"),
        ("c.txt", "2 2\n0 3 1 4\n", "promises 2 jobs, but 1 follow"),
        ("d.fjs", "1 1\nx\n", "d.fjs is not readable"),
        ("e.txt", "", "e.txt is not readable"),
        ("f.json", _one_task(may_pause="false"), "may_pause is true or false, not 'false'"),
        ("g.json", _one_job(weight="heavy"), "a weight is a number, not 'heavy'"),
        ("h.json", _one_job(weight=float("nan")), "Job J: its weight nan is negative or not finite"),
        ("i.json", _one_job(weight=float("inf")), "Job J: its weight inf is negative or not finite"),
    ],
)
def test_a_file_that_is_no_problem_is_refused_by_name(tmp_path: Path, name, text, words):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidProblem) as caught:
        read_problem(path)
    assert words in str(caught.value)
