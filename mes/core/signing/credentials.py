"""With what people prove who they are, and for how long a session of signing goes on."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from mes.core.models import User

KEPT = "signing"


@dataclass(frozen=True)
class SigningSession:
    """One continuous period of signing, kept in the server's session of somebody who is signed in.

    The first signature of it takes user name and password, the following ones the password alone (21 CFR 11.200(a)(1)); it ends
    `settings.MES["SIGNING_SESSION_MINUTES"]` after the last signature, and with the session itself.
    """

    store: MutableMapping[str, Any]

    def goes_on(self, user: User, at: datetime) -> bool:
        """Whether this person signed in it and it has not ended."""
        kept = self.store.get(KEPT)
        if not kept or kept["user"] != user.pk:
            return False
        since = at - datetime.fromisoformat(kept["at"])
        return timedelta() <= since <= timedelta(minutes=settings.MES["SIGNING_SESSION_MINUTES"])

    def signed(self, user: User, at: datetime) -> None:
        self.store[KEPT] = {"user": user.pk, "at": at.isoformat()}


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What somebody gives to sign. The password shows in no log and is stored nowhere.

    :param username: may be empty while `session` goes on.
    :param reason: why, where the signer wants or has to say so.
    :param session: None where there is none to go on, as on the API: each signature then takes both.
    """

    username: str = ""
    password: str = field(repr=False)
    reason: str = ""
    session: SigningSession | None = field(default=None, repr=False)
