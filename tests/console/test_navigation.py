"""The sidebar: there is no other index of the console, so a list that nothing leads to does not exist for its reader."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from unfold.sites import UnfoldAdminSite

from mes.console.navigation import SIDEBAR

FOUND_ELSEWHERE = {
    # On a page of the console that says more than the list.
    "forecasting.contribution",
    "forecasting.forecastrun",
    "forecasting.itemforecast",
    "forecasting.override",
    "core.factdelivery",
    "orders.offer",
    "quality.controlchart",
    "quality.gauge",
    "quality.gaugereview",
    "quality.gaugestudy",
    # On the page of the record that they belong to.
    "auth.group",
    "inventory.reservation",
    "inventory.transformation",
    "orders.amendment",
    "orders.requirement",
    "production.gateoverride",
    "production.instructionversion",
    "production.timeentry",
    "quality.measurement",
    # Of the machinery: tokens, and the kinds of hours that a periodic task chooses from.
    "django_celery_beat.clockedschedule",
    "django_celery_beat.crontabschedule",
    "django_celery_beat.intervalschedule",
    "django_celery_beat.solarschedule",
    "knox.authtoken",
}


def test_every_list_is_in_the_sidebar_or_named_as_found_elsewhere() -> None:
    linked = {str(item["link"]) for group in SIDEBAR for item in group["items"]}
    hidden = {
        model._meta.label_lower
        for model in admin.site._registry
        if reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") not in linked
    }
    assert hidden == FOUND_ELSEWHERE


def test_a_list_is_called_on_its_page_what_it_is_called_in_the_menu() -> None:
    titles = {str(item["link"]): item["title"] for group in SIDEBAR for item in group["items"]}
    named = {
        model._meta.label: (
            titles.get(reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")),
            str(model._meta.verbose_name_plural).capitalize(),
        )
        for model in admin.site._registry
    }
    assert {label: both for label, both in named.items() if both[0] not in {None, both[1]}} == {}


@pytest.mark.django_db
def test_only_a_page_that_shows_all_models_has_them_looked_up(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    found = UnfoldAdminSite.get_app_list

    def counted(site: UnfoldAdminSite, *given: Any) -> Any:
        asked.append(given)
        return found(site, *given)

    monkeypatch.setattr(UnfoldAdminSite, "get_app_list", counted)

    assert boss.get(reverse("admin:inventory_item_changelist")).status_code == 200
    assert boss.get(reverse("admin:index")).status_code == 200
    assert asked == []
    shown = boss.get(reverse("admin:app_list", args=["inventory"])).content.decode()
    assert reverse("admin:inventory_lot_changelist") in shown
    assert asked
    assert boss.get("/admin/nothing_of_ours/").status_code == 404
