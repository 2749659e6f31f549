"""Electronic signatures (21 CFR Part 11, subparts B and C): what is signed, who signs, what the rules demand.

**A record that can be signed** says which content is signed. Its app registers a function in its `signed.py`, which is
loaded at start:

    @signable(ProcessPlan, title="Process plan")
    def contents(keys: Collection[int]) -> dict[int, Content]:          # read afresh, plain values, few queries for many keys
        return {plan.pk: {"item": …, "steps": […]} for plan in ProcessPlan.objects.filter(pk__in=keys)…}

    contents.regulated(lambda keys: …)     # optional: the keys of those for which "regulated items" rules bind
    contents.authors(lambda key: …)        # optional: the keys of the people who wrote it, for the four-eyes rules
    contents.exceptions(lambda key: …)     # optional: a sentence for each thing that its reviewer has to look at

Content is dicts with text keys, lists, text, numbers, Decimal, dates, bools, None. What stands in no content may change without
touching a signature (a status, who approved it). A signature is compared on the entries it signed: one that is told only
later does not touch it. `told_fields(row)` tells all fields of a row.

**A service that needs a signature** takes `credentials: Credentials | None = None` and signs inside its transaction, after its
changes, so that what is signed is what is stored:

    signing.sign(case, Meaning.RECALL_CLOSING, credentials=credentials, by=by, at=at)              # always needs one
    signing.sign_as_demanded(plan, Meaning.APPROVE, credentials=credentials, by=by, at=at)         # where the rules demand it

Both check the four-eyes rules of `SignaturePolicy`. A wrong password rolls the caller's transaction back; the attempt is recorded
all the same, and after `settings.MES["ACCESS_MAX_FAILURES"]` of them in a row the account is locked until an administrator unlocks it.
`is_demanded(records, meaning)` tells beforehand. `sign` is itself a service: console and API offer it for signatures that go before an act.

**Edges.** Console: give the action a form derived from `mes.core.signing.forms.SigningForm` with `meaning = Meaning.APPROVE`; its fields
vanish where no signature is demanded. API: `signature = SignatureField()` in an input serializer (`mes.core.signing.inputs`), or
`input=SignedInput`. Both hand the service `credentials=`.

**Screens and print.** `signatures_of(record)`, `signatures_by_key(Model, keys)` give every signature with `is_void`: whether the record's
content is another by now. Template: `{% include "core/signatures.html" with signatures=… %}`.
"""

from mes.core.signing.content import (
    Content,
    canonical,
    hash_of,
    kind_of,
    signable,
    signable_of,
    titles,
    told_fields,
)
from mes.core.signing.credentials import Credentials, SigningSession
from mes.core.signing.demands import demanding, is_demanded, is_permission, needs_signature, short_of
from mes.core.signing.identity import (
    AccountLocked,
    ComponentMissing,
    NotAPerson,
    NotByOneself,
    NotLocked,
    UnlockReasonMissing,
    WrongCredentials,
    unlock_account,
)
from mes.core.signing.reading import Shown, shown, signatures_by_key, signatures_of
from mes.core.signing.services import (
    NotEntitled,
    SameAuthor,
    SameSigner,
    SignatureMissing,
    SignaturesMissing,
    SigningReasonMissing,
    sign,
    sign_as_demanded,
)

__all__ = [
    "AccountLocked",
    "ComponentMissing",
    "Content",
    "Credentials",
    "NotAPerson",
    "NotByOneself",
    "NotEntitled",
    "NotLocked",
    "SameAuthor",
    "SameSigner",
    "Shown",
    "SignatureMissing",
    "SignaturesMissing",
    "SigningReasonMissing",
    "SigningSession",
    "UnlockReasonMissing",
    "WrongCredentials",
    "canonical",
    "demanding",
    "hash_of",
    "is_demanded",
    "is_permission",
    "kind_of",
    "needs_signature",
    "short_of",
    "shown",
    "sign",
    "sign_as_demanded",
    "signable",
    "signable_of",
    "signatures_by_key",
    "signatures_of",
    "titles",
    "told_fields",
    "unlock_account",
]
