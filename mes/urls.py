"""Where everything answers: console at the root, API below `/api/v1/`, tracking for customers."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.routers import DefaultRouter

from forecasting import api as forecasting_api
from inventory import api as inventory_api
from mes.console import urls as console_urls
from mes.console.health import healthz
from mes.core import urls as core_urls
from mes.papers import api as papers_api
from orders import api as orders_api
from orders import urls as orders_urls
from production import api as production_api
from quality import api as quality_api

router = DefaultRouter()
for app_api in (papers_api, inventory_api, quality_api, production_api, orders_api, forecasting_api):
    for prefix, viewset in app_api.VIEWSETS.items():
        router.register(prefix, viewset, basename=prefix)

urlpatterns = [
    path("healthz", healthz, name="health"),
    path("api/v1/", include(router.urls)),
    path("api/v1/", include(core_urls)),
    path("api/schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="schema"),
    path(
        "api/docs/",
        SpectacularRedocView.as_view(permission_classes=[AllowAny], template_name="core/api_docs.html"),
        name="docs",
    ),
    path("api/try/", SpectacularSwaggerView.as_view(permission_classes=[AllowAny]), name="try"),
    path("", include(orders_urls)),
    path("", include(console_urls)),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
]

handler403 = "mes.console.forbidden.forbidden"
handler404 = "mes.console.no_such_page.no_such_page"
