"""Pages and buttons of the console that belong to no single app."""

from django.urls import path

from mes.console import actions, concerned, displaced, planning, promise, views, ways_out, why, workload

app_name = "console"

urlpatterns = [
    path("console/board/", views.board, name="board"),
    path("console/board/data/", views.board_data, name="board-data"),
    path("console/orders/<int:order_id>/why/", why.why, name="why"),
    path("console/lines/<int:line_id>/why/", why.why_line, name="why-line"),
    path("console/board/version/", views.board_version, name="board-version"),
    path("console/board/trial/", planning.TryOut.as_view(), name="board-trial"),
    path("console/board/pin/", planning.SetPins.as_view(), name="board-pin"),
    path("console/board/undo/", planning.Undo.as_view(), name="board-undo"),
    path("console/board/what-ifs/", planning.WhatIfs.as_view(), name="board-what-ifs"),
    path("console/board/what-ifs/<int:pk>/change/", planning.ChangeWhatIf.as_view(), name="what-if-change"),
    path(
        "console/board/what-ifs/<int:pk>/publish/", planning.PublishWhatIf.as_view(), name="what-if-publish"
    ),
    path("console/board/what-ifs/<int:pk>/drop/", planning.DropWhatIf.as_view(), name="what-if-drop"),
    path(
        "console/board/what-ifs/<int:pk>/comparison/",
        planning.CompareWhatIf.as_view(),
        name="what-if-comparison",
    ),
    path("console/versions/<int:schedule_id>/customers/", concerned.concerned, name="concerned"),
    path("console/versions/<int:schedule_id>/displaced/", displaced.displaced, name="displaced"),
    path("console/orders/<int:order_id>/ways-out/", ways_out.ways_out, name="ways-out"),
    path("console/orders/<int:order_id>/ways-out/take/", ways_out.take, name="ways-out-take"),
    path("console/orders/<int:order_id>/ways-out/keep/", ways_out.keep, name="ways-out-keep"),
    path("console/do/redate/<int:receipt_id>/", ways_out.redate, name="redate"),
    path("console/promise/", promise.ask, name="promise"),
    path("console/promise/items/", promise.items, name="promise-items"),
    path("console/promise/customers/", promise.customers, name="promise-customers"),
    path("console/promise/hold/", promise.hold, name="promise-hold"),
    path("console/promise/<int:pk>/accept/", promise.accept, name="promise-accept"),
    path("console/promise/<int:pk>/withdraw/", promise.withdraw, name="promise-withdraw"),
    path("console/load/", workload.load, name="load"),
    path("console/load/outlook/", workload.outlook, name="load-outlook"),
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
