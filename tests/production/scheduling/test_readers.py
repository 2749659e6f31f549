import json
from pathlib import Path

import pytest

from bench.problems import Size, flexible_shop, shop
from bench.problems import problem as drawn_plant
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
        Task("2", "J", (Mode("N", 6),), after=("1", Link("1", None, 4, 0.5, first_seconds=3)), release=7),
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


def _one_machine(**fields) -> str:
    return json.dumps({"machines": [{"id": "M", **fields}], "jobs": []})


def _setups(**fields) -> str:
    return json.dumps({"machines": [], "jobs": [], "setup": {"families": ["A"], **fields}})


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
        ("g.json", _one_job(weight="heavy"), "weight of job J is a number, not 'heavy'"),
        ("h.json", _one_job(weight=float("nan")), "Job J: its weight nan is negative or not finite"),
        ("i.json", _one_job(weight=float("inf")), "Job J: its weight inf is negative or not finite"),
        ("j.json", _one_job(due=90.5), "due of job J is 90.5; give a whole number"),
        ("k.json", _one_job(release=0.5), "release of job J is 0.5; give a whole number"),
        ("l.json", _one_job(release=True), "release of job J is True; give a whole number"),
        (
            "m.json",
            _one_task(modes=[{"machine": "M", "seconds": 3600.7}]),
            "seconds of task 1 of job J is 3600.7; give a whole number",
        ),
        (
            "n.json",
            _one_task(modes=[{"machine": "M", "seconds": 5, "Seconds": 6}]),
            "a mode of task 1 of job J holds 'Seconds', which is not known there (is it seconds?)",
        ),
        ("o.json", _one_job(duedate=90), "job J holds 'duedate', which is not known there (is it due?)"),
        ("p.json", _one_task(setup=60), "'setup', which is not known there (is it setup_seconds?)"),
        (
            "q.json",
            json.dumps({"machines": [{"id": "M", "shifts": [[0, 9]]}], "jobs": []}),
            "machine M holds 'shifts', which is not known there (there may be calendar, family, id, is_unlimited)",
        ),
        (
            "r.json",
            json.dumps({"machines": [{"id": "M", "calendar": [[0, 9.5]]}], "jobs": []}),
            "a time in the calendar of machine M is 9.5",
        ),
        ("s.json", _one_task(pin={"machine": "M", "begin": 3}), "the pin of task 1 of job J holds 'begin'"),
        (
            "t.json",
            _one_task(pin={"machine": "M", "start": 3.5}),
            "start of the pin of task 1 of job J is 3.5",
        ),
        ("u.json", _one_task(after_jobs="JK"), "after_jobs of task 1 of job J is 'JK', not a list"),
        ("v.json", _one_task(after="10"), "after of task 1 of job J is '10', not a list"),
        (
            "w.json",
            json.dumps({"machines": [{"id": "M"}], "jobs": [], "setups": {}}),
            "the problem holds 'setups', which is not known there (is it setup?)",
        ),
        ("x.json", "", "it is no JSON; from line 1, column 1 on"),
        ("ya.json", _one_task(modes=None), "'modes' is missing in task 1 of job J"),
        (
            "yb.json",
            _one_task(modes={"machine": "M"}),
            "modes of task 1 of job J is {'machine': 'M'}, not a list",
        ),
        ("yc.json", _one_task(modes=[{"machine": "M"}]), "'seconds' is missing in a mode of task 1 of job J"),
        ("yd.json", _one_task(after=10), "after of task 1 of job J is 10, not a list"),
        ("ye.json", _one_task(family=["A"]), "family of task 1 of job J is ['A'], not a name"),
        ("yf.json", _one_job(tasks=None), "'tasks' is missing in job J"),
        ("yg.json", _one_job(id=None), "'id' is missing in job number 1"),
        ("yh.json", _one_job(id=True), "id of job number 1 is True, not a name"),
        ("yi.json", _one_job(due=float("inf")), "due of job J of inf is too large a number"),
        ("yj.json", _one_job(weight=1e300), "weight of job J of 1e+300 is too large a number"),
        ("yk.json", _one_machine(calendar=[[0, 5, 9]]), "machine M is [0, 5, 9]; give the seconds at which"),
        ("yl.json", _one_machine(calendar=[0, 5]), "a time in the calendar of machine M is 0, not a list"),
        ("ym.json", _one_machine(calendar=False), "the calendar of machine M is False, not a list"),
        ("yn.json", _one_machine(calendar=[[9, 5]]), "machine M is [9, 5], which ends before it begins"),
        ("yo.json", _setups(seconds="0"), "seconds of setup is '0', not a list"),
        ("yp.json", _setups(seconds=None), "'seconds' is missing in setup"),
        ("yq.json", '{"machines": ["M"], "jobs": []}', "machine number 1 is 'M', not a row"),
        ("aa.txt", "2 2\n0 3 1 4\n1 5 0 6\n\n0 1 1 1\n", "line 5: its first line promises 2 jobs"),
        ("ab.txt", "2 2\n0 3 1 4\n1 5 0 6 0 7\n", "line 3: it has 6 numbers, more than the 4"),
        ("ac.txt", "2 2\n0 3 1\n1 5 0 6\n", "line 2: it has 3 numbers, fewer than the 4"),
        (
            "ad.txt",
            "1 2 7\n0 3 1 4\n",
            "line 1 has 3 words, not the numbers of jobs and machines and nothing",
        ),
        ("ae.txt", "1 1\n0 3.5\n", "line 2: a number is '3.5'; give a whole number"),
        ("af.txt", "1 2\n1 3 2 4\n", "line 2: there is no machine 2; they count from 0 to 1"),
        ("ba.fjs", "1 2\n1 1 1 5 9\n", "line 2: it goes on for 1 numbers after its last operation"),
        ("bb.fjs", "1 2 1\n1 1 1 5\n1 1 2 5\n", "line 3: its first line promises 1 jobs"),
        ("bc.fjs", "1 2\n1 1 0 5\n", "line 2: there is no machine 0; they count from 1 to 2"),
        ("bd.fjs", "1 2\n# one\n2 1 1 5 1\n", "line 3: it has fewer numbers than it promises"),
        ("ag.txt", "-1 2\n", "line 1: -1 jobs and 2 machines cannot be"),
        ("bg.fjs", "1 1\n-1 1 1 5\n", "line 2: it promises -1 operations; give a number of 0 or more"),
        ("bh.fjs", "1 1\n1 -1 1 5\n", "line 2: it promises -1 machines; give a number of 0 or more"),
        ("be.fjs", "1 2\n1 1 1 5.5\n", "line 2: a number is '5.5'; give a whole number"),
        ("bf.fjs", "1 2 1 7\n1 1 1 5\n", "line 1 has 4 words, not the numbers of jobs and machines"),
    ],
)
def test_a_file_that_is_no_problem_is_refused_by_name(tmp_path: Path, name, text, words):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidProblem) as caught:
        read_problem(path)
    assert words in str(caught.value)


