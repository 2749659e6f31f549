from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "mes.console"
    label = "console"
