"""Writing what was read, set by set; every function here takes the one `Loading` and runs inside its transaction."""
