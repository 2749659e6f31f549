"""How inner loops are compiled here: without the interpreter's lock, and kept for the next process with all they were compiled from.

Numba looks at one file at a time: of a function that was compiled into another, from another file, it would not notice that it has
changed. So what a package compiles is kept in a folder named after the sources of the whole package, beside them or where
`NUMBA_CACHE_DIR` says. Knows no Django.
"""

import os
import tempfile
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from numba import config, njit

# Their types know neither what is set at run time nor the option that leaves out counting.
_config: Any = config
_njit: Any = njit
_Decorator = Callable[[Callable[..., Any]], Any]


class Compilers(NamedTuple):
    """Decorators for the functions of one package.

    Numba counts references to every array it touches, with atomic instructions, which in inner loops costs ten to twenty times the
    work itself. Functions that make no arrays do without: their callers hold what they use.
    """

    allocating: _Decorator
    """For functions that make arrays."""
    compiled: _Decorator
    """For functions that make none."""
    inlined: _Decorator
    """For those of them that the innermost loops consist of."""


def compilers(package: Path) -> Compilers:
    """The decorators for the functions in this folder; all that these call and read at compile time must lie in it too."""
    compiled = partial(_compile, _folder(package), cache=True, nogil=True)
    return Compilers(compiled, partial(compiled, _nrt=False), partial(compiled, _nrt=False, forceinline=True))


def _compile(folder: Path, function: Callable[..., Any], **options: bool) -> Any:
    """Numba asks where to keep a function when it is declared, and knows one place for all of them."""
    elsewhere = _config.CACHE_DIR
    _config.CACHE_DIR = str(folder)
    try:
        return _njit(**options)(function)
    finally:
        _config.CACHE_DIR = elsewhere


def _folder(package: Path) -> Path:
    sources = b"".join(path.read_bytes() for path in [Path(__file__), *sorted(package.glob("*.py"))])
    name = f"{package.parent.name}-{sha256(sources).hexdigest()[:16]}"
    base = Path(os.environ.get("NUMBA_CACHE_DIR") or package / "__pycache__")
    if not _is_writable(base):
        base = Path(tempfile.gettempdir()) / f"mes-{os.getuid()}"
    return base / name


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
