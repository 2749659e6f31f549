"""Every figure we claim, reproducible with one command each."""
