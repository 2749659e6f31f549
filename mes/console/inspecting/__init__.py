"""The quality desk, and the page on which an inspector enters results."""
