"""Colours of states."""

STATUS_COLOURS = {
    "Proposed": "info",
    "Firm": "success",
    "Dismissed": "warning",
    "Superseded": "default",
    "Running": "info",
    "Done": "success",
    "Failed": "danger",
    "Confirmed": "success",
    "Open": "danger",
    "Seen": "warning",
    "Passed": "default",
}
