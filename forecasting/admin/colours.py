"""Colours of states."""

STATUS_COLOURS = {
    "Proposed": "info",
    "Firm": "success",
    "Dismissed": "warning",
    "Superseded": "default",
    "Running": "info",
    "Done": "success",
    "Failed": "danger",
}
