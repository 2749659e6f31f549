"""What of a paper is signed: which it is, and the hash of all that it says."""

from collections.abc import Collection

from mes.core.signing import Content, signable
from mes.papers.models import Paper


@signable(Paper, title="Paper")
def paper(keys: Collection[int]) -> dict[int, Content]:
    """Number, revision and digest; the digest vouches for every word."""
    return {
        row.pk: {
            "kind": row.kind,
            "number": row.number,
            "revision": row.revision,
            "subject": row.subject_name,
            "digest": row.digest,
        }
        for row in Paper.objects.filter(pk__in=keys).without_content()
    }


@paper.regulated
def _regulated(keys: Collection[int]) -> Collection[int]:
    return Paper.objects.filter(pk__in=keys, content__is_regulated=True).values_list("pk", flat=True)
