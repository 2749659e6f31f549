"""What happened to lots as EPCIS 2.0 events (GS1 EPCIS 2.0, CBV 2.0) in JSON-LD, for whoever else keeps a chain of custody."""

from orders.epcis.document import TooMuchAsked, document, events_of_lots, moves_between

__all__ = ["TooMuchAsked", "document", "events_of_lots", "moves_between"]
