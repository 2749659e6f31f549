"""A real browser for the tests of this folder: any Chromium on PATH, or the one Playwright installed."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from mes.core.models import User

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
PATIENCE = 60_000.0
SKIPPED = (
    "No Chromium was found for the browser tests. Install one (Debian, Ubuntu: apt-get install chromium) or run "
    "`.venv/bin/python -m playwright install chromium`."
)

# A browser's clock goes so many milliseconds before or behind the real one.
CLOCK = """
{
    const ahead = %d;
    const Real = Date;
    globalThis.Date = class extends Real {
        constructor(...given) { super(...(given.length ? given : [Real.now() + ahead])); }
        static now() { return Real.now() + ahead; }
    };
}
"""

BrowserPage = Callable[..., Page]
Login = Callable[[Page, User], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser and needs committed rows, which the live server's threads can see."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


def find_chromium(playwright: Playwright) -> str:
    """The Chromium to drive, or a skip that says how to get one."""
    found = next(
        (path for name in NAMES if (path := shutil.which(name))), playwright.chromium.executable_path
    )
    if not Path(found).exists():
        pytest.skip(SKIPPED)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of the session."""
    # Playwright keeps an event loop running in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # An act that promises, plans and hands down takes its time, and the machine may have other things to do.
    expect.set_options(timeout=PATIENCE)
    # Where an event loop runs Django keeps other connections than where none does: nobody else would close either.
    connections.close_all()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(playwright), args=ARGUMENTS)
        yield chromium
        chromium.close()
        connections.close_all()


@pytest.fixture
def browser_page(browser: Browser, live_server: LiveServer) -> Iterator[BrowserPage]:
    """Opens pages of a given size against the live server: `browser_page(390, 844, color_scheme="dark")`.

    A script error on any of them fails the test.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(width: int = 1440, height: int = 900, **options: object) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            locale="en-GB",
            **options,  # type: ignore[arg-type] # Playwright's own options, passed through
        )
        contexts.append(context)
        ahead = timezone.now() - datetime.now(UTC)
        context.add_init_script(CLOCK % (ahead / timedelta(milliseconds=1)))
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, "Scripts failed: " + "; ".join(errors)


@pytest.fixture
def page(browser_page: BrowserPage) -> Page:
    """One page of a planner's screen."""
    return browser_page()


@pytest.fixture
def login(live_server: LiveServer) -> Login:
    """Logs a user in without typing: `login(page, user)`. The login form itself has a test of its own."""

    def log_in(page: Page, user: User) -> None:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        page.context.add_cookies(
            [{"name": "sessionid", "value": str(session.session_key), "url": live_server.url}]
        )

    return log_in
