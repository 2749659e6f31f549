"""Tables of the ground: people, facts and their deliveries, signatures and who may give them."""

from mes.core.models.facts import Fact, FactDelivery
from mes.core.models.files import FileContent, StoredFile
from mes.core.models.people import User
from mes.core.models.seals import Forgetting, Seal, SealMark, Verification
from mes.core.models.signatures import AccessAttempt, AccountLock, Meaning, Signature, SignaturePolicy

__all__ = [
    "AccessAttempt",
    "AccountLock",
    "Fact",
    "FactDelivery",
    "FileContent",
    "Forgetting",
    "Meaning",
    "Seal",
    "SealMark",
    "Signature",
    "SignaturePolicy",
    "StoredFile",
    "User",
    "Verification",
]
