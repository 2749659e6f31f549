"""WSGI entry point, served by gunicorn."""

import importlib
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mes.settings")

application = get_wsgi_application()
# Pages are loaded here, once before workers are forked, rather than by each of them while its first visitor waits.
importlib.import_module(settings.ROOT_URLCONF)
# And so is what tries out changes of the plan.
importlib.import_module("production.scheduling.warm").load()
