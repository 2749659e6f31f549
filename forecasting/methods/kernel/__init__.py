"""The inner loops of the smoothing methods, compiled to machine code by Numba and kept for the next process.

``fit`` filters a series once for each row of a grid of parameters and says how far off it was; ``roll`` filters it again
with the rows that have weight and forecasts from every origin asked. Nothing here chooses: that is ``smooth.py``.

``python -m forecasting.methods.kernel`` compiles ahead of the first forecast.
"""

from pathlib import Path

from production.compiling import compilers

compiled = compilers(Path(__file__).parent).allocating
