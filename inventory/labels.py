"""What a lot's labels say: for a person, and for a scanner.

With a GTIN the barcodes are GS1's: item (01), use by (17), lot (10) or serial number (21). A label of a pack whose plant has a GS1 company
prefix is a logistic label: the pack's own number (00), what it holds (02) and how many (37), because a count belongs to no single item
(GS1 General Specifications, section 4.13). Without a GTIN, or with a lot number that GS1 does not allow, they hold our lot number alone.
"""

from collections.abc import Sequence
from decimal import Decimal

from inventory.models import Lot
from inventory.on_paper import amount, day, issuer_of, provenance
from inventory.quantities import plain
from mes.papers.drawing import gs1
from mes.papers.drawing.document import Field, Label, Labels, Symbol, Symbology

SIZES = {
    "100x60": (100, 60),
    "70x37": (70, 37),
    "50x30": (50, 30),
    "148x105": (148, 105),
}
"""Width and height in millimetres of the stickers that can be asked for."""
PACKS_OF_A_PAPER = 1000  # so that each has a number of its own under the paper's


def labels(
    lot: Lot,
    quantities: Sequence[Decimal | None],
    *,
    size: str,
    paper_sequence: int,
    company_prefix: str,
    is_packed: bool,
) -> Labels:
    """One label for each quantity; None where nothing is on hand yet.

    :param lot: with its item and site loaded.
    :param paper_sequence: number of the paper, from which packs are numbered.
    :param is_packed: whether each quantity is a pack of its own.
    """
    width, height = SIZES[size]
    packed = is_packed and bool(company_prefix) and is_gs1(lot)
    return Labels(
        title="Label",
        issuer=issuer_of(lot.item.site),
        about=f"{'Serial number' if lot.is_serial else 'Lot'} {lot.number} · {lot.item}",
        width_mm=width,
        height_mm=height,
        labels=[
            _label(
                lot,
                quantity,
                sscc=gs1.sscc(company_prefix, paper_sequence * PACKS_OF_A_PAPER + index) if packed else "",
            )
            for index, quantity in enumerate(quantities)
        ],
    )


def is_gs1(lot: Lot) -> bool:
    """Whether the lot can be said in GS1's terms."""
    try:
        elements_of(lot)
    except gs1.NotGs1:
        return False
    return True


def elements_of(lot: Lot) -> str:
    """Element string of one piece or of the lot as such.

    :raises NotGs1: without a GTIN, or for a number that GS1 does not allow.
    """
    return gs1.element_string({gs1.GTIN: gs1.gtin_14(lot.item.gtin)} | _traits(lot))


def _pack_elements(lot: Lot, quantity: Decimal, sscc: str) -> str:
    count = plain(quantity) if quantity == quantity.to_integral_value() else ""
    content = {gs1.CONTENT: gs1.gtin_14(lot.item.gtin), gs1.COUNT: count} if count else {}
    return gs1.element_string({gs1.SSCC: sscc} | content | _traits(lot))


def _traits(lot: Lot) -> dict[str, str]:
    number = gs1.SERIAL if lot.is_serial else gs1.LOT
    return {gs1.EXPIRY: gs1.day(lot.expires_on) if lot.expires_on else "", number: lot.number}


def _label(lot: Lot, quantity: Decimal | None, *, sscc: str) -> Label:
    item = lot.item
    fields = [
        Field("number", "Serial number" if lot.is_serial else "Lot", lot.number),
        *(
            [Field("quantity", "Quantity", amount(quantity, item))]
            if quantity is not None and not lot.is_serial
            else []
        ),
        *([Field("expires", "Use by", day(lot.expires_on))] if lot.expires_on else []),
        *([Field("status", "Status", lot.get_status_display())] if lot.status != Lot.Status.RELEASED else []),
        *([Field("allergens", "Contains", item.allergens)] if item.allergens else []),
        *([Field("origin", "Origin", provenance(lot))] if provenance(lot) else []),
    ]
    linear, matrix = _symbols(lot, quantity, sscc)
    return Label(
        title=str(item),
        subtitle=item.description,
        fields=fields,
        linear=linear,
        matrix=matrix,
        foot=item.site.name,
    )


def _symbols(lot: Lot, quantity: Decimal | None, sscc: str) -> tuple[Symbol, Symbol]:
    """The linear symbol and the matrix; a logistic label's linear one holds the pack's number alone, for it has no room for more."""
    if not is_gs1(lot):
        return Symbol(Symbology.CODE_128, lot.number, lot.number), Symbol(Symbology.DATA_MATRIX, lot.number)
    if sscc and quantity is not None:
        pack, everything = gs1.element_string({gs1.SSCC: sscc}), _pack_elements(lot, quantity, sscc)
        return (
            Symbol(Symbology.GS1_128, pack, gs1.readable(pack)),
            Symbol(Symbology.GS1_DATA_MATRIX, everything, gs1.readable(everything.removeprefix(pack))),
        )
    elements = elements_of(lot)
    return Symbol(Symbology.GS1_128, elements, gs1.readable(elements)), Symbol(
        Symbology.GS1_DATA_MATRIX, elements
    )
