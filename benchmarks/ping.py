"""From the last byte sent to the answer on the author's page, through a real worker."""

from __future__ import annotations

import http.cookiejar
import re
import sys
import time
import urllib.request
import uuid
from pathlib import Path

from tests.servers import (
    clean_environment,
    end,
    free_port,
    start,
    temporary_folder,
    wait_until,
)

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
        browser = _browser()
        page = browser.open(f"{site}/en/share-your-photo/").read().decode()
        body, boundary = _form(page, file)
        # Last byte sent: the answer's redirect is followed by hand.
        began = time.monotonic()
        request = urllib.request.Request(  # noqa: S310 - our own loopback site
            f"{site}/en/share-your-photo/",
            data=body,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        answer = browser.open(request)
        received.append(time.monotonic() - began)
        address = answer.geturl()
        if "/me/photos/" not in address:
            raise SystemExit(f"{file.name} was not taken: {address}")
        while "Received and checked" not in answer.read().decode():
            if time.monotonic() - began > 60:
                raise SystemExit(f"No ping for {file.name} within 60 s.")
            time.sleep(0.1)
            answer = browser.open(address)
        checked.append(time.monotonic() - began)
    print("| seconds | p50 | p95 | max |\n|---|---|---|---|")
    for name, values in {"received": received, "checked": checked}.items():
        print(
            f"| {name} | {percentile(values, 0.5):.2f} | {percentile(values, 0.95):.2f} "
            f"| {max(values):.2f} |"
        )


def _browser() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )


def _form(page: str, file: Path) -> tuple[bytes, str]:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if token is None:
        raise SystemExit("The upload page has no form.")
    boundary = uuid.uuid4().hex
    fields = {
        "csrfmiddlewaretoken": token[1],
        "caption": "",
        "alt_text": "",
        "persona_name": "Bench",
        "surfaces": "galleries",
        "email": "",
    }
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="photos"; '
        f'filename="{file.name}"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    body = (
        "".join(parts).encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    )
    return body, boundary
