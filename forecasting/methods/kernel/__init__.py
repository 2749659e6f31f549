"""The inner loops of the smoothing methods, compiled to machine code by Numba and kept for the next process.

Each module stands alone, which is what Numba needs to notice that its source has changed. ``fit`` filters a series once
for each row of a grid of parameters and says how far off it was; ``roll`` filters it again with the rows that have
weight and forecasts from every origin asked. Nothing here chooses: that is ``smooth.py``.

``python -m forecasting.methods.kernel`` compiles ahead of the first forecast.
"""

import os
from typing import Any

from numba import config, njit

# Beside the sources, or where Numba itself is told to; not where another package last sent it.
setattr(config, "CACHE_DIR", os.environ.get("NUMBA_CACHE_DIR", ""))  # noqa: B010 - unknown to type checkers

_njit: Any = njit  # its type does not know the options
compiled: Any = _njit(cache=True, nogil=True)
"""Compiled when first called, kept for the next process, and without the interpreter's lock."""
