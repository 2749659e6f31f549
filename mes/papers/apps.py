from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "mes.papers"
