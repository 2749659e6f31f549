"""The two plants of the demonstration, as plain plant folders, and the generator of their demand history."""