def test_what_files_of_others_have_beside_the_numbers_is_no_fault():
    flexible = from_fjs("2 2 1.25 \n 1  1 1 5  \n\n 1\t1 2 7.0 \n \n\x1a")
    assert [task.modes for task in flexible.tasks] == [(Mode("M0", 5),), (Mode("M1", 7),)]
    assert len(from_jsplib("#++++\n# instance la02\n#++++\n1 2\n0 20 1 87 # first\n\n").tasks) == 2


def test_what_is_null_is_as_if_it_were_left_out():
    said = {"release": None, "due": None, "weight": None, "after_jobs": None}
    task = {"after": None, "family": None, "may_pause": None, "release": None, "pin": None}
    mode = {"machine": 1, "seconds": "5"}
    data = {
        "machines": [{"id": 1, "calendar": None}],
        "jobs": [{"id": 7, "tasks": [{"id": 10, "modes": [mode], **task}], **said}],
        "setup": None,
    }
    plain = {"machines": [{"id": "1"}], "jobs": [{"id": "7", "tasks": [{"id": "10", "modes": [mode]}]}]}
    assert from_json(data) == from_json(plain)


def test_names_and_comments_are_for_people_and_whole_numbers_may_have_a_point():
    problem = from_json(
        {
            "name": "one",
            "machines": [{"id": "M", "name": "Mill"}],
            "jobs": [
                {
                    "id": "J",
                    "due": 9.0,
                    "comment": "rush",
                    "tasks": [{"id": "1", "modes": [{"machine": "M", "seconds": 5.0}]}],
                }
            ],
        }
    )
    assert (problem.jobs[0].due, problem.tasks[0].modes) == (9, (Mode("M", 5),))


def test_what_a_problem_is_written_as_is_read_again_though_nothing_unknown_is():
    for drawn in (
        shop(jobs=3, machines=3),
        flexible_shop(jobs=3, machines=6),
        drawn_plant(Size(5, 3, 6, 0.8, families=2)),
    ):
        problem = from_json(drawn)
        assert from_json(to_json(problem)) == problem
