"""How functions are compiled here: kept for the next process, and without the interpreter's lock.

Numba counts references to every array it touches, with atomic instructions, which in these loops costs twenty times the work
itself. Functions that make no arrays do without (`_nrt=False`): their callers hold what they use.
"""

from typing import Any

from numba import njit

_njit: Any = njit  # its type does not know the option
allocating: Any = _njit(cache=True, nogil=True)
"""For functions that make arrays."""
compiled: Any = _njit(cache=True, nogil=True, _nrt=False)
"""For functions that make none."""
inlined: Any = _njit(cache=True, nogil=True, _nrt=False, forceinline=True)
"""For those of them that the innermost loops consist of."""
