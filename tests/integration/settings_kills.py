"""The pipeline on short leases, with a ledger of every settlement.

From the environment: ``SCHAUFENSTER_DATA_DIR``; ``KILLS_BROKER_URL`` for Redis in
place of the folder; ``MEDIA_PIPELINE_SANDBOX_COMMAND`` for a faulty decoder.
"""
# ruff: noqa: F403, F405

from __future__ import annotations

import os

from config.settings.development import *

INSTALLED_APPS = [
    "tests.integration.ledger.apps.LedgerConfig",
    "media_pipeline.apps.MediaPipelineConfig",
    "outbox.apps.OutboxConfig",
]
MIDDLEWARE = []
ROOT_URLCONF = "media_pipeline.urls"

OUTBOX_LEASE_SECONDS = 5
OUTBOX_HEARTBEAT_SECONDS = 1.5
# Enough of the pipeline to be killed in; its models would only take time.
MEDIA_PIPELINE_STEPS = ["hashes", "colours"]
if "KILLS_COPIES_EXPIRE_SECONDS" in os.environ:
    MEDIA_PIPELINE_COPIES_EXPIRE_SECONDS = float(
        os.environ["KILLS_COPIES_EXPIRE_SECONDS"]
    )

if "KILLS_BROKER_URL" in os.environ:
    CELERY_BROKER_URL = os.environ["KILLS_BROKER_URL"]
    CELERY_BROKER_TRANSPORT_OPTIONS = REDIS_BROKER_TRANSPORT_OPTIONS
