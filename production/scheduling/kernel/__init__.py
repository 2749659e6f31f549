"""The inner loops of the scheduler, compiled to machine code by Numba.

Everything here works on `Arrays`: the plant as flat tables, built once per problem. The modules above this package
decide what to do; these functions do it a few hundred times faster than Python would. They hold no Python objects and
release the interpreter lock, so several of them run side by side in threads.

Compiled code is kept in a folder named after the sources it was made from, so only the first call on a machine waits for the
compiler; `python -m production.scheduling.kernel` compiles ahead of that.
"""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from numba import config


def _keep_compiled_code() -> None:
    """Numba looks at one file at a time and would not notice that a function it was compiled with has changed."""
    here = Path(__file__).parent
    sources = b"".join(path.read_bytes() for path in sorted(here.glob("*.py")))
    name = f"scheduling-{sha256(sources).hexdigest()[:16]}"
    base = Path(os.environ.get("NUMBA_CACHE_DIR") or here / "__pycache__")
    if not _is_writable(base):
        base = Path(tempfile.gettempdir()) / f"mes-{os.getuid()}"
    setattr(config, "CACHE_DIR", str(base / name))  # noqa: B010 - made at run time, unknown to type checkers


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


_keep_compiled_code()
