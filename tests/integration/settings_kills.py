"""The pipeline on short leases, with a ledger of every settlement.

From the environment: ``SCHAUFENSTER_DATA_DIR``; ``KILLS_BROKER_URL`` for Redis or
RabbitMQ in place of the folder; ``MEDIA_PIPELINE_SANDBOX_COMMAND`` for a faulty decoder.
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
OUTBOX_CRASH_RETRY_SECONDS = (1, 3)
OUTBOX_DEAF_SECONDS = 9
OUTBOX_MAX_BACKOFF_SECONDS = 10  # outages here last for seconds
# Enough of the pipeline to be killed in; its models would only take time.
MEDIA_PIPELINE_STEPS = ["hashes", "colours"]
MEDIA_PIPELINE_CATALOGUE = ""  # there is no shop
if "KILLS_COPIES_EXPIRE_SECONDS" in os.environ:
    MEDIA_PIPELINE_COPIES_EXPIRE_SECONDS = float(
        os.environ["KILLS_COPIES_EXPIRE_SECONDS"]
    )

if "KILLS_INCOMING_EXPIRE_SECONDS" in os.environ:
    MEDIA_PIPELINE_INCOMING_EXPIRE_SECONDS = int(
        os.environ["KILLS_INCOMING_EXPIRE_SECONDS"]
    )

if "KILLS_BROKER_URL" in os.environ:
    CELERY_BROKER_URL = os.environ["KILLS_BROKER_URL"]
    if CELERY_BROKER_URL.startswith("redis"):
        CELERY_BROKER_TRANSPORT_OPTIONS = REDIS_BROKER_TRANSPORT_OPTIONS
    else:
        CELERY_BROKER_TRANSPORT_OPTIONS = {}
        CELERY_TASK_QUEUES = RABBITMQ_TASK_QUEUES
        OUTBOX_RING_PRIORITIES = RABBITMQ_RING_PRIORITIES

if "KILLS_DATABASE_URL" in os.environ:
    import dj_database_url

    DATABASES["default"] = {
        **dj_database_url.parse(os.environ["KILLS_DATABASE_URL"]),
        "CONN_HEALTH_CHECKS": True,
    }

if "KILLS_S3_URL" in os.environ:
    from botocore.config import Config

    STORAGES = {
        alias: {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "access_key": os.environ["KILLS_S3_ACCESS_KEY"],
                "secret_key": os.environ["KILLS_S3_SECRET_KEY"],
                "endpoint_url": os.environ["KILLS_S3_URL"],
                "region_name": "us-east-1",
                "bucket_name": os.environ[f"KILLS_S3_{alias.upper()}"],
                "file_overwrite": True,
                "default_acl": None,
                # As in production, but for the shorter waits.
                "client_config": Config(
                    signature_version="s3v4",
                    s3={"addressing_style": "path"},
                    connect_timeout=2,
                    read_timeout=3,
                    retries={"max_attempts": 2, "mode": "standard"},
                ),
            },
        }
        for alias in ("incoming", "private", "public")
    }
