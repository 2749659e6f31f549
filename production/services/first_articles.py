"""Issuing first article inspection reports, and keeping what each was done under."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from mes.core.signing import Credentials
from mes.papers import services as papers
from mes.papers.models import Paper
from production.first_articles import baseline_of, circumstances_of, due_of, made_before
from production.models import Batch, FirstArticle
from production.papers.batch_records import lots_of
from production.papers.completeness import gaps_of, require_complete, require_done
from production.papers.first_article import report
from production.papers.first_article_blanks import blanks
from production.papers.first_article_records import Statements, gather


class FirstArticleIncomplete(DomainError):
    """A field that the standard requires is blank."""

    code = "production.first_article_incomplete"
    title = "The first article has blank fields"


class NoBaseline(InvalidInput):
    code = "production.no_baseline"
    title = "A partial first article needs a baseline"


@sensitive_variables("credentials")
@transaction.atomic
def issue_first_article(
    batch: Batch,
    *,
    scope: str = FirstArticle.Scope.FULL,
    why: str = "",
    drawing_number: str = "",
    drawing_revision: str = "",
    additional_changes: str = "",
    customer: str = "",
    purchase_order: str = "",
    functional_test: str = "",
    acceptance_report: str = "",
    process_certificates: Mapping[int, str] | None = None,
    comments: str = "",
    piece: int = 1,
    reason: str = "",
    credentials: Credentials | None = None,
    by: User,
    at: datetime,
) -> Paper:
    """Issue the first article inspection report of a batch: the three forms of AS9102 Rev C, rows from what was measured on one piece.

    :param scope: full, or partial after a change; a partial one builds on the part's last full one and refers to it for whatever was
        not inspected again.
    :param why: the reason for it; by default what made it due.
    :param process_certificates: the certificate of each step done outside, by the step's sequence.
    :param piece: which piece of the samples is the first article.
    :param reason: why the report is issued again.
    :raises NotReadyForPaper: while a step, inspection or nonconformance of the batch is open.
    :raises NoBaseline: for a partial one of a part that had no full one.
    :raises FirstArticleIncomplete: naming every required field that is blank.
    :raises ReasonMissing: when there is one of this batch already and no reason is given.
    :raises SignatureMissing: where the rules demand a signature and no credentials are given.
    """
    batch = Batch.objects.select_related("order", "plan__item__site", "lot__item", "transformation").get(
        pk=batch.pk
    )
    require_done(batch)
    lots = lots_of(batch)
    require_complete(f"The first article of batch {batch}", gaps_of(lots))
    item = batch.plan.item
    said = Statements(
        scope=scope,
        baseline=_baseline(batch, scope),
        why=why.strip() or _reason(batch, scope, at),
        drawing_number=drawing_number,
        drawing_revision=drawing_revision,
        additional_changes=additional_changes,
        customer=customer,
        purchase_order=purchase_order,
        functional_test=functional_test,
        acceptance_report=acceptance_report,
        process_certificates=process_certificates or {},
        comments=comments,
        piece=piece,
    )
    known = gather(batch, lots)
    if missing := blanks(known, said):
        raise FirstArticleIncomplete(
            f"The first article of batch {batch} cannot be issued. {' '.join(gap.told for gap in missing)}",
            remedy=" ".join(dict.fromkeys(gap.remedy for gap in missing)),
        )
    paper = papers.issue(
        Paper.Kind.FIRST_ARTICLE,
        batch,
        lambda identity: report(known, said, identity, is_signed=credentials is not None),
        concerns=[item, batch.order, *known.pieces, *([batch.lot] if batch.lot else [])],
        zone=known.zone,
        reason=reason,
        is_regulated=item.is_under_rules,
        credentials=credentials,
        by=by,
        at=at,
    )
    FirstArticle.objects.create(
        paper=paper,
        item=item,
        batch=batch,
        scope=said.scope,
        baseline=said.baseline,
        circumstances=circumstances_of(batch.plan),
        has_nonconformance=bool(known.reports),
        at=at,
        by=by,
    )
    return paper


def _baseline(batch: Batch, scope: str) -> FirstArticle | None:
    if scope == FirstArticle.Scope.FULL:
        return None
    baseline = baseline_of(batch)
    if baseline is None:
        raise NoBaseline.at_field(
            "scope",
            f"{batch.plan.item.number} had no full first article before this batch.",
            remedy="Issue a full one.",
        )
    return baseline


def _reason(batch: Batch, scope: str, at: datetime) -> str:
    """What made it due; where nothing did, a full one is a repetition and a partial one has to say what for."""
    due = due_of(batch, at)
    if due is not None:
        return due.why
    earlier = made_before(batch).first()
    return f"done anew in full; nothing changed since {earlier}" if scope == FirstArticle.Scope.FULL else ""
