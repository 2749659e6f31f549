"""Signing in: every attempt on an account is kept, and guessing locks it (21 CFR 11.10(d), 11.300(d))."""

from functools import partial
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.utils import timezone

from mes.core.models import AccessAttempt, User
from mes.core.signing.identity import Tried, attempt

TRIED = Tried(purpose=AccessAttempt.Purpose.SIGN_IN)


class CountingBackend(ModelBackend):
    """As Django's own, but each attempt is counted before it is answered; a locked account is answered like a wrong password."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        name = username if username is not None else kwargs.get(User.USERNAME_FIELD)
        if name is None or password is None:
            return None
        person = User.objects.filter(username=name).first()
        if person is None:
            AccessAttempt.objects.create(
                purpose=TRIED.purpose,
                outcome=AccessAttempt.Outcome.WRONG,
                username=str(name)[:150],
                at=timezone.now(),
            )
            # Takes as long as checking a password, and finds nobody.
            super().authenticate(request, username=name, password=password)
            return None
        check = partial(self._is, person, password)
        outcome, _ = attempt(person, str(name), check, tried=TRIED, at=timezone.now())
        return person if outcome == AccessAttempt.Outcome.PROVEN else None

    def _is(self, person: User, password: str) -> bool:
        return bool(person.check_password(password) and self.user_can_authenticate(person))
