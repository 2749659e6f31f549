"""The night shift: one Celery application, tasks found in every app's `tasks.py`."""

import importlib
import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mes.settings")

app = Celery("mes")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def load_the_scheduler(**_: Any) -> None:
    """Once before workers are forked, rather than by each of them while somebody waits for its first repair.

    By name: nothing but a worker needs it that early.
    """
    importlib.import_module("production.scheduling.warm").load()
