"""The demo, running as a new user starts it, and a real browser before it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import (
    ServerMissing,
    clean_environment,
    end,
    free_port,
    skip_or_fail,
    start,
    temporary_folder,
    wait_until,
)

# Playwright's synchronous driver keeps an event loop in this thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@dataclass(frozen=True)
class Demo:
    """A running demo: its address, its folder, and who may enter."""

    url: str
    data: Path
    editor: str
    password: str
    customer_link: str

    def worker_log(self) -> str:
        return (self.data / "log" / "worker.log").read_text()[-4000:]

    def mails(self) -> str:
        return "\n".join(
            mail.read_text() for mail in sorted((self.data / "mails").glob("*.log"))
        )


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """``manage.py demo`` in a folder of its own: worker, web server, real photos."""
    with temporary_folder("demo") as folder:
        port = free_port()
        data, log = folder / "var", folder / "demo.log"
        process = start(
            [sys.executable, "manage.py", "demo", "--port", str(port)],
            log=log,
            # Not the tests' own settings: those run tasks at once.
            env=clean_environment(
                DJANGO_SETTINGS_MODULE="config.settings.development",
                SCHAUFENSTER_DATA_DIR=str(data),
            ),
        )
        try:
            wait_until(
                lambda: "Ctrl-C" in log.read_text() or process.poll() is not None,
                within=600,
            )
            said = log.read_text()
            assert process.poll() is None, said
            login = re.search(r"(http://\S+/cms/photos/)\s+(\S+) / (\S+)", said)
            customer = re.search(r"(http://\S+/me/open/\S+)", said)
            assert login, said
            assert customer, said
            yield Demo(
                url=f"http://127.0.0.1:{port}",
                data=data,
                editor=login[2],
                password=login[3],
                customer_link=customer[1],
            )
        finally:
            end(process)


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        skip_or_fail(ServerMissing("Chromium is not installed (apt: chromium)."))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(chromium, demo):
    """Browser contexts, one a person; what they ask elsewhere is an error."""
    opened = []
    strangers: list[str] = []

    def make(**options):
        options.setdefault("viewport", {"width": 390, "height": 844})
        context = chromium.new_context(base_url=demo.url, locale="en", **options)
        context.set_default_timeout(120_000)
        context.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((demo.url, "data:", "blob:"))
                else strangers.append(request.url)
            ),
        )
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert strangers == []


def log_in(page, demo: Demo) -> None:
    page.goto("/cms/login/")
    page.fill("input[name=username]", demo.editor)
    page.fill("input[name=password]", demo.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)
