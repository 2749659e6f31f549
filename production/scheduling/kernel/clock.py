"""Working time in compiled code: the arithmetic of `production.scheduling.calendar`, on flat arrays.

Calendar −1 is always open. Moments that do not exist are `NEVER`.
"""

import numpy as np

from production.scheduling.kernel.compiled import compiled, inlined

NEVER = np.int64(1) << 60


@inlined
def _last_opening(a, c, at):
    """The last window that opens at or before the moment; the one before the calendar's first when none does."""
    low, high = a.calendar[c].first, a.calendar[c].end
    while low < high:
        middle = (low + high) >> 1
        if a.window[middle].opens <= at:
            low = middle + 1
        else:
            high = middle
    return low - 1


@inlined
def _last_before(a, c, seconds):
    """The last window before which no more than so many seconds were worked."""
    low, high = a.calendar[c].first, a.calendar[c].end
    while low < high:
        middle = (low + high) >> 1
        if a.window[middle].before <= seconds:
            low = middle + 1
        else:
            high = middle
    return low - 1


@inlined
def not_closed(a, c, at):
    """The first window that closes after the moment."""
    i = _last_opening(a, c, at)
    if i >= a.calendar[c].first and a.window[i].closes > at:
        return i
    return i + 1


@inlined
def worked(a, c, at):
    """Worked seconds from the calendar's beginning to the moment `at`."""
    i = _last_opening(a, c, at)
    if i < a.calendar[c].first:
        return np.int64(0)
    return a.window[i].before + min(at, a.window[i].closes) - a.window[i].opens


@inlined
def opening(a, c, seconds):
    """The last moment at which so many worked seconds have passed: after a break, not before it."""
    if seconds >= a.calendar[c].total:
        return NEVER
    i = _last_before(a, c, seconds)
    return a.window[i].opens + seconds - a.window[i].before


@inlined
def closing(a, c, seconds):
    """The first moment at which so many worked seconds have passed: before a break, not after it."""
    if seconds > a.calendar[c].total or a.calendar[c].first == a.calendar[c].end:
        return NEVER
    i = max(_last_before(a, c, seconds - 1), a.calendar[c].first)
    return a.window[i].opens + seconds - a.window[i].before


@compiled
def next_open(a, c, at):
    """The first working moment at or after `at`."""
    if c < 0:
        return at
    i = not_closed(a, c, at)
    if i == a.calendar[c].end:
        return NEVER
    return max(at, a.window[i].opens)


@compiled
def end_after(a, c, start, seconds):
    """When work begun at `start` is done, pausing over every break."""
    if c < 0:
        return start + seconds
    if seconds == 0:
        return next_open(a, c, start)
    return closing(a, c, worked(a, c, start) + seconds)


@compiled
def fit(a, c, at, seconds):
    """The first moment at or after `at` from which so many seconds fit into one window."""
    if c < 0:
        return at
    for i in range(not_closed(a, c, at), a.calendar[c].end):
        start = max(at, a.window[i].opens)
        if a.window[i].closes - start >= seconds:
            return start
    return NEVER


@compiled
def add_work(a, c, start, seconds):
    """The moment so much work after `start` is done; beyond the calendar's end, time runs on."""
    end = end_after(a, c, start, seconds)
    if end < NEVER:
        return end
    last = a.calendar[c].end - 1
    calendar_end = a.window[last].closes if last >= a.calendar[c].first else np.int64(0)
    return max(start, calendar_end) + seconds


@compiled
def take_work(a, c, end, seconds):
    """The last moment at which so much work can begin to be done at `end`; before the calendar's beginning, time runs on."""
    if c < 0 or a.calendar[c].first == a.calendar[c].end:
        return end - seconds
    left = worked(a, c, end) - seconds
    if left < 0:
        return min(end, a.window[a.calendar[c].first].opens) + left
    return min(end, opening(a, c, left))


@inlined
def clock_of(a, c, at):
    """The moment on a calendar's own clock, which stands still while it is closed."""
    return at if c < 0 else worked(a, c, at)
