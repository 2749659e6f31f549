"""The HTTP face of this app."""

VIEWSETS: dict[str, type] = {}
