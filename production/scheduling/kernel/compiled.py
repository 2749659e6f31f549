"""How the scheduler's inner loops are compiled."""

from pathlib import Path

from production.compiling import compilers

allocating, compiled, inlined = compilers(Path(__file__).parent)
