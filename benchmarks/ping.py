"""From the last byte sent to the answer on the author's page, through a real worker."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.servers import (
    clean_environment,
    end,
    free_port,
    start,
    temporary_folder,
    wait_until,
)
from tests.visitor import Visitor

from .figures import heading, percentile

PHOTOS = 20
DEMO = Path(__file__).resolve().parent.parent / "demo" / "photos" / "customer"


def run() -> None:
    with temporary_folder("bench-ping") as folder:
        port = free_port()
        log = folder / "demo.log"
        process = start(
            [sys.executable, "manage.py", "demo", "--port", str(port)],
            log=log,
            env=clean_environment(SCHAUFENSTER_DATA_DIR=str(folder / "var")),
        )
        try:
            wait_until(
                lambda: "Ctrl-C" in log.read_text(),
                within=600,
                process=process,
                log=log,
            )
            _measure(f"http://127.0.0.1:{port}")
        finally:
            end(process)


def _measure(site: str) -> None:
    files = sorted(DEMO.glob("*.jpg"))[:PHOTOS]
    heading(f"Upload to ping, {len(files)} demo photos one after the other")
    received, checked = [], []
    for file in files:
        browser = Visitor(site)
        page = browser.get("/en/share-your-photo/")
        # The body is made in a few milliseconds; the rest is sending and waiting.
        began = time.monotonic()
        answer = browser.submit(
            page,
            page.form(says="Send"),
            files={"photos": (file.name, file.read_bytes())},
            persona_name="Bench",
            surfaces="galleries",
        )
        received.append(time.monotonic() - began)
        address = answer.url
        if "/me/photos/" not in address:
            raise SystemExit(f"{file.name} was not taken: {address}")
        while "Received and checked" not in answer.text:
            if time.monotonic() - began > 60:
                raise SystemExit(f"No ping for {file.name} within 60 s.")
            time.sleep(0.1)
            answer = browser.get(address)
        checked.append(time.monotonic() - began)
    print("| seconds | p50 | p95 | max |\n|---|---|---|---|")
    for name, values in {"received": received, "checked": checked}.items():
        print(
            f"| {name} | {percentile(values, 0.5):.2f} | {percentile(values, 0.95):.2f} "
            f"| {max(values):.2f} |"
        )
