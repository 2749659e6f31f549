"""The console speaks in the plant's own time: on its pages, and in what people type there. The API speaks UTC."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from inventory.models import Site
from mes.core.models import User
from production.models import Operator

PAGES = ("/admin/", "/console/")


class PlantZoneMiddleware:
    """Answers the console's requests in the zone of whoever asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PAGES) or not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(OwnZone(request.user)):
            return self.get_response(request)


class OwnZone(tzinfo):
    """The zone of somebody, looked up as soon as a time is told or typed, and not for what tells none."""

    def __init__(self, user: User | AnonymousUser) -> None:
        self.user = user

    @cached_property
    def zone(self) -> tzinfo:
        return zone_for(self.user)

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self.zone.utcoffset(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self.zone.dst(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        return self.zone.tzname(moment)

    def fromutc(self, moment: datetime) -> datetime:
        return self.zone.fromutc(moment.replace(tzinfo=self.zone))

    def __str__(self) -> str:
        return str(self.zone)


def zone_for(user: User | AnonymousUser) -> tzinfo:
    """The zone in which all sites lie; of several that of the user's own site, and UTC for somebody who has none."""
    zones = list(Site.objects.order_by().values_list("time_zone", flat=True).distinct()[:2])
    if len(zones) > 1:
        own = Operator.objects.filter(user=user.pk).values_list("site__time_zone", flat=True).first()
        zones = [own] if own else []
    return ZoneInfo(zones[0]) if zones else UTC
