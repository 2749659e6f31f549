"""Where the server programs lie that come with the wheels; found without importing those packages."""

from importlib.util import find_spec
from pathlib import Path

from mes.embedded.refusals import CannotServe


def program(package: str, path: str) -> Path:
    """The file of a program shipped within a package.

    :raises CannotServe: if the package is not installed.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotServe(
            f"The embedded servers come with requirements-dev.txt and {package} is not installed. "
            "Install that, or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(spec.origin).parent / path
