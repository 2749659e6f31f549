"""Job shops as text: JSPLIB's format, and Brandimarte's for flexible ones.

Machines are named M0, M1, …, jobs J0, J1, …, tasks 0, 1, …. Blank lines and what follows a # are left out. What is more or less
than the first line promises is refused by its line: a file that was cut or pasted wrongly is another problem than it says.
"""

from collections.abc import Callable, Iterator

from production.scheduling.problem import Problem
from production.scheduling.rows import Job, Machine, Mode, Task
from production.scheduling.stated import Stated, whole

END_OF_FILE = "\x1a"  # some instances were saved under DOS
Steps = list[list[Mode]]
StepsOf = Callable[[list[int], int], Steps]


def from_jsplib(text: str) -> Problem:
    """Job shop text: a line `jobs machines`, then per job a line of as many `machine duration` pairs as there are machines.

    :raises ValueError: naming the line that is otherwise.
    """
    return Problem(*stated_in_jsplib(text))


def from_fjs(text: str) -> Problem:
    """Flexible job shop text: a line `jobs machines`, perhaps with the machines of an operation on average, then per job the
    number of operations and, per operation, the number of its machines followed by as many `machine duration` pairs.

    Its machines count from 1, so the file's machine 1 is M0.

    :raises ValueError: naming the line that is otherwise.
    """
    return Problem(*stated_in_fjs(text))


def stated_in_jsplib(text: str) -> Stated:
    """The rows of a job shop text, as `from_jsplib` reads it."""
    return _shop(text, 2, _pairs)


def stated_in_fjs(text: str) -> Stated:
    """The rows of a flexible job shop text, as `from_fjs` reads it."""
    return _shop(text, 3, _operations)


def _shop(text: str, header: int, steps_of: StepsOf) -> Stated:
    lines = list(_content(text))
    if not lines:
        raise ValueError("it is empty; it begins with the numbers of jobs and machines")
    jobs, machines = _header(*lines[0], header)
    rows = lines[1:]
    if len(rows) < jobs:
        raise ValueError(f"its first line promises {jobs} jobs, but {len(rows)} follow")
    if len(rows) > jobs:
        raise ValueError(
            f"line {rows[jobs][0]}: its first line promises {jobs} jobs, and this would be another"
        )
    chains = [_chain(i, _steps(line, words, machines, steps_of)) for i, (line, words) in enumerate(rows)]
    return Stated(tuple(Machine(f"M{i}") for i in range(machines)), tuple(chains))


def _content(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that say something, with their numbers."""
    for line, row in enumerate(text.splitlines(), start=1):
        words = row.split("#")[0].replace(END_OF_FILE, " ").split()
        if words:
            yield line, words


def _header(line: int, words: list[str], longest: int) -> tuple[int, int]:
    if not 2 <= len(words) <= longest:
        alone = " and nothing else" if longest == 2 else ""
        raise ValueError(f"line {line} has {len(words)} words, not the numbers of jobs and machines{alone}")
    jobs, machines = (whole(word, f"line {line}: a number of jobs or machines") for word in words[:2])
    if jobs < 0 or machines < 0:
        raise ValueError(
            f"line {line}: {jobs} jobs and {machines} machines cannot be; give numbers of 0 or more"
        )
    return jobs, machines


def _steps(line: int, words: list[str], machines: int, steps_of: StepsOf) -> Steps:
    """What a line says of a job; what is wrong with it is told with its number."""
    numbers = [whole(word, f"line {line}: a number") for word in words]
    try:
        return steps_of(numbers, machines)
    except ValueError as error:
        raise ValueError(f"line {line}: {error}") from None


def _pairs(numbers: list[int], machines: int) -> Steps:
    if len(numbers) != 2 * machines:
        less = "fewer" if len(numbers) < 2 * machines else "more"
        raise ValueError(
            f"it has {len(numbers)} numbers, {less} than the {2 * machines} of a machine and a duration {machines} times"
        )
    return [[_mode(numbers[i], numbers[i + 1], 0, machines)] for i in range(0, len(numbers), 2)]


def _operations(numbers: list[int], machines: int) -> Steps:
    rest = iter(numbers)
    try:
        steps = [
            [_mode(next(rest), next(rest), 1, machines) for _ in range(_count(rest, "machines"))]
            for _ in range(_count(rest, "operations"))
        ]
    except StopIteration:
        raise ValueError("it has fewer numbers than it promises") from None
    if surplus := list(rest):
        raise ValueError(f"it goes on for {len(surplus)} numbers after its last operation")
    return steps


def _count(rest: Iterator[int], of: str) -> int:
    count = next(rest)
    if count < 0:
        raise ValueError(f"it promises {count} {of}; give a number of 0 or more")
    return count


def _mode(machine: int, seconds: int, first: int, machines: int) -> Mode:
    if not first <= machine < first + machines:
        raise ValueError(f"there is no machine {machine}; they count from {first} to {first + machines - 1}")
    return Mode(f"M{machine - first}", seconds)


def _chain(number: int, steps: Steps) -> Job:
    name = f"J{number}"
    tasks = (
        Task(str(i), name, tuple(modes), after=(str(i - 1),) if i else ()) for i, modes in enumerate(steps)
    )
    return Job(name, tuple(tasks))
