"""Fields that AS9102 requires and that are blank: a first article waits for each, saying what fills it."""

from inventory.models import Item
from production.models import WorkCenter
from production.papers.completeness import Gap
from production.papers.first_article_records import Records, Statements, of_piece, report_of


def blanks(known: Records, said: Statements) -> list[Gap]:
    """Every required field that is blank, by form and number, with what fills it."""
    return [*_blank_accountability(known, said), *_blank_materials(known, said), *_blank_results(known, said)]


def _blank_accountability(known: Records, said: Statements) -> list[Gap]:
    found = []
    if said.is_partial and not said.why.strip():
        found.append(
            Gap(
                "Form 1, field 14: the reason for a partial first article is blank.", "Say why it is partial."
            )
        )
    found += [
        Gap(
            f"Form 1, field 18: {each.item} has no first article yet.",
            f"Issue the first article of {each.item} first.",
        )
        for each in known.made_parts
        if each.item.needs_first_article and each.item.number not in known.sub_articles
    ]
    return found


def _blank_materials(known: Records, said: Statements) -> list[Gap]:
    found = [
        Gap(
            f"Form 2, field 10: lot {lot} of {lot.item} names no certificate.",
            "Enter the certificate among the lot's attributes.",
        )
        for lot in known.materials
        if lot.item.supply == Item.Supply.BUY and not lot.attributes.get("certificate")
    ]
    return found + [
        Gap(
            f"Form 2, field 10: step {each.step} done outside names no certificate.",
            "Name the certificates of the special processes.",
        )
        for each in known.special_processes
        if each.step.work_center.kind == WorkCenter.Kind.OUTSIDE
        and not said.process_certificates.get(each.sequence)
    ]


def _blank_results(known: Records, said: Statements) -> list[Gap]:
    if not known.results and not said.is_partial:
        return [
            Gap(
                "Form 3, field 5: there is no characteristic to account for.",
                "Give the part an inspection plan and inspect it.",
            )
        ]
    found = [
        Gap(f"Form 3, field 9: {plan} was never inspected.", "Inspect it.")
        for plan in known.uninspected
        if not said.is_partial
    ]
    for each in known.results:
        measured = of_piece(each, said.piece)
        what = (
            f"balloon {each.characteristic.number} {each.characteristic.name} ({each.inspection.plan.code})"
        )
        if not measured and not said.is_partial:
            found.append(Gap(f"Form 3, field 9: {what} has no result of piece {said.piece}.", "Measure it."))
        if any(not result.conforms for result in measured) and not report_of(each, known):
            found.append(
                Gap(
                    f"Form 3, field 11: {what} does not conform and names no nonconformance.",
                    "Report it and decide it.",
                )
            )
    return found
