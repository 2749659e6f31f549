"""Settings, read from the environment.

`DATABASE_URL` and `REDIS_URL` name the servers; where one is unset, an embedded server from a wheel is started
under `MES_DATA`, which makes this a workshop copy. With `DATABASE_URL` set this is production: a `SECRET_KEY` and
`ALLOWED_HOSTS` are then required. `MES_PRODUCTION` overrides that guess.
"""

import contextlib
import importlib
import os
import secrets
import sys
from pathlib import Path

import django_stubs_ext
import environ
import pghistory
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from mes import plant_settings
from mes.console import navigation

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

TESTING = "pytest" in sys.modules
# Tests keep away from the data of the demo: their servers trade durability for speed.
DATA_DIR = Path(env.str("MES_DATA", default=str(BASE_DIR / "var" / ("test" if TESTING else ""))))
SHARED_DIR = Path(env.str("MES_SHARED", default=str(BASE_DIR.parent / "shared")))
PRODUCTION = env.bool("MES_PRODUCTION", default=bool(env.str("DATABASE_URL", default="")))
DEBUG = env.bool("DEBUG", default=False)


def _secret_key() -> str:
    """The key from the environment; a workshop copy makes its own once and keeps it beside its data."""
    key: str = env.str("SECRET_KEY", default="")
    if key:
        return key
    if PRODUCTION:
        raise ImproperlyConfigured(
            "Set SECRET_KEY: production does not start without a secret key of its own."
        )
    kept = DATA_DIR / "secret_key"
    try:
        if not kept.exists():
            DATA_DIR.mkdir(parents=True, exist_ok=True)
            mine = kept.with_suffix(f".{os.getpid()}")
            mine.touch(mode=0o600)
            mine.write_text(secrets.token_urlsafe(50))
            # Of several commands that start at once, the first to link decides.
            with contextlib.suppress(FileExistsError):
                os.link(mine, kept)
            mine.unlink()
        return kept.read_text()
    except OSError as error:
        sys.exit(
            f"Nothing can be kept in {DATA_DIR}: {error.strerror}. Make it writable, or name another folder with MES_DATA."
        )


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "mes.core.frame.FrameConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "pgtrigger",
    "pghistory",
    "mes.core",
    "mes.papers",
    "inventory",
    "quality",
    "production",
    "orders",
    "forecasting",
    "mes.console",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mes.core.history.HistoryMiddleware",
    "mes.core.reader.ReaderMiddleware",
    "mes.console.zone.PlantZoneMiddleware",
]

ROOT_URLCONF = "mes.urls"
# What happened to a row is told by rows that nobody changes.
PGHISTORY_APPEND_ONLY = True
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
# Reads change nothing, so they need no history context, which would cost each of them a look at the user.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
WSGI_APPLICATION = "mes.wsgi.application"
AUTH_USER_MODEL = "core.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- servers -----------------------------------------------------------------------------------------------------

DATABASE_URL, REDIS_URL = env.str("DATABASE_URL", default=""), env.str("REDIS_URL", default="")
if not (DATABASE_URL and REDIS_URL):
    embedded = importlib.import_module("mes.embedded")
    DATABASE_URL = DATABASE_URL or embedded.database_url(DATA_DIR, throwaway=TESTING)
    REDIS_URL = REDIS_URL or embedded.redis_url(DATA_DIR)

DATABASES = {"default": env.db_url_config(DATABASE_URL) | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must name a PostgreSQL database: its triggers and constraints keep our promises."
    )

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if TESTING
    else {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}

CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = REDIS_URL
CELERY_TASK_ALWAYS_EAGER = TESTING
CELERY_TASK_EAGER_PROPAGATES = TESTING
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# Some twenty jobs are sent in a minute. When they were is written down after so many, not every three minutes, which
# would make those of every few seconds look late.
CELERY_BEAT_SYNC_EVERY = 6
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    # `record` wakes a dispatcher after each commit; this sweep is for retries and for wake-up calls that got lost.
    "deliver facts": {"task": "mes.core.tasks.deliver_facts", "schedule": 5.0, "options": {"expires": 5}},
    "prune facts": {"task": "mes.core.tasks.prune_facts", "schedule": crontab(hour=3, minute=40)},
    # Two runs seal a row: one marks it, the next finds it settled.
    "seal records": {"task": "mes.core.tasks.seal", "schedule": 300.0, "options": {"expires": 300}},
    "verify records": {"task": "mes.core.tasks.verify", "schedule": crontab(hour=4, minute=20)},
    # Looks whether the plan still stands; whatever happened between two looks makes one new plan.
    "replan": {"task": "production.tasks.replan", "schedule": 20.0, "options": {"expires": 20}},
    # Running operations are looked at every so many minutes, as their inspection plans say.
    "open due samples": {
        "task": "production.tasks.open_due_samples",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    # Whatever their status is called, work instructions are in force from their moment on.
    "supersede instructions": {
        "task": "production.tasks.supersede_instructions",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    # What offers kept binds nobody once they expire; this frees it for all to see.
    "expire offers": {"task": "orders.tasks.expire_offers", "schedule": 60.0, "options": {"expires": 60}},
    # At night from the day's complete demand; by day proposals alone follow stock and orders.
    "plan stock": {"task": "forecasting.tasks.plan_stock_nightly", "schedule": crontab(hour=2, minute=10)},
    # A worker that is killed leaves its shard; this hands it to another.
    "watch forecast runs": {
        "task": "forecasting.tasks.watch_runs",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "renew proposals": {"task": "forecasting.tasks.replenish", "schedule": crontab(hour="6-20/2", minute=25)},
    # After the night's run: what it replaced, and numbers of runs long past.
    "prune planning": {"task": "forecasting.tasks.prune", "schedule": crontab(hour=5, minute=10)},
    "firm by rules": {
        "task": "forecasting.tasks.firm_by_rules",
        "schedule": crontab(hour="6-20/2", minute=45),
    },
}

# --- people and pages --------------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["mes.core.signing_in.CountingBackend"]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("HTTPS", default=PRODUCTION)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0)

LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = "mes.core.formats"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
if PRODUCTION and not DEBUG:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

UNFOLD = navigation.UNFOLD

# --- interfaces --------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["mes.core.permissions.ModelPermissions"],
    "DEFAULT_PAGINATION_CLASS": "mes.core.pagination.Pagination",
    "DEFAULT_FILTER_BACKENDS": [
        "mes.core.listing.Filtering",
        "mes.core.listing.Search",
        "mes.core.listing.Ordering",
    ],
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("THROTTLE_ANON", default="60/min"),
        "user": env.str("THROTTLE_USER", default="1200/min"),
        "login": env.str("THROTTLE_LOGIN", default="10/min"),
    },
    # How many proxies of ours stand in front: with 0 nobody evades a throttle by making up `X-Forwarded-For`.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "DEFAULT_PARSER_CLASSES": [
        "mes.core.parsing.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "mes.core.problems.problem_handler",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MES API",
    "DESCRIPTION": "Everything a planner can do, an integrator can do, by the same services.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    # Nothing is asked of other servers: no fonts, and no judge of the schema.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "REDOC_UI_SETTINGS": {
        "theme": {
            "typography": {
                "fontFamily": "system-ui, sans-serif",
                "headings": {"fontFamily": "system-ui, sans-serif"},
            }
        }
    },
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Many tables have a status or a kind; each set of words has one name in the schema.
    "ENUM_NAME_OVERRIDES": {
        "DeliveryStatus": "mes.core.models.FactDelivery.Status",
        "PaperKind": "mes.papers.models.Paper.Kind",
        "SignatureMeaning": "mes.core.models.Meaning",
        "ItemKind": "inventory.models.Item.Kind",
        "DemandEventKind": "forecasting.models.DemandEvent.Kind",
        "DemandEventStatus": "forecasting.models.DemandEvent.Status",
        "PeggedKind": "forecasting.pegged.KINDS",
        "PeggedSourceKind": "forecasting.pegged.SOURCES",
        "ForecastAlertKind": "forecasting.models.ForecastAlert.Kind",
        "ForecastAlertStatus": "forecasting.models.ForecastAlert.Status",
        "FamilyLevel": "forecasting.models.FamilyForecast.Level",
        "LocationKind": "inventory.models.Location.Kind",
        "LotStatus": "inventory.models.Lot.Status",
        "MoveKind": "inventory.models.Move.Kind",
        "ReservationStatus": "inventory.models.Reservation.Status",
        "ExpectedReceiptStatus": "inventory.models.ExpectedReceipt.Status",
        "SamplingKind": "quality.models.SamplingScheme.Kind",
        "InspectionLevel": "quality.models.SamplingScheme.Level",
        "SamplingCounts": "quality.models.SamplingScheme.Counts",
        "SamplingBy": "quality.models.SamplingScheme.Source",
        "Stage": "quality.models.Stage",
        "PlanStatus": "quality.models.InspectionPlan.Status",
        "CharacteristicKind": "quality.models.Characteristic.Kind",
        "ChartKind": "quality.models.ControlChart.Kind",
        "ChartStatus": "quality.models.ControlChart.Status",
        "GaugeStatus": "quality.models.Gauge.Status",
        "GaugeReviewStatus": "quality.models.GaugeReview.Status",
        "InspectionStatus": "quality.models.Inspection.Status",
        "CorrectiveActionStatus": "quality.models.CorrectiveAction.Status",
        "CorrectiveActionKind": "quality.models.CorrectiveAction.Kind",
        "AnalysisMethod": "quality.models.CorrectiveAction.Method",
        "CostKind": "quality.models.CostEntry.Kind",
        "CauseCategory": "quality.models.CauseCategory",
        "NonconformanceStatus": "quality.models.Nonconformance.Status",
        "WorkCenterKind": "production.models.WorkCenter.Kind",
        "DowntimeKind": "production.models.Downtime.Kind",
        "Strategy": "inventory.models.Item.Strategy",
        "ProductionStatus": "production.models.ProductionOrder.Status",
        "OperationStatus": "production.models.Operation.Status",
        "Gate": "production.models.Gate",
        "CauseKind": "production.causes.Kind",
        "RequirementKind": "production.models.Specification.Kind",
        "OrderStatus": "orders.models.CustomOrder.Status",
        "AmendmentStatus": "orders.models.Amendment.Status",
        "EvidenceKind": "orders.models.Evidence.Kind",
        "OfferStatus": "orders.models.Offer.Status",
        "RecallStatus": "quality.models.Recall.Status",
        "RecallNoticeStatus": "orders.models.RecallNotice.Status",
        "OrderLineState": "orders.models.State",
        "ForecastRunStatus": "forecasting.models.ForecastRun.Status",
        "ForecastShardStatus": "forecasting.models.ForecastShard.Status",
        "ExceptionMessageStatus": "forecasting.models.ExceptionMessage.Status",
        "ReplenishmentStatus": "forecasting.models.Replenishment.Status",
    },
}

# --- the plant's own settings ------------------------------------------------------------------------------------

MES = plant_settings.read(env, is_testing=TESTING)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {"mes": {"level": env.str("LOG_LEVEL", default="INFO")}},
}
