"""Compile the scheduler's inner loops ahead of their first use: `python -m production.scheduling.kernel`."""

from production.scheduling import warm

if __name__ == "__main__":
    warm.load(seconds=0.5)
