"""How good forecasts were month by month: a part of the portfolio and of an item's page, and a file to keep."""

from dataclasses import asdict
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from forecasting.comparing import HORIZONS
from forecasting.models import MonthlyAccuracy
from forecasting.track_record import MONTHS_HELD_TOGETHER, Course, Errors, TrackRecord, track_record
from forecasting.workbooks import track_record_sheets
from inventory.models import Item
from mes.console.pages import page
from mes.console.portfolio import VIEW, Asked
from mes.core.models import User
from mes.core.sheets import download

HORIZON_WORDS: Final = {
    first: f"week {first}" if first == last else f"weeks {first} to {last}" for first, last in HORIZONS
}


class Chosen:
    """Of whom and of what a request wants to know: of an item, or of what the portfolio shows; whatever it asks, it is one of what there is."""

    def __init__(self, request: HttpRequest) -> None:
        given = request.GET
        self.asked = Asked(request)
        self.item = _number(given.get("item", ""))
        ahead = _number(given.get("ahead", ""))
        self.ahead = ahead if ahead in HORIZON_WORDS else HORIZONS[0][0]
        owner = _number(given.get("owner", ""))
        self.owner = owner if owner and User.objects.filter(pk=owner).exists() else None

    @property
    def items(self) -> Any:
        return Item.objects.filter(pk=self.item) if self.item else self.asked.wanted.items()

    def found(self) -> TrackRecord:
        return track_record(self.items, first_week=self.ahead, owner=self.owner)

    @property
    def address(self) -> str:
        """The query string of what is chosen."""
        return self.asked.address(
            view="", order="", months="", item=self.item, ahead=self.ahead, owner=self.owner
        )


@page(VIEW)
def track_record_part(request: HttpRequest) -> HttpResponse:
    """For the planner who asks whether it gets better: errors by month, and the newest months against those before by family and person."""
    chosen = Chosen(request)
    found = chosen.found()
    return render(
        request,
        "forecasting/_track_record.html",
        {
            "found": found,
            "chosen": chosen,
            "horizons": HORIZON_WORDS.items(),
            "months_held": MONTHS_HELD_TOGETHER,
            "people": sorted(found.people.items(), key=lambda one: one[1]),
            "whole": _told(found.whole) if found.whole else None,
            "families": [_told(course) for course in found.families if chosen.item is None and _says(course)],
            "owners": [_told(course) for course in found.owners],
            "rows": [(month.first_date, _percent(month.errors)) for month in found.months[::-1]],
            "drawn": {
                "months": [month.first_date.isoformat() for month in found.months],
                "series": {
                    name: [_share(getattr(month.errors, name)) for month in found.months]
                    for name in ("naive", "statistical", "override", "consensus", "final", "final_bias")
                },
            },
            "export": chosen.address,
        },
    )


@page(VIEW)
def track_record_file(request: HttpRequest, kind: str) -> HttpResponse:
    """The months of what is chosen, and with XLSX the rows of every item behind them."""
    chosen = Chosen(request)
    found = chosen.found()
    rows = MonthlyAccuracy.objects.none()
    if kind == "xlsx":
        rows = MonthlyAccuracy.objects.filter(item__in=chosen.items).ahead(chosen.ahead)
    return download("Forecast accuracy by month", track_record_sheets(found, rows), kind)


def _says(course: Course) -> bool:
    """Whether anything was asked for lately or before."""
    return any(part is not None and part.final is not None for part in (course.lately, course.before))


def _told(course: Course) -> dict[str, Any]:
    return {
        "name": course.name,
        "who": course.who,
        "before": _percent(course.before) if course.before else None,
        "lately": _percent(course.lately) if course.lately else None,
        "better_by": None if course.better_by is None else 100 * course.better_by,
    }


def _percent(errors: Errors) -> dict[str, Any]:
    """Shares in per cent of demand."""
    shares = {
        name: None if value is None else 100 * value
        for name, value in asdict(errors).items()
        if name not in {"weeks", "items"}
    }
    return shares | {"weeks": errors.weeks, "items": errors.items}


def _share(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 2)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
