"""How the complete site runs Celery, with every broker.

No broker is lossless; the rows of the outbox are the truth and messages only
ring for them. So messages are acknowledged early, and what is lost is found by
the sweep. None of these is to be changed alone: ``tests/outbox`` holds the
relations between them and the lease.
"""

from __future__ import annotations

from kombu.entity import Exchange, Queue

from outbox.queues import MOST_URGENT_FIRST, SWEEPS, WORK

CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True

# Early, so that a message whose task kills its worker isn't delivered again.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

# Seconds. The hard limit is not above the time for which work may renew its
# lease: a task is killed before anybody else may take its row.
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_TIME_LIMIT = 60

CELERY_WORKER_LOST_WAIT = 1  # seconds; polling brokers notice a dead child after it
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_500_000  # kB; acts between tasks
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20  # seconds
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A request doesn't wait for a broker that is down; but one new connection is tried
# at once. Without it a beat that keeps its connection never sends anything again
# once RabbitMQ was restarted.
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}

# Sweeps have a queue of their own: behind a long queue of rings they would
# expire, and what a killed worker left would wait for all the others.
CELERY_TASK_DEFAULT_QUEUE = WORK
CELERY_TASK_QUEUES = tuple(
    Queue(name, Exchange(name), routing_key=name)  # type: ignore[no-untyped-call]
    for name in MOST_URGENT_FIRST
)
CELERY_TASK_ROUTES = {"outbox.sweep": {"queue": SWEEPS}}

# New work before what a sweep found, in the same queue. With the filesystem broker and
# Redis 0 comes first.
OUTBOX_RING_PRIORITIES = (0, 9)

# Keeps its schedule in memory: nothing in it is worth a file.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "see which products came and went": {
        "task": "media_pipeline.request_indexing",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    "sweep": {
        "task": "outbox.sweep",
        "schedule": 2.0,  # seconds: OUTBOX_SWEEP_SECONDS
        "options": {"expires": 2.0},
    },
    "forget old baskets": {
        "task": "storefront.forget_old_baskets",
        "schedule": 86400.0,
        "options": {"expires": 3600.0},
    },
    "forget settled mails and purges": {
        "task": "outbox.forget_settled",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "expire uploads that no asset refers to": {
        "task": "media_pipeline.expire_incoming",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
}

# For CELERY_BROKER_TRANSPORT_OPTIONS where the broker is Redis. In seconds; the
# visibility timeout lies above any lease, so that Redis delivers nothing twice
# while it is worked on.
REDIS_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
    "visibility_timeout": 300,
    "queue_order_strategy": "outbox.queues.MostUrgentFirst",
    "priority_steps": [0, 9],
}

# Where the broker is RabbitMQ: the higher number comes first, in queues declared so.
RABBITMQ_RING_PRIORITIES = (1, 0)
RABBITMQ_TASK_QUEUES = tuple(
    Queue(  # type: ignore[no-untyped-call]
        name,
        Exchange(name),  # type: ignore[no-untyped-call]
        routing_key=name,
        max_priority=max(RABBITMQ_RING_PRIORITIES),
    )
    for name in MOST_URGENT_FIRST
)
