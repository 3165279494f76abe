"""A process that rang before the broker was restarted rings again afterwards.

Broken connections are found by publishing. With the settings of the complete
site; a request never waits for a broker that is down.
"""

from __future__ import annotations

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from config.settings import celery_settings

pytestmark = pytest.mark.integration


@pytest.fixture(params=["redis", "rabbitmq"])
def broker(request):
    server = request.getfixturevalue(f"{request.param}_server")
    yield server
    if server.process.poll() is not None:
        server.start()


@pytest.fixture
def app(broker):
    # Redis' takes the number of a database.
    url = broker.url() if callable(broker.url) else broker.url
    app = Celery("rings", broker=url, set_as_current=False)
    app.conf.task_publish_retry_policy = (
        celery_settings.CELERY_TASK_PUBLISH_RETRY_POLICY
    )
    app.conf.task_ignore_result = True
    yield app
    app.close()


def test_rings_go_on_once_the_broker_is_back(app, broker):
    def ring() -> None:
        app.send_task("outbox.sweep", queue="rings")

    ring()
    broker.kill()
    with pytest.raises(OperationalError):
        ring()
    with pytest.raises(OperationalError):
        ring()
    broker.start()

    ring()
    ring()


def test_a_beat_that_kept_its_producer_goes_on_too(app, broker):
    with app.connection_for_write() as connection:
        producer = app.amqp.Producer(connection, auto_declare=False)

        def ring() -> None:
            app.send_task("outbox.sweep", queue="rings", producer=producer)

        ring()
        broker.kill()
        with pytest.raises(OperationalError):
            ring()
        broker.start()

        ring()
