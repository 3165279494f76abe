"""One photo's whole way over HTTP, with both ways of running the site.

Embedded: SQLite, folders and the filesystem broker. Production: PostgreSQL, Redis,
an S3-compatible store and a mail server, by the production settings.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from aiosmtpd.controller import Controller

from media_pipeline.testing import picture_bytes
from tests.config.small_demo import small_demo
from tests.servers import (
    answers,
    celery_worker,
    clean_environment,
    end,
    free_port,
    manage,
    start,
    temporary_folder,
    wait_until,
)
from tests.visitor import Visitor

pytestmark = pytest.mark.integration

PASSWORD = "a-password-of-this-test"
PRODUCT = "stoneware-cup"


@dataclass
class Site:
    url: str
    mails: list[str] = field(default_factory=list)
    folder: object = None
    bucket: tuple[object, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def visitor(self) -> Visitor:
        return Visitor(self.url, **self.headers)

    def sent(self) -> str:
        files = sorted((self.folder / "var/mails").glob("*.log")) if self.folder else []
        return "\n".join(self.mails + [file.read_text() for file in files])

    def public_keys(self) -> set[str]:
        """What lies in the public storage, asked of the storage itself."""
        if self.bucket is None:
            root = self.folder / "var/files/public"
            return {str(file.relative_to(root)) for file in root.rglob("*.*")}
        client, name = self.bucket
        listed = client.list_objects_v2(Bucket=name).get("Contents", [])
        return {each["Key"] for each in listed}


class Postbox:
    def __init__(self) -> None:
        self.mails: list[str] = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope.content.decode())
        return "250 OK"


@contextlib.contextmanager
def running(env: dict[str, str], site: Site, folder) -> Iterator[Site]:
    """The site's own processes, as the how-to names them, over a small shop."""
    port = int(site.url.rsplit(":", 1)[1])
    manage("migrate", "--no-input", "-v0", env=env)
    with celery_worker(env=env, log=folder / "worker.log"):
        demo = small_demo(folder / "demo")
        try:
            manage(
                "seed_demo", "--from", str(demo.path), "--password", PASSWORD, env=env
            )
        except AssertionError as error:
            said = (folder / "worker.log").read_text().splitlines()
            error.add_note(
                "\n".join(line for line in said if "sweep" not in line)[-4000:]
            )
            raise
        log = folder / "web.log"
        web = start(
            [sys.executable, "-m", "gunicorn", "config.wsgi", "-k", "gthread"]
            + ["--threads", "4", "--bind", f"127.0.0.1:{port}"],
            log=log,
            env=clean_environment(**env),
        )
        try:
            wait_until(lambda: answers(port), within=60, process=web, log=log)
            yield site
        finally:
            end(web)
        said = log.read_text()
        assert "Traceback" not in said, said[-6000:]


@pytest.fixture(scope="module")
def embedded() -> Iterator[Site]:
    with temporary_folder("embedded") as folder:
        (folder / "demo").mkdir()
        url = f"http://127.0.0.1:{free_port()}"
        env = {
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "SCHAUFENSTER_DATA_DIR": str(folder / "var"),
            "SCHAUFENSTER_SITE_URL": url,
        }
        with running(env, Site(url, folder=folder), folder) as site:
            yield site


@pytest.fixture(scope="module")
def production(postgresql_server, redis_server, seaweedfs_server) -> Iterator[Site]:
    postbox = Postbox()
    mail_server = Controller(
        postbox, hostname="127.0.0.1", port=free_port(), ready_timeout=60
    )
    mail_server.start()
    buckets = {
        use: seaweedfs_server.new_bucket() for use in ("incoming", "private", "public")
    }
    readable = f"arn:aws:s3:::{buckets['public']}/*"
    seaweedfs_server.client().put_bucket_policy(
        Bucket=buckets["public"],
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": ["s3:GetObject"],
                        "Resource": [readable],
                    }
                ],
            }
        ),
    )
    url = f"http://127.0.0.1:{free_port()}"
    variables = {
        "SECRET_KEY": "k" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        "BASE_URL": url,
        "DATABASE_URL": postgresql_server.new_database(),
        "BROKER_URL": redis_server.url(3),
        "CACHE_URL": redis_server.url(4),
        "S3_ENDPOINT_URL": seaweedfs_server.endpoint_url,
        "S3_REGION": seaweedfs_server.region,
        "S3_ACCESS_KEY": seaweedfs_server.access_key,
        "S3_SECRET_KEY": seaweedfs_server.secret_key,
        **{f"S3_{use.upper()}_BUCKET": name for use, name in buckets.items()},
        "S3_PUBLIC_BASE_URL": f"{seaweedfs_server.endpoint_url}/{buckets['public']}",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_server.port),
        "EMAIL_TLS": "false",
        "FROM_EMAIL": "Shop <shop@schaufenster.example>",
        "PAYMENT_PROVIDERS": "storefront.payments.test_provider.TestProvider",
        # No TLS on loopback; the settings' tests hold the secure defaults.
        "HTTPS": "false",
    }
    with temporary_folder("production") as folder:
        (folder / "demo").mkdir()
        env = {f"SCHAUFENSTER_{name}": value for name, value in variables.items()}
        env["DJANGO_SETTINGS_MODULE"] = "config.settings.production"
        env["SCHAUFENSTER_STATIC_ROOT"] = str(folder / "static")
        manage("collectstatic", "--no-input", "-v0", env=env)
        public = (seaweedfs_server.client(), buckets["public"])
        site = Site(url, mails=postbox.mails, bucket=public)
        try:
            with running(env, site, folder):
                yield site
        finally:
            mail_server.stop()


