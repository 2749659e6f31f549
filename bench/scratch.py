"""A database of the benches' own: importing this module sets Django up on it, unless the process has a database already.

The embedded servers keep it in `var/bench`, or in the folder that `MES_DATA` names. A database that holds what no bench made, such as
the demo's or a plant's, is never emptied. Import it before anything that needs Django's models.
"""

import os
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection

FOLDER = Path(__file__).resolve().parent.parent / "var" / "bench"
MARK = "Emptied by every bench"

if not apps.ready:
    os.environ.setdefault("MES_DATA", str(FOLDER))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mes.settings")
    django.setup()


def make_empty() -> None:
    """Make the tables if they are missing, and empty them.

    :raises SystemExit: when the database holds what no bench made; nothing is touched then.
    """
    if not _is_ours():
        raise SystemExit(
            f"The database {connection.settings_dict['NAME']} holds data that no bench made: nothing was emptied. Run the bench without "
            "MES_DATA and DATABASE_URL, or name a folder or database there that holds nothing."
        )
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE {connection.ops.quote_name(_name())} IS %s", [MARK])


def _is_ours() -> bool:
    """Whether this is the benches' own folder, a bench emptied it before, or nobody was ever registered in it."""
    own_folder = not settings.PRODUCTION and Path(settings.DATA_DIR) == FOLDER
    if own_folder or _mark() == MARK:
        return True
    user = get_user_model()
    tables = connection.introspection.table_names()
    return user._meta.db_table not in tables or not user._default_manager.exists()


def _mark() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        (mark,) = cursor.fetchone()
    return str(mark) if mark is not None else None


def _name() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (name,) = cursor.fetchone()
    return str(name)
