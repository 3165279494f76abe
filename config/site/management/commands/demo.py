"""The whole shop with one command: database, demo data, worker, web server."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse
from django.utils import translation

from config.site import seeding
from config.site.demo_files import default_folder
from config.site.models import SeededPhoto
from config.site.progress import Progress
from config.site.supervisor import (
    HOST,
    USUAL_PORT,
    StopRequested,
    Supervisor,
    ensure_port_is_free,
    port_number,
)
from ugc.access import photo_token
from ugc.models import Photo


class Command(BaseCommand):
    help = (
        "Serves the demo shop: migrates, fills it at the first run, starts one worker "
        "and one web server, and stops both at Ctrl-C."
    )
    # Run in handle(), while the children start: together they take half the time.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port",
            default=os.environ.get("PORT") or USUAL_PORT,
            help="of the web server; default: the environment's PORT, or 8000",
        )
        parser.add_argument(
            "--exit", action="store_true", help="stop once everything is up"
        )
        parser.add_argument(
            "--probe", action="store_true", help="only tell whether the port is free"
        )
        parser.add_argument(
            "--seed-only", action="store_true", help="fill the shop, serve nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        # First of all: what follows takes its time.
        port = port_number(str(options["port"]))
        if not options["seed_only"]:
            ensure_port_is_free(port)
        if options["probe"]:
            return
        data: Path | None = getattr(settings, "DATA_DIR", None)
        if data is None:
            raise CommandError(
                "The demo runs with the embedded settings only "
                "(DJANGO_SETTINGS_MODULE=config.settings.development)."
            )
        url = f"http://{HOST}:{port}"
        self._migrate()
        if options["seed_only"] and seeding.is_seeded():
            self.stdout.write("The shop is filled.")
            return
        supervisor = Supervisor(
            logs=data / "log", environment={"SCHAUFENSTER_SITE_URL": url}
        )
        try:
            with supervisor:
                supervisor.start_worker()
                if not options["seed_only"]:
                    supervisor.start_web(port)
                self.check()
                self._seed(supervisor)
                if options["seed_only"]:
                    return
                supervisor.wait_for_web(f"{url}/en/")
                self._greet(url, data, time.monotonic() - began)
                if not options["exit"]:
                    supervisor.run()
        except StopRequested:
            self.stdout.write("\nStopped.")

    def _migrate(self) -> None:
        # Asking costs a second; migrating nothing would cost four.
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Setting up the database …")
            call_command("migrate", verbosity=0, interactive=False)

    def _seed(self, supervisor: Supervisor) -> None:
        if seeding.is_seeded():
            return
        progress = Progress(self.stdout)

        def report(label: str, done: int, total: int) -> None:
            supervisor.check()
            progress(label, done, total)

        try:
            seeded = seeding.seed(default_folder(), report=report)
        finally:
            progress.close()
        self.stdout.write(
            f"{seeded.products} products and {seeded.photos} photos are in the shop."
        )
        if seeded.refused_files or seeded.stuck:
            self.stderr.write(
                f"{seeded.refused_files} files were refused and {seeded.stuck} are "
                f"stuck; {settings.DATA_DIR / 'log' / 'worker.log'} says why."
            )

    def _greet(self, url: str, data: Path, seconds: float) -> None:
        lines = [
            "",
            f"The shop is open: {url}/en/  (ready after {seconds:.0f} s)",
            f"Editors:          {url}/cms/photos/  {seeding.EDITOR} / {_password(data)}",
        ]
        secret = _secret_link()
        if secret:
            lines.append(f"A customer:       {url}{secret}")
        lines += [f"Logs and mails:   {data}", "Ctrl-C stops everything."]
        for line in lines:
            self.stdout.write(line)


def _password(data: Path) -> str:
    """Return the editor's password, the same at every start of this shop.

    It lies beside the database of this machine's own demo, and only there.
    """
    file = data / "editor-password.txt"
    editor = seeding.ensure_editor()
    if file.exists():
        password = file.read_text().strip()
        if editor.check_password(password):
            return password
    password = secrets.token_urlsafe(9)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(password + "\n")
    editor.set_password(password)
    editor.save(update_fields=["password"])
    return password


def _secret_link() -> str:
    """Return the path that makes the browser a customer's; "" without photos."""
    seeded = (
        SeededPhoto.objects.filter(photo__state=Photo.State.APPROVED)
        .select_related("photo")
        .order_by("pk")
        .first()
    )
    if seeded is None:
        return ""
    with translation.override(seeded.photo.language):
        return reverse("shoppable_ugc:open_link", args=[photo_token(seeded.photo)])
