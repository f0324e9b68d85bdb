"""Chromium, and a page in it that fails its test for any error and any request."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

import made


@pytest.fixture(scope="session")
def chromium():
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ["chromium", "google-chrome", "chromium-browser"])), None
    )
    if not found:
        pytest.fail("Chromium is missing: install it, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, tmp_path):
    """A function that opens a page of these tasks, or of a file."""
    contexts, wrong = [], []

    def opened(tasks: list[dict] | Path, unreadable: int = 0, **options) -> Page:
        path = tasks if isinstance(tasks, Path) else made.page(tmp_path, tasks, unreadable)
        options = {"viewport": {"width": 1400, "height": 1000}} | options
        context = chromium.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()

        def is_asked_for(request):
            if request.url != path.as_uri():
                wrong.append(f"asked for {request.url}")

        page.on("request", is_asked_for)
        page.on("pageerror", lambda error: wrong.append(f"error {error}"))
        page.on("console", lambda said: wrong.append(f"{said.type} {said.text}"))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        context.route("http*://**", lambda route: route.abort())
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []
