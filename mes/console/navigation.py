"""The console's frame: colours, the sidebar, search, and the home page's callback (django-unfold's settings)."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy


def _page(title: str, icon: str, link: str, permission: str) -> dict[str, Any]:
    """One entry of the sidebar, shown to whoever may view what it leads to."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(link),
        "permission": lambda request: request.user.has_perm(permission),
    }


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "MES",
    "SITE_HEADER": "Manufacturing execution",
    "SITE_SYMBOL": "precision_manufacturing",
    "SITE_URL": reverse_lazy("admin:index"),
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: static("console/console.css")],
    "SCRIPTS": [lambda request: static("console/console.js")],
    "COMMAND": {"search_models": False, "show_history": True},
    "COLORS": {
        "primary": {
            "50": "oklch(98% .014 195)",
            "100": "oklch(95% .03 195)",
            "200": "oklch(90% .055 195)",
            "300": "oklch(83% .085 195)",
            "400": "oklch(72% .1 195)",
            "500": "oklch(60% .1 200)",
            "600": "oklch(50% .085 205)",
            "700": "oklch(43% .075 208)",
            "800": "oklch(36% .06 210)",
            "900": "oklch(30% .05 212)",
            "950": "oklch(22% .04 215)",
        },
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": True},
}
LATER = {
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": [
            {
                "items": [
                    _page("Today", "wb_sunny", "admin:index", "production.view_operation"),
                    _page("Board", "view_timeline", "console:board", "production.view_slot"),
                ],
            },
            {
                "title": "Orders",
                "separator": True,
                "items": [
                    _page("Orders", "assignment", "admin:orders_customorder_changelist", "orders.view_customorder"),
                    _page("Order lines", "format_list_numbered", "admin:orders_orderline_changelist", "orders.view_orderline"),
                    _page("Shipments", "local_shipping", "admin:orders_shipment_changelist", "orders.view_shipment"),
                    _page("Customers", "groups", "admin:orders_customer_changelist", "orders.view_customer"),
                ],
            },
            {
                "title": "Stock and demand",
                "separator": True,
                "items": [
                    _page(
                        "Proposals",
                        "lightbulb",
                        "admin:forecasting_replenishment_changelist",
                        "forecasting.view_replenishment",
                    ),
                    _page("Portfolio", "monitoring", "console:portfolio", "forecasting.view_forecast"),
                    _page("Items", "category", "admin:inventory_item_changelist", "inventory.view_item"),
                    _page("Lots", "inventory_2", "admin:inventory_lot_changelist", "inventory.view_lot"),
                    _page("Locations", "warehouse", "admin:inventory_location_changelist", "inventory.view_location"),
                    _page("Moves", "swap_horiz", "admin:inventory_move_changelist", "inventory.view_move"),
                    _page(
                        "Purchases",
                        "shopping_cart",
                        "admin:inventory_expectedreceipt_changelist",
                        "inventory.view_expectedreceipt",
                    ),
                ],
            },
            {
                "title": "Production",
                "separator": True,
                "items": [
                    _page("Operations", "play_circle", "admin:production_operation_changelist", "production.view_operation"),
                    _page("Batches", "deployed_code", "admin:production_batch_changelist", "production.view_batch"),
                    _page(
                        "Production orders",
                        "factory",
                        "admin:production_productionorder_changelist",
                        "production.view_productionorder",
                    ),
                    _page("Process plans", "account_tree", "admin:production_processplan_changelist", "production.view_processplan"),
                    _page("Machines", "precision_manufacturing", "admin:production_machine_changelist", "production.view_machine"),
                    _page("Plan versions", "history", "admin:production_schedule_changelist", "production.view_schedule"),
                ],
            },
            {
                "title": "Quality",
                "separator": True,
                "items": [
                    _page("Inspections", "fact_check", "admin:quality_inspection_changelist", "quality.view_inspection"),
                    _page(
                        "Nonconformances",
                        "report",
                        "admin:quality_nonconformance_changelist",
                        "quality.view_nonconformance",
                    ),
                    _page("Inspection plans", "checklist", "admin:quality_inspectionplan_changelist", "quality.view_inspectionplan"),
                ],
            },
            {
                "title": "House",
                "separator": True,
                "items": [
                    _page("Runs and health", "monitor_heart", "console:runs", "core.view_factdelivery"),
                    _page("People", "person", "admin:core_user_changelist", "core.view_user"),
                    _page("Facts", "receipt_long", "admin:core_fact_changelist", "core.view_fact"),
                ],
            },
        ],
    },
}
