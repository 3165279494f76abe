"""As the unit tests, on the database of ``GALLERIES_DATABASE_URL``."""
# ruff: noqa: F403, F405

from __future__ import annotations

import os

import dj_database_url

from config.settings.test import *

DATABASES["default"] = dj_database_url.parse(os.environ["GALLERIES_DATABASE_URL"])
