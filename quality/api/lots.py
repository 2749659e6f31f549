"""Lots, which are received through quality: whether a delivery must be inspected is known here."""

from inventory.api.lots import JUDGE_LOT, LotViewSet
from inventory.inputs import ReceiveInput
from mes.core.api import create_endpoint, service_endpoint
from mes.core.signing.inputs import SignedInput
from quality import services


class ReceivingLotViewSet(LotViewSet):
    """Lots and serial numbers. POST receives a delivery: it opens the receiving inspection, or releases the lot where none is asked for."""

    create = create_endpoint(services.receive, input=ReceiveInput)
    release = service_endpoint(services.release_lot, input=SignedInput, permission=JUDGE_LOT)
