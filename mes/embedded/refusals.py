"""Why an embedded server cannot run, in a sentence."""

NO_SPACE = "No space left on device"


class CannotServe(Exception):
    """An embedded server cannot start; the message says why and what to do."""


def refusal(program: str, home: str, output: str) -> CannotServe:
    """The refusal for a server program that ended, from what it printed."""
    if NO_SPACE in output:
        return CannotServe(
            f"The disk is full: {program} has no room in {home}. Free some space and start again."
        )
    telling = [line.strip() for line in output.splitlines() if _tells(line)] or output.split("\n")[-3:]
    return CannotServe(
        f"{program} did not start in {home}: {' '.join(telling[-3:]).strip() or 'it printed nothing'}"
    )


def _tells(line: str) -> bool:
    return any(word in line for word in ("FATAL", "PANIC", "error:", "Fatal", "could not", "cannot", "# "))
