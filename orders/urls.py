"""The customer's tracking page."""

from django.urls import path

from orders.views import track_order

urlpatterns = [path("track/<str:token>/", track_order, name="track-order")]
