from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "mes.core"
    label = "core"

    def ready(self) -> None:
        autodiscover_modules("lookups", "subscribers", "signed", "regulated", "checks")
