"""The console of this app. What is typed goes through the same services as what the API is sent."""

from orders.admin import lines, offers, orders, shipments

__all__ = ["lines", "offers", "orders", "shipments"]
