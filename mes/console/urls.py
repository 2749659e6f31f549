"""Pages and buttons of the console that belong to no single app."""

from django.urls import path

from mes.console import actions, views, why

app_name = "console"

urlpatterns = [
    path("console/board/", views.board, name="board"),
    path("console/board/data/", views.board_data, name="board-data"),
    path("console/orders/<int:order_id>/why/", why.why, name="why"),
    path("console/lines/<int:line_id>/why/", why.why_line, name="why-line"),
    path("console/board/version/", views.board_version, name="board-version"),
    path("console/lots/<int:lot_id>/genealogy/", views.genealogy, name="genealogy"),
    path("console/items/<int:item_id>/", views.item, name="item"),
    path("console/items/<int:item_id>/projection/", views.item_projection, name="item-projection"),
    path("console/portfolio/", views.portfolio, name="portfolio"),
    path("console/runs/", views.runs, name="runs"),
    path("console/do/firm/<int:pk>/", actions.firm, name="firm"),
    path("console/do/dismiss/<int:pk>/", actions.dismiss, name="dismiss"),
    path("console/do/cover/<int:pk>/", actions.cover, name="cover"),
    path("console/do/release/<int:pk>/", actions.release, name="release"),
    path("console/do/end-downtime/<int:pk>/", actions.end_downtime, name="end-downtime"),
    path("console/do/reschedule/", actions.reschedule, name="reschedule"),
    path("console/do/forecast/", actions.forecast, name="forecast"),
    path("console/do/retry-parked/", actions.retry, name="retry-parked"),
]
