"""Fill the shop with the demo's files."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.site import seeding
from config.site.demo_files import DemoFolder, default_folder
from config.site.progress import Progress


class Command(BaseCommand):
    help = (
        "Fills the shop with the demo's catalogue, photos and pages. Every photo goes "
        "through the real pipeline, so a worker must be running. Repeating it changes "
        "nothing; one that was killed goes on where it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from",
            dest="folder",
            type=Path,
            help="folder with catalogue.csv, photos.csv and photos/; default: demo/",
        )
        parser.add_argument(
            "--password",
            help="of the user 'editor'; without it a new editor gets a random one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = (
            DemoFolder(options["folder"]) if options["folder"] else default_folder()
        )
        progress = Progress(self.stdout)
        try:
            seeded = seeding.seed(folder, report=progress)
        finally:
            progress.close()
        editor = seeding.ensure_editor()
        password = options["password"]
        if password is None and not editor.has_usable_password():
            password = secrets.token_urlsafe(9)
            self.stdout.write(f"Editor: {seeding.EDITOR} / {password}")
        if password is not None:
            editor.set_password(password)
            editor.save(update_fields=["password"])
        self.stdout.write(
            f"{seeded.products} products and {seeded.photos} photos are in the shop."
        )
        if seeded.refused_files or seeded.stuck:
            self.stderr.write(
                f"{seeded.refused_files} files were refused and {seeded.stuck} are "
                "stuck; the queue in the admin shows them."
            )
