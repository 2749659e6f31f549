"""What people type to issue papers of orders."""

from typing import Any

from inventory.models import Item
from mes.papers.forms import SignedPaperForm
from mes.papers.models import Paper
from orders.models import OrderLine, Shipment
from orders.services.first_articles import batches_for
from production.forms.papers import FirstArticleForm


class CertificateForm(SignedPaperForm):
    """Of a shipment or an order line."""

    kind = Paper.Kind.CERTIFICATE

    def is_regulated(self, each: Any) -> bool:
        if isinstance(each, Shipment):
            return each.lines.filter(line__item__in=Item.objects.under_rules()).exists()
        return bool(each.item.is_under_rules)


class LineFirstArticleForm(FirstArticleForm):
    """The same as of a batch; customer and purchase order are the line's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["customer"], self.fields["purchase_order"]

    def is_regulated(self, each: Any) -> bool:
        return bool(each.item.is_under_rules)

    def batches(self) -> list[Any]:
        found = [batches_for(each).first() for each in self.objects if isinstance(each, OrderLine)]
        return [batch for batch in found if batch is not None]
