"""A database of the benches' own: importing this module sets Django up on it, unless the process has a database already.

The embedded servers keep it in `var/bench`, or in the folder that `MES_DATA` names; the demo's data is never touched.
Import it before anything that needs Django's models.
"""

import os
from pathlib import Path

import django
from django.apps import apps
from django.core.management import call_command

FOLDER = Path(__file__).resolve().parent.parent / "var" / "bench"

if not apps.ready:
    os.environ.setdefault("MES_DATA", str(FOLDER))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mes.settings")
    django.setup()


def make_empty() -> None:
    """Make the tables if they are missing, and empty them."""
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
