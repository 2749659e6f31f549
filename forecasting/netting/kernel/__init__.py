"""The inner loops of netting, compiled to machine code by Numba: one item after another, day by day, on flat tables.

What they read and write is in `tables`. They hold no Python objects and release the interpreter lock.
"""

from forecasting.netting.kernel.items import net_items
from forecasting.netting.kernel.sizing import batches, family_spans, joint_spans, least_cost_days

__all__ = ["batches", "family_spans", "joint_spans", "least_cost_days", "net_items"]
