"""Console of the ground: people and their roles, facts and their deliveries, signatures and the rules for them."""

from mes.core.admin.facts import FactAdmin, FactDeliveryAdmin
from mes.core.admin.people import GroupAdmin, UserAdmin
from mes.core.admin.signatures import (
    AccessAttemptAdmin,
    AccountLockAdmin,
    SignatureAdmin,
    SignaturePolicyAdmin,
)

__all__ = [
    "AccessAttemptAdmin",
    "AccountLockAdmin",
    "FactAdmin",
    "FactDeliveryAdmin",
    "GroupAdmin",
    "SignatureAdmin",
    "SignaturePolicyAdmin",
    "UserAdmin",
]
