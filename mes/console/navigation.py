"""The console's frame: colours, the sidebar, search, and the home page's callback (django-unfold's settings)."""

from functools import cache
from typing import Any

from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.functional import lazy


@cache
def _address_below(prefix: str, name: str) -> str:
    """:param prefix: the path below which this process serves, as a request says."""
    return reverse(name)


def _address(name: str) -> str:
    """An entry's address: asked for some times on every page, and always the same."""
    return _address_below(get_script_prefix(), name)


_address_of = lazy(_address, str)


def _page(title: str, icon: str, link: str, permission: str) -> dict[str, Any]:
    """One entry of the sidebar, shown to whoever may view what it leads to."""
    return {
        "title": title,
        "icon": icon,
        "link": _address_of(link),
        "permission": lambda request: request.user.has_perm(permission),
    }


def _rows(title: str, icon: str, model: str) -> dict[str, Any]:
    """The entry of a model's list; `model` as `app.model`."""
    app, name = model.split(".")
    return _page(title, icon, f"admin:{app}_{name}_changelist", f"{app}.view_{name}")


def _group(title: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(items)}


SIDEBAR = [
    {
        "items": [
            _page("Today", "wb_sunny", "admin:index", "production.view_operation"),
            _page("At the machine", "touch_app", "console:machines", "production.change_operation"),
            _page("Board", "view_timeline", "console:board", "production.view_slot"),
            _page("Promise", "event_available", "console:promise", "orders.view_offer"),
            _page("Load", "bar_chart", "console:load", "production.view_slot"),
            _page("Portfolio", "monitoring", "console:portfolio", "forecasting.view_forecast"),
        ],
    },
    _group(
        "Orders",
        _rows("Orders", "assignment", "orders.customorder"),
        _rows("Order lines", "format_list_numbered", "orders.orderline"),
        _rows("Shipments", "local_shipping", "orders.shipment"),
        _rows("Customers", "groups", "orders.customer"),
    ),
    _group(
        "Demand",
        _page("Overrides", "edit_note", "console:overrides", "forecasting.view_override"),
        _rows("Forecasts by family", "stacked_line_chart", "forecasting.familyforecast"),
        _rows("Numbers for families", "calculate", "forecasting.familyoverride"),
        _rows("Forecast alerts", "crisis_alert", "forecasting.forecastalert"),
        _rows("Forecast accuracy", "query_stats", "forecasting.forecastaccuracy"),
        _rows("Demand events", "event_note", "forecasting.demandevent"),
        _rows("Consensus", "handshake", "forecasting.consensus"),
        _rows("Frozen forecasts", "ac_unit", "forecasting.freeze"),
        _rows("Demand history", "timeline", "forecasting.demandhistory"),
        _rows("Demand imports", "upload_file", "forecasting.demandimport"),
    ),
    _group(
        "Stock",
        _rows("Proposals", "lightbulb", "forecasting.replenishment"),
        _page("Scale up", "trending_up", "console:scale-up", "forecasting.view_replenishment"),
        _rows("Exception messages", "notification_important", "forecasting.exceptionmessage"),
        _rows("Items", "category", "inventory.item"),
        _rows("Lots", "inventory_2", "inventory.lot"),
        _rows("Locations", "warehouse", "inventory.location"),
        _rows("Moves", "swap_horiz", "inventory.move"),
        _rows("Balances", "shelves", "inventory.balance"),
        _rows("Stock counts", "calculate", "inventory.stockcount"),
        _rows("Purchases", "shopping_cart", "inventory.expectedreceipt"),
        _rows("Suppliers", "handshake", "inventory.supplier"),
        _rows("Stock targets", "my_location", "forecasting.stocktarget"),
        _rows("Stock policies", "balance", "forecasting.stockpolicy"),
        _rows("Lot rules", "stacks", "forecasting.lotrule"),
        _rows("Firming rules", "rule", "forecasting.firmingrule"),
        _rows("Netting rules", "tune", "forecasting.nettingrules"),
    ),
    _group(
        "Production",
        _rows("Operations", "play_circle", "production.operation"),
        _rows("Batches", "deployed_code", "production.batch"),
        _rows("Production orders", "factory", "production.productionorder"),
        _rows("Process plans", "account_tree", "production.processplan"),
        _rows("Instructions", "menu_book", "production.instruction"),
        _rows("Work centers", "domain", "production.workcenter"),
        _rows("Machines", "precision_manufacturing", "production.machine"),
        _rows("Downtimes", "build_circle", "production.downtime"),
        _rows("Cleanings", "cleaning_services", "production.cleaning"),
        _rows("Tools", "construction", "production.tool"),
        _rows("Operators", "badge", "production.operator"),
        _rows("Plan versions", "history", "production.schedule"),
        _rows("What-if plans", "alt_route", "production.whatif"),
        _rows("Overtime", "more_time", "production.overtime"),
        _rows("Scheduling rules", "tune", "production.schedulingrules"),
    ),
    _group(
        "Quality",
        _page("Quality desk", "biotech", "console:quality", "quality.view_inspection"),
        _rows("Inspections", "fact_check", "quality.inspection"),
        _rows("Nonconformances", "report", "quality.nonconformance"),
        _page("Control charts", "ssid_chart", "console:charts", "quality.view_controlchart"),
        _page("Gauges", "straighten", "console:gauges", "quality.view_gauge"),
        _page("Recalls", "campaign", "console:recalls", "quality.view_recall"),
        _rows("Corrective actions", "add_task", "quality.correctiveaction"),
        _page("Losses", "leaderboard", "console:losses", "quality.view_nonconformance"),
        _rows("Inspection plans", "checklist", "quality.inspectionplan"),
        _rows("Sampling schemes", "grid_view", "quality.samplingscheme"),
        _rows("Sampling sources", "tune", "quality.samplingsource"),
    ),
    _group("Papers", _rows("Papers", "description", "papers.paper")),
    _group(
        "Records",
        _page("Audit trail", "manage_search", "console:trail", "core.read_trail"),
        _rows("Signatures", "draw", "core.signature"),
        _rows("Signature rules", "policy", "core.signaturepolicy"),
        _rows("Account locks", "lock", "core.accountlock"),
        _rows("Access attempts", "key", "core.accessattempt"),
    ),
    _group(
        "House",
        _page("Runs and health", "monitor_heart", "console:runs", "production.view_schedule"),
        _rows("Users", "person", "core.user"),
        _rows("Sites", "home_work", "inventory.site"),
        _page("Access rights", "admin_panel_settings", "console:access-rights", "core.view_user"),
        _rows("Facts", "receipt_long", "core.fact"),
        _rows("Periodic tasks", "schedule", "django_celery_beat.periodictask"),
    ),
]

UNFOLD: dict[str, Any] = {
    "LOGIN": {"form": "mes.core.forms.SignInForm"},
    "SITE_TITLE": "MES",
    "SITE_HEADER": "Manufacturing execution",
    "SITE_SYMBOL": "precision_manufacturing",
    "SITE_URL": _address_of("admin:index"),
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("console/favicon.svg"),
        }
    ],
    "STYLES": [lambda request: static("console/console.css")],
    "SCRIPTS": [
        lambda request: static("console/console.js"),
        lambda request: static("console/faults.js"),
    ],
    "DASHBOARD_CALLBACK": "mes.console.home.dashboard",
    "COMMAND": {
        "search_models": False,
        "search_callback": "mes.console.search.search",
        "show_history": True,
    },
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": SIDEBAR},
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
}