@pytest.fixture(params=["embedded", "production"])
def site(request) -> Site:
    return request.getfixturevalue(request.param)


def until(ask, *, within: float = 240):
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < deadline, "It never came."
        time.sleep(0.2)
    return answer


def an_editor(site: Site) -> Visitor:
    editor = site.visitor()
    page = editor.get("/cms/login/")
    inside = editor.submit(
        page, page.form(says="Sign in"), username="editor", password=PASSWORD
    )
    assert "login" not in inside.url
    return editor


def a_sent_photo(site: Site, seed: int, **words: str) -> tuple[Visitor, str]:
    """Upload a photo; return its author and its public id, once it is checked."""
    author = site.visitor()
    page = author.get(f"/en/share-your-photo/{PRODUCT}/")
    picture = picture_bytes(1600, 1200, seed=seed)
    answer = author.submit(
        page,
        page.form(says="Send"),
        files={"photos": ("IMG_1.jpg", picture)},
        persona_name="Mara",
        alt_text="A cup",
        surfaces=["product_pages", "galleries"],
        **words,
    )
    assert "/me/photos/" in answer.url, answer.text
    until(lambda: "Received and checked" in author.get(answer.url).text)
    return author, answer.url.rstrip("/").rsplit("/", 1)[1]


def test_a_photo_goes_from_upload_to_order_and_back(site):
    author, photo = a_sent_photo(site, 1, caption="Morning", email="mara@example.org")
    public = f"/en/photos/{photo}/"
    before = site.public_keys()
    assert site.visitor().get(public).status == 404

    # The editor tags the cup and approves.
    editor = an_editor(site)
    review = editor.get(f"/cms/photos/{photo}/")
    review = editor.submit(
        review,
        review.form(action="place/", says="Tag"),
        do="add",
        product_key=PRODUCT,
        x="40",
        y="60",
    )
    editor.submit(review, review.form(action="approve/"))
    until(lambda: site.visitor().get(public).status == 200)

    # The shopper finds it on the product's page and buys from it.
    shopper = site.visitor()
    assert photo in shopper.get(f"/en/shop/{PRODUCT}/").text
    assert list(shopper.cookies) == []
    page = shopper.get(public)
    added = until(lambda: site.public_keys() - before)
    files = [each for each in page.addresses("") if any(key in each for key in added)]
    assert files
    with urllib.request.urlopen(
        urllib.request.Request(_absolute(site, files[0]))
    ) as file:
        assert file.status == 200
        assert "immutable" in file.headers["Cache-Control"]
    basket = shopper.submit(page, page.form(action="/basket/add/"))
    assert photo in basket.text
    checkout = shopper.get("/en/checkout/")
    paying = shopper.submit(
        checkout,
        checkout.form(says="Buy now"),
        email="buyer@example.org",
        name="Bo Buyer",
        street="Hauptstr. 1",
        postcode="10115",
        city="Berlin",
    )
    order = shopper.submit(paying, paying.form(says="Pay"), pay="1")
    assert "It is yours" in order.text
    number = re.search(r"Order (\S+)</", order.text)[1]
    until(lambda: "buyer@example.org" in site.sent() and number in site.sent())
    until(lambda: "mara@example.org" in site.sent())

    # The author takes it back everywhere.
    mine = author.get(f"/en/me/photos/{photo}/")
    author.submit(mine, mine.form(action="withdraw/"))
    assert site.visitor().get(public).status == 404
    assert photo not in site.visitor().get(f"/en/shop/{PRODUCT}/").text
    until(lambda: not (site.public_keys() & added))
    for address in files:
        assert _status(site, address) in (403, 404)


def test_a_refused_photo_is_told_why_and_stays_hidden(site):
    author, photo = a_sent_photo(site, 2, caption="A gradient")
    editor = an_editor(site)
    review = editor.get(f"/cms/photos/{photo}/")
    form = review.form(action="refuse/")
    before = site.public_keys()

    editor.submit(review, form, reason="not_the_product", note="A drawing, sadly.")

    mine = author.get(f"/en/me/photos/{photo}/")
    assert "A drawing, sadly." in mine.text
    assert site.visitor().get(f"/en/photos/{photo}/").status == 404
    assert site.public_keys() == before
    for address in mine.addresses("/files/"):
        assert author.get(address).status == 200
        assert site.visitor().get(address).status == 404


def _absolute(site: Site, address: str) -> str:
    return address if address.startswith("http") else f"{site.url}{address}"


def _status(site: Site, address: str) -> int:
    return Visitor(site.url).get(_absolute(site, address)).status
