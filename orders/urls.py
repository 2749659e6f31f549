"""The customer's tracking page."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
