"""The planner's board at full size in a real browser: `python -m bench.board --operations 10000`.

A plant is built in the benches' own database and scheduled. Then it is measured what the server takes for the board's data (seconds,
queries, bytes) and what Chromium takes: from the click to the first drawing, and from frame to frame while the view pans,
zooms and scrolls at several widths. One JSON line for each; frames are milliseconds, 16.7 being all that a screen shows.
"""

import argparse
import gzip
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic, perf_counter, sleep
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, sync_playwright

from bench import plant as plants
from bench import scratch
from mes.console.board import board_json
from mes.core.models import User
from production import planning

SIZE = ViewportSize(width=1440, height=900)
HOURS = 3_600_000
FRAMES = 90
MOVES = {
    "pan": "({from, to}, n, length) => ({from: from + n * length / 150, to: to + n * length / 150})",
    "zoom": "({from, to}, n, length) => { const less = Math.sin(n / 15) * 0.3 * length; return {from: from + less, to: to - less}; }",
    "scroll": "(seen, n) => ({top: seen.top + 900 + 900 * Math.sin(n / 15)})",
}
# Every frame asks for another view, draws it, and waits for the next.
MEASURE = """([frames, hours, move]) => new Promise((done) => {
    const { state, drawing } = document.getElementById("board").board;
    const at = state.now(), length = hours * 3600e3, next = eval(move);
    drawing.show({ from: at - length * 0.05, to: at + length * 0.95, top: 0 });
    const start = { ...state.window }, times = [], scripts = [];
    let last = 0, n = 0, bars = 0;
    const frame = (now) => {
        if (last) { times.push(now - last); }
        last = now;
        if (n++ === frames) { done({ times, scripts, bars }); return; }
        const began = performance.now();
        drawing.show(next(start, n, length));
        scripts.push(performance.now() - began);
        bars = Math.max(bars, drawing.bars);
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
})"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.board", description="Measure the planner's board.")
    parser.add_argument("--operations", type=int, default=10_000, help="planned operations (default 10,000)")
    parser.add_argument("--machines", type=int, default=100, help="machines (default 100)")
    options = parser.parse_args(arguments)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print(
            "No Chromium was found; install one (Debian, Ubuntu: apt-get install chromium).", file=sys.stderr
        )
        return 1
    scratch.make_empty()
    made = plants.build(options.operations, machines=options.machines)
    planning.reschedule(reason="To be looked at", at=made.at, seconds=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say(what="server", **server(timezone.now()))
    with site() as address, browser(chromium, address, made.by) as page:
        for line in draw(page):
            say(**line)
    return 0


def server(at: datetime) -> dict[str, Any]:
    """The board's data without the network: the middle of five readings."""
    seconds = []
    for _ in range(5):
        with CaptureQueriesContext(connection) as queries:
            began = perf_counter()
            found = board_json(at)
            seconds.append(perf_counter() - began)
    written = json.dumps(found, separators=(",", ":")).encode()
    return {
        "operations": len(found["bars"]),
        "machines": len(found["rows"]),
        "seconds": round(statistics.median(seconds), 3),
        "queries": len(queries),
        "kilobytes": round(len(written) / 1024),
        "kilobytes_compressed": round(len(gzip.compress(written, 6)) / 1024),
    }


def draw(page: Page) -> Iterator[dict[str, Any]]:
    """The first drawing (twice: a cold cache, a warm one), then frames at the width of two days, a week and four weeks."""
    for cache in ("cold", "warm"):
        page.goto("/console/board/")
        page.wait_for_selector("#board[data-ready]")
        marks = "performance.getEntriesByName('board drawn')[0].startTime"
        drawn = page.evaluate(marks)
        data = page.evaluate(
            "(() => { const e = performance.getEntriesByType('resource').find((r) => r.name.endsWith('/data/'));"
            " return [e.requestStart, e.responseEnd]; })()"
        )
        yield {
            "what": f"first drawing, {cache} cache",
            "milliseconds": round(drawn),
            "of_which_data": round(data[1] - data[0]),
            "after_data": round(drawn - data[1]),
        }
    for colour in ("status", "order"):
        page.get_by_label("Colour").select_option(colour)
        for days in (2, 7, 28):
            for name, move in MOVES.items():
                found = page.evaluate(MEASURE, [FRAMES, 24 * days, move])
                yield {
                    "what": f"{name}, {days} days, by {colour}",
                    "bars_in_sight": found["bars"],
                    "frame_p50": percentile(found["times"], 50),
                    "frame_p95": percentile(found["times"], 95),
                    "script_p50": percentile(found["scripts"], 50),
                    "script_p95": percentile(found["scripts"], 95),
                }


def percentile(values: list[float], share: int) -> float:
    return round(statistics.quantiles(values, n=100)[share - 1], 1)


@contextmanager
def site() -> Iterator[str]:
    """The console, served as in production by one worker; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "mes.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--log-level",
        "error",
    ]
    process = subprocess.Popen(command, env=os.environ)  # noqa: S603 - our own interpreter and program
    try:
        until = monotonic() + 60
        while process.poll() is None and monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def browser(chromium: str, address: str, user: User) -> Iterator[Page]:
    """A page of a planner who is logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = launched.new_context(base_url=address, viewport=SIZE)
        context.add_cookies([{"name": "sessionid", "value": str(session.session_key), "url": address}])
        yield context.new_page()
        launched.close()


def say(**line: Any) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
