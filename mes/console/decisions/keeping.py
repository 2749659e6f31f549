"""What keeps the house in order: accounts that were locked, records that do not stand up."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from mes.console.decisions.decision import Action, Decision
from mes.core.models import AccountLock, Verification


def locked_accounts() -> Iterator[Decision]:
    for account in AccountLock.objects.locked().select_related("user").order_by("-locked_at", "pk"):
        url = reverse("admin:core_accountlock_change", args=[account.pk])
        attempts = f"{reverse('admin:core_accessattempt_changelist')}?user__id__exact={account.user_id}"
        yield Decision(
            level="late",
            status="Locked",
            what=f"The account {account.user.username} ({account.user}) is locked",
            why=f"{account.failures} wrong passwords in a row, the last on {timezone.localtime(account.locked_at):%d %b at %H:%M %Z}. "
            "Find out who tried before it is unlocked.",
            url=url,
            cost=80,
            actions=(
                Action("Unlock", url, is_main=True, permission="core.unlock_account"),
                Action("Who tried", attempts, permission="core.view_accessattempt"),
            ),
        )


def unsound_records() -> Iterator[Decision]:
    """What the newest verification found, until one finds nothing."""
    newest = Verification.objects.newest()
    if newest is None or newest.is_sound:
        return
    runs = reverse("console:runs")
    count = len(newest.faults)
    yield Decision(
        level="late",
        status="Tampered",
        what=f"{count} record{'s do' if count != 1 else ' does'} not stand up to {'their' if count != 1 else 'its'} seals",
        why=str(newest.faults[0]["sentence"]),
        url=runs,
        cost=95,
        actions=(Action("See which", runs, is_main=True),),
    )
