"""The demonstration: two plants made ready, their people, and every process that serves them."""
