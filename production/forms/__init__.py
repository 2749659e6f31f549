"""What people type in the console of production."""
