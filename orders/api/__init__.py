"""The HTTP face of orders, and of lots as customers and auditors ask for them."""

from orders.api import amendments, concerned, offers, orders, recalls, returns, shipments, traces

VIEWSETS: dict[str, type] = {
    "customers": orders.CustomerViewSet,
    "orders": orders.OrderViewSet,
    "order-lines": orders.OrderLineViewSet,
    "requirements": orders.RequirementViewSet,
    "amendments": amendments.AmendmentViewSet,
    "evidence": amendments.EvidenceViewSet,
    "promises": offers.OfferViewSet,
    "promised-dates": offers.PromiseViewSet,
    "shipments": shipments.ShipmentViewSet,
    "customer-returns": returns.CustomerReturnViewSet,
    r"schedules/(?P<schedule_id>\d+)/customers": concerned.ConcernedViewSet,
    "lots": traces.TracedLotViewSet,
    "epcis-events": traces.EpcisViewSet,
    "fsma-204": traces.TrackingViewSet,
    "recalls": recalls.RecallViewSet,
    "recall-notices": recalls.RecallNoticeViewSet,
    "recall-notice-lines": recalls.RecallNoticeLineViewSet,
}
