"""The console of this app. What is typed goes through the same services as what the API is sent."""

from orders.admin import amendments, lines, offers, orders, shipments

__all__ = ["amendments", "lines", "offers", "orders", "shipments"]
