"""For unit tests: the development settings, with tasks run at once."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault(
    "SCHAUFENSTER_DATA_DIR", tempfile.mkdtemp(prefix="schaufenster-test-")
)

from .development import *
from .development import STORAGES

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
