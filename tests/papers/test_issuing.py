"""Papers are numbered without a gap, frozen, and issued again only as the next revision."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from inventory.models import Lot
from mes.core.models import Fact, User
from mes.papers import services
from mes.papers.drawing.document import Column, Field, Issuer, Section, Sheet, Statement, Table, digest_of
from mes.papers.models import Paper
from mes.papers.services import ReasonMissing, Unprintable
from tests.papers.reading import pages_of, scanned
from tests.plant import MONDAY, make_lot, make_user
from tests.racing import at_once

pytestmark = pytest.mark.django_db
CERTIFICATE = Paper.Kind.CERTIFICATE


def a_sheet(about: str = "Lot A", *, rows: int = 1) -> Sheet:
    table = Table(
        "parts", [Column("part", "Part"), Column("note", "Note")], [[f"Row {n}", "–"] for n in range(rows)]
    )
    statement = Statement("says", ["It conforms."])
    return Sheet(
        "Certificate of conformity",
        Issuer("Northgate"),
        about,
        [Field("lot", "Lot", about)],
        [Section("all", [statement, table], heading="All of it")],
    )


def issue(subject: Any, document: Sheet | None = None, *, kind: str = CERTIFICATE, **more: Any) -> Paper:
    by: User = more.pop("by", None) or make_user()
    compose: Callable[[Any], Sheet] = lambda _: document or a_sheet()  # noqa: E731 - what a caller hands over
    return services.issue(kind, subject, compose, zone=subject.item.site.zone, by=by, at=MONDAY, **more)


def test_numbers_count_up_from_one_for_each_kind():
    first, second = issue(make_lot()), issue(make_lot())
    other = issue(make_lot(), kind=Paper.Kind.TRAVELER)

    assert second.sequence == first.sequence + 1
    assert (first.number, other.number) == (f"COC-{first.sequence:05d}", f"TR-{other.sequence:05d}")


def test_a_paper_that_fails_leaves_no_gap():
    before = issue(make_lot())
    with pytest.raises(Unprintable):
        issue(make_lot(), a_sheet("Lot 漢"))

    assert issue(make_lot()).sequence == before.sequence + 1


def test_a_paper_keeps_what_it_said_with_its_hash_and_the_fact_vouches_for_both():
    lot = make_lot()
    paper = Paper.objects.get(pk=issue(lot).pk)
    fact = Fact.objects.filter(name="papers.PaperIssued").latest("pk")

    assert paper.digest == digest_of(paper.content)
    assert paper.print.digest == hashlib.sha256(bytes(paper.print.pdf)).hexdigest()
    assert (fact.payload["digest"], fact.payload["pdf_digest"]) == (paper.digest, paper.print.digest)
    assert fact.payload["subject"] == f"inventory.lot:{lot.pk}"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE papers_paper SET digest = 'other'",
        "UPDATE papers_paper SET content = '{}'",
        "DELETE FROM papers_paper",
        "UPDATE papers_paperprint SET pdf = 'x'",
        "DELETE FROM papers_paperprint",
    ],
)
def test_nobody_changes_or_deletes_a_paper_not_even_in_sql(statement: str):
    issue(make_lot())

    with (
        pytest.raises(DatabaseError, match="Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_database_refuses_a_number_that_leaves_a_gap():
    paper = issue(make_lot())
    paper.pk, paper.sequence, paper.number = None, paper.sequence + 2, "COC-99999"

    with pytest.raises(DatabaseError, match=r"The next certificate is not number"), transaction.atomic():
        paper.save(force_insert=True)


def test_issued_again_without_a_reason_is_refused():
    lot = make_lot()
    paper = issue(lot)

    with pytest.raises(ReasonMissing) as refusal:
        issue(lot)

    assert refusal.value.detail == f"{paper} of 02 Mar 2026 stands for {lot}."
    assert refusal.value.errors == {"reason": ["Say why it is issued again."]}
    assert Paper.objects.of(lot).count() == 1


def test_issued_again_it_is_the_next_revision_under_the_same_number_and_says_why():
    lot = make_lot()
    first = issue(lot)
    second = issue(lot, reason="The customer moved.")

    assert (second.number, second.revision, second.supersedes) == (first.number, 2, first)
    assert list(Paper.objects.of(lot).current()) == [second]
    assert "Replaces" in pages_of(services.printed(second))[0]
    assert "The customer moved." in pages_of(services.printed(second))[0]


def test_the_reason_of_a_first_issue_is_not_kept():
    assert issue(make_lot(), reason="For no reason").reason == ""


def test_a_superseded_paper_is_printed_with_a_stamp_and_kept_as_it_was():
    lot = make_lot()
    first = issue(lot)
    original = services.printed(first)
    issue(lot, reason="Typing error")

    assert "SUPERSEDED BY REV 2" in pages_of(services.printed(first))[0]
    assert bytes(Paper.objects.get(pk=first.pk).print.pdf) == original


def test_a_copy_says_that_it_is_one():
    paper = issue(make_lot())

    assert "UNCONTROLLED COPY" in pages_of(services.printed(paper, copy=True))[0]
    assert "UNCONTROLLED COPY" not in pages_of(services.printed(paper))[0]


def test_the_same_content_makes_the_same_bytes():
    paper = issue(make_lot())

    assert services._drawn(paper, []) == bytes(paper.print.pdf)


def test_a_long_paper_repeats_its_heads_and_counts_its_pages():
    pages = pages_of(services.printed(issue(make_lot(), a_sheet(rows=200))))

    assert len(pages) > 3
    assert all("Part" in page and "Note" in page for page in pages)
    assert all(f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, start=1))


def test_the_mark_in_the_head_is_scanned_as_number_and_revision():
    paper = issue(make_lot())

    assert [found.text for found in scanned(services.printed(paper))] == [f"{paper.number}/1"]


def test_a_sign_that_no_font_has_is_refused_and_said():
    with pytest.raises(Unprintable) as refusal:
        issue(make_lot(), a_sheet("Lot 漢"))

    assert "漢" in refusal.value.detail
    assert "MES_PAPER_FONTS" in refusal.value.remedy


def test_what_looks_like_markup_is_printed_as_it_is():
    text = '#panic("x") *bold* <script> $1+1$ @here'

    assert text in pages_of(services.printed(issue(make_lot(), a_sheet(text))))[0]


@pytest.mark.django_db(transaction=True)
def test_two_who_issue_at_once_get_numbers_that_follow_each_other():
    lots = [make_lot() for _ in range(6)]
    people = [make_user() for _ in lots]

    papers = at_once(
        *[lambda lot=lot, by=by: issue(lot, by=by) for lot, by in zip(lots, people, strict=True)]
    )

    assert sorted(paper.sequence for paper in papers) == list(range(1, 7))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_issue_the_same_one_is_told_that_there_is_one():
    lot: Lot = make_lot()
    people = [make_user(), make_user()]

    outcomes = at_once(*[lambda by=by: issue(lot, by=by) for by in people])

    assert {type(outcome) for outcome in outcomes} == {Paper, ReasonMissing}
    assert Paper.objects.of(lot).count() == 1


def test_a_paper_is_issued_at_any_moment_not_only_on_the_full_second():
    lot = make_lot()
    at = MONDAY.replace(microsecond=123456)
    paper = services.issue(
        CERTIFICATE, lot, lambda _: a_sheet(), zone=lot.item.site.zone, by=make_user(), at=at
    )

    assert paper.issued_at == at
    assert services._drawn(paper, []) == bytes(paper.print.pdf)
