"""The portfolio: which of all items that are kept in stock need somebody, how full the warehouses get, what all of it ties up."""

from typing import Any, Final
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from forecasting.models import ForecastRun
from forecasting.portfolio import MONTHS_OF_COVER, ORDERS, Portfolio, Wanted, portfolio, totals
from forecasting.progress import step_at, steps_of
from forecasting.room import weeks_ahead
from forecasting.what_if import newest_targets, service_curve_of
from forecasting.workbooks import portfolio_sheet
from inventory.models import Item, Site
from mes.console import runs as health
from mes.console.pages import draw, page
from mes.core.sheets import download

ITEMS_PER_PAGE = 40
VIEW = "forecasting.view_forecast"
MONTHS: Final = (3, 6, 9, 12)
CLASSES: Final = (*"ABC", *"XYZ", *(value + error for value in "ABC" for error in "XYZ"))
# View: what it is called, its order unless another is asked for, and its columns: key of the order, heading, whether a number.
VIEWS: Final[dict[str, tuple[str, str, tuple[tuple[str, str, bool], ...]]]] = {
    "risk": (
        "Risk of stock-out",
        "risk",
        (
            ("risk", "State", False),
            ("item", "Item", False),
            ("stock", "Free stock", False),
            ("chance", "Chance to run out", True),
            ("runs_out", "Runs out", False),
            ("months", "Lasts", True),
            ("capital", "Capital", True),
        ),
    ),
    "stale": (
        "Lies too long",
        "stake",
        (
            ("risk", "State", False),
            ("item", "Item", False),
            ("stock", "Free stock", False),
            ("months", "Lasts", True),
            ("beyond", "Too much", True),
            ("expires", "Gets too old", True),
            ("stake", "At stake", True),
        ),
    ),
    "money": (
        "Capital and room",
        "capital",
        (
            ("risk", "State", False),
            ("item", "Item", False),
            ("stock", "Free stock", False),
            ("capital", "Capital", True),
            ("later", "In 13 weeks", True),
            ("aim", "At target", True),
            ("volume", "Volume", True),
        ),
    ),
    "forecast": (
        "Forecast",
        "added",
        (
            ("risk", "State", False),
            ("item", "Item", False),
            ("stock", "Free stock", False),
            ("added", "People added", True),
            ("bias", "Bias", True),
            ("error", "Error in back-test", True),
            ("chance", "Chance to run out", True),
            ("capital", "Capital", True),
        ),
    ),
}


class Asked:
    """What a request asks for; whatever it is, it is one of what there is."""

    def __init__(self, request: HttpRequest) -> None:
        given = request.GET
        self.view = given.get("view", "") if given.get("view", "") in VIEWS else "risk"
        self.order = given.get("order", "") if given.get("order", "") in ORDERS else VIEWS[self.view][1]
        months = given.get("months", "")
        self.months = int(months) if months in map(str, MONTHS) else MONTHS_OF_COVER
        standing = given.get("class", "")
        self.wanted = Wanted(
            given.get("site", ""),
            given.get("family", ""),
            given.get("term", "").strip(),
            standing if standing in CLASSES else "",
        )

    @property
    def is_narrowed(self) -> bool:
        return self.wanted != Wanted()

    def address(self, **changed: Any) -> str:
        """The query string of what is asked, with some of it changed."""
        given = {
            "view": self.view,
            "order": self.order,
            "months": self.months,
            "site": self.wanted.site,
            "family": self.wanted.family,
            "term": self.wanted.term,
            "class": self.wanted.standing,
        }
        return "?" + urlencode({name: value for name, value in (given | changed).items() if value})

    def found(self) -> Portfolio:
        return portfolio(self.wanted, at=timezone.now(), months=self.months)


@page(VIEW)
def portfolio_page(request: HttpRequest) -> HttpResponse:
    """For the planner on Monday: which items need somebody, by risk or by whatever column is asked for."""
    asked = Asked(request)
    found = asked.found()
    run = ForecastRun.objects.order_by("-started_at", "-pk").first()
    is_running = run is not None and run.status == ForecastRun.Status.RUNNING
    weeks = weeks_ahead(found.holdings, found.ahead) if found.ahead is not None and found.holdings else None
    curve = _curve(found) if asked.view == "money" else None
    rows = Paginator(found.in_order(asked.order), ITEMS_PER_PAGE).get_page(request.GET.get("page"))
    return draw(
        request,
        "forecasting/portfolio.html",
        "Portfolio",
        charts=True,
        holdings=rows,
        totals=totals(found.holdings),
        weeks=weeks,
        weeks_drawn=weeks.as_json() if weeks else None,
        asked=asked,
        views=[(name, told, asked.address(view=name, order="")) for name, (told, _, _) in VIEWS.items()],
        columns=[
            (name, heading, is_number, asked.address(order=name))
            for name, heading, is_number in VIEWS[asked.view][2]
        ],
        before=asked.address(page=rows.previous_page_number()) if rows.has_previous() else "",
        after=asked.address(page=rows.next_page_number()) if rows.has_next() else "",
        export=asked.address(),
        months=MONTHS,
        classes=CLASSES,
        curve=curve,
        now_percent=100 * curve["now"]["service"] if curve else None,
        sites=Site.objects.order_by("code"),
        families=Item.objects.exclude(family="")
        .order_by("family")
        .values_list("family", flat=True)
        .distinct(),
        run=run,
        run_percent=health.progress(run) if run else 0,
        is_running=is_running,
        step=step_at(steps_of(run)) if run and is_running else None,
        may_forecast=request.user.has_perm("forecasting.add_forecastrun"),
    )


def _curve(found: Portfolio) -> dict[str, Any] | None:
    """Service against capital of all wanted items together."""
    return service_curve_of(newest_targets().filter(item__in=[row.item.pk for row in found.holdings]))


@page(VIEW)
def portfolio_file(request: HttpRequest, kind: str) -> HttpResponse:
    """All wanted items with every column, in the order that is asked for."""
    asked = Asked(request)
    rows = asked.found().in_order(asked.order)
    return download("Portfolio", [portfolio_sheet(rows, months=asked.months)], kind)
