"""The customer's tracking page."""

from django.urls import path

from orders.views import track_order, tracked_certificate

urlpatterns = [
    path("track/<str:token>/", track_order, name="track-order"),
    path("track/<str:token>/certificates/<int:pk>/", tracked_certificate, name="tracked-certificate"),
]
