"""The accounts in whose name a plant is loaded and played; nobody can sign in with them."""

from mes.core.models import User


def ensure_actor(username: str, name: str) -> User:
    """An account of this name, made without a password when there is none; safe to repeat."""
    first, _, last = name.partition(" ")
    user, fresh = User.objects.get_or_create(
        username=username, defaults={"first_name": first, "last_name": last, "is_staff": False}
    )
    if fresh:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def loader() -> User:
    """In whose name `load_plant` writes."""
    return ensure_actor("plant-loader", "Plant loader")
