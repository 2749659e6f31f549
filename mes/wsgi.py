"""WSGI entry point, served by gunicorn."""

import importlib
import os

from django.core.wsgi import get_wsgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mes.settings")

application = get_wsgi_application()
# Pages are loaded and addresses made ready here, once before workers are forked, rather than by each of them while its first visitor waits.
reverse("home")
# And so is what tries out changes of the plan.
importlib.import_module("production.scheduling.warm").load()
