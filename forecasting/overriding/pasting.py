"""A block copied from a spreadsheet: tabs between cells, the first row names weeks or months, the first column items."""

from forecasting.overriding.edits import Edit, Fault, NoNumber, number_in

MOST_CELLS = 20_000
ENDS = {"-", "–", "—"}
NOT_A_BUCKET = {"description", "unit", "family", "site"}


def read_text(text: str) -> tuple[list[Edit], list[Fault]]:
    """What a pasted block asks for. A cell left empty asks for nothing; a dash lets the forecast count again.

    A column headed *Reason* holds the reason of its row. Rows are counted as the spreadsheet counts them, from 1.
    """
    lines = [line.split("\t") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    rows = [
        (number, [cell.strip() for cell in line])
        for number, line in enumerate(lines, start=1)
        if any(map(str.strip, line))
    ]
    if len(rows) < 2:
        return [], [
            Fault(
                "the block", "It needs a row of headings (item, then weeks or months) and at least one item."
            )
        ]
    if sum(len(line) for _, line in rows) > MOST_CELLS:
        return [], [Fault("the block", f"It has more than {MOST_CELLS:,} cells: paste it in parts.")]
    (_, headings), *body = rows
    reason_at = next((at for at, heading in enumerate(headings) if heading.lower() == "reason"), None)
    edits: list[Edit] = []
    faults: list[Fault] = []
    for number, line in body:
        if not line[0]:
            faults.append(Fault(f"row {number}", "It names no item in its first column."))
            continue
        reason = line[reason_at] if reason_at is not None and reason_at < len(line) else ""
        for at, cell in enumerate(line[1:], start=1):
            if not cell or at == reason_at or (at < len(headings) and headings[at].lower() in NOT_A_BUCKET):
                continue
            where = f"row {number}, column {at + 1}"
            if at >= len(headings) or not headings[at]:
                faults.append(Fault(where, "Its column has no heading: name a week or month there."))
                continue
            try:
                quantity = None if cell in ENDS else number_in(cell)
            except NoNumber as told:
                faults.append(Fault(f"row {number}, {headings[at]}", str(told)))
                continue
            edits.append(Edit(f"row {number}, {headings[at]}", line[0], headings[at], quantity, reason))
    return edits, faults
