"""People who can sign, and what they sign with."""

from typing import Any

from mes.core.models import User
from mes.core.signing import Credentials
from tests.plant import make_user

PASSWORD = "a-word-to-sign-with"


def a_signer(**fields: Any) -> User:
    """Somebody with a password of his own."""
    return make_user(password=PASSWORD, **fields)


def signing_as(user: User, **given: Any) -> Credentials:
    """The user's own name and password, unless `given` says otherwise."""
    return Credentials(**{"username": user.username, "password": PASSWORD} | given)
