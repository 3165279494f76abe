"""The filesystem broker, with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from queue import Empty

import pytest
from kombu import Connection, Consumer, Exchange, Queue
from kombu.exceptions import ChannelError
from kombu.transport import virtual

from outbox import broker

broker.register()

WRITER = """
import sys
from kombu import Connection
from outbox import broker
broker.register()
folder, writer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Connection("shoppable-filesystem://", transport_options={"folder": folder}) as c:
    queue = c.SimpleQueue("work")
    for number in range(count):
        queue.put([writer, number])
"""

READER = """
import sys
from queue import Empty
from kombu import Connection
from outbox import broker
broker.register()
with Connection(
    "shoppable-filesystem://", transport_options={"folder": sys.argv[1]}
) as c:
    queue = c.SimpleQueue("work")
    while True:
        message = queue.get(timeout=300)
        message.ack()
        if message.payload == "stop":
            break
        print(*message.payload, flush=True)
"""


def connect(folder):
    return Connection(
        "shoppable-filesystem://", transport_options={"folder": str(folder)}
    )


def start(script, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], **options
    )


def take_all(queue):
    taken = []
    while True:
        try:
            message = queue.get_nowait()
        except Empty:
            return taken
        message.ack()
        taken.append(message.payload)


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_three_writers_and_three_readers_lose_and_double_nothing(tmp_path):
    readers = [
        start(READER, tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    writers = [start(WRITER, tmp_path, writer, 400) for writer in range(3)]
    for writer in writers:
        assert writer.wait(timeout=300) == 0
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("work")
        for _ in readers:
            queue.put("stop")
    outputs = [reader.communicate(timeout=300)[0] for reader in readers]

    read = [line for output in outputs for line in output.splitlines()]
    assert len(read) == 1200
    # Nothing of the order: a folder listed while others write may lack a name,
    # which then comes with the next listing.
    assert set(read) == {f"{w} {n}" for w in range(3) for n in range(400)}
    assert files(tmp_path) == []


def test_messages_outlive_their_sender(tmp_path):
    writer = start(WRITER, tmp_path, "w", 3)
    assert writer.wait(timeout=300) == 0

    with connect(tmp_path) as connection:
        taken = take_all(connection.SimpleQueue("work"))

    assert taken == [["w", 0], ["w", 1], ["w", 2]]


def test_killed_writers_leave_no_half_message(tmp_path):
    for _ in range(3):
        writer = start(WRITER, tmp_path, "w", 100_000)
        deadline = time.monotonic() + 300
        while not files(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait(timeout=60)

    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("work")
        whole = [path for path in files(tmp_path) if not path.name.startswith(".")]
        taken = take_all(queue)

    assert taken
    assert len(taken) == len(whole)


def test_prefetched_messages_go_back_when_a_reader_closes(tmp_path):
    with connect(tmp_path) as connection:
        connection.SimpleQueue("work").put("kept")
        reader = connection.clone()
        reader.SimpleQueue("work").get(timeout=1)  # never acknowledged
        reader.close()

    with connect(tmp_path) as connection:
        assert take_all(connection.SimpleQueue("work")) == ["kept"]


def test_an_unreadable_message_is_thrown_away(tmp_path, caplog):
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("work")
        (tmp_path / "work" / "0-empty.msg").write_bytes(b"")
        (tmp_path / "work" / "0-nonsense.msg").write_bytes(b"\xff\x00")
        queue.put("good")

        assert take_all(queue) == ["good"]

    assert len(caplog.records) == 2
    assert files(tmp_path) == []


def test_what_a_killed_process_left_half_done_is_removed(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    old, young = folder / ".old.msg", folder / ".young.msg"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))

    with connect(tmp_path) as connection:
        connection.SimpleQueue("work")

    assert files(tmp_path) == [young]


def test_queues_are_counted_and_emptied_apart(tmp_path):
    with connect(tmp_path) as connection:
        work, sweeps = connection.SimpleQueue("work"), connection.SimpleQueue("sweeps")
        for number in range(3):
            work.put(number)
        sweeps.put("sweep")

        assert (work.qsize(), sweeps.qsize()) == (3, 1)
        assert work.clear() == 3
        assert (work.qsize(), sweeps.qsize()) == (0, 1)


def consume(connection, names, count):
    """Take so many messages as a worker does, from all these queues at once."""
    taken = []

    def note(body, message):
        message.ack()
        taken.append(body)

    channel = connection.channel()
    queues = [Queue(name, Exchange(name), routing_key=name) for name in names]
    with Consumer(channel, queues, callbacks=[note]):
        while len(taken) < count:
            connection.drain_events(timeout=60)
    return taken


def test_the_most_urgent_queue_comes_first(tmp_path):
    with connect(tmp_path) as connection:
        for name in ("renditions", "work", "checks", "sweeps"):
            connection.SimpleQueue(name).put(name)

        taken = consume(connection, ["work", "renditions", "sweeps", "checks"], 4)

    assert taken == ["sweeps", "checks", "work", "renditions"]


def test_what_may_wait_comes_after_all_that_may_not(tmp_path):
    with connect(tmp_path) as connection:
        checks = connection.SimpleQueue("checks")
        checks.put("old check", priority=9)
        connection.SimpleQueue("renditions").put("new rendition")
        checks.put("new check")

        taken = consume(connection, ["renditions", "checks"], 3)

    assert taken == ["new check", "new rendition", "old check"]


def test_no_queue_starves(tmp_path):
    with connect(tmp_path) as connection:
        checks = connection.SimpleQueue("checks")
        for number in range(60):
            checks.put(number)
        connection.SimpleQueue("work").put("mail")
        connection.SimpleQueue("renditions").put("old rendition", priority=9)

        taken = consume(connection, ["checks", "work", "renditions"], 50)

    # Each fifth message is another queue's; of six lanes each gets its turn.
    assert {"mail", "old rendition"} < set(taken)
    assert [each for each in taken if isinstance(each, int)] == list(range(48))


@pytest.mark.parametrize("name", ["../outside", "..", "a/b", "/etc"])
def test_a_queues_name_is_no_path(tmp_path, name):
    root = tmp_path / "broker"
    with connect(root) as connection:
        connection.SimpleQueue(name).put("x")

    (message,) = files(tmp_path)
    assert message.parent.parent == root


def test_messages_are_json_that_only_the_owner_reads(tmp_path):
    root = tmp_path / "broker"
    with connect(root) as connection:
        connection.SimpleQueue("work").put({"id": 7})

    (message,) = files(root)
    assert json.loads(message.read_text())["content-type"] == "application/json"
    assert message.parent.stat().st_mode & 0o077 == 0


def test_who_waits_for_a_message_waits_as_long_as_asked(tmp_path):
    with connect(tmp_path / "broker") as connection:
        queue = connection.SimpleQueue("work")
        began = time.monotonic()

        with pytest.raises(Empty):
            queue.get(timeout=0.7)

        assert time.monotonic() - began >= 0.7


def test_a_worker_that_is_told_to_end_waits_no_longer(tmp_path, monkeypatch):
    with connect(tmp_path / "broker") as connection:
        queue = connection.SimpleQueue("work")
        monkeypatch.setattr(broker.Transport, "is_ending", True)
        looks = []

        def nothing_comes(transport, connection, timeout=None, **options):
            looks.append(timeout)
            raise TimeoutError

        monkeypatch.setattr(virtual.Transport, "drain_events", nothing_comes)

        with pytest.raises(Empty):
            queue.get(timeout=20)

        assert looks == [broker._LOOK_UP]


def test_a_broker_without_its_folder_says_so():
    with (
        pytest.raises(ValueError, match="folder"),
        Connection("shoppable-filesystem://") as connection,
    ):
        connection.channel()


def test_a_folder_that_cannot_be_written_is_a_channel_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    with connect(tmp_path / "broker") as connection:
        channel = connection.channel()
        channel._root = blocked

        with pytest.raises(ChannelError, match="Cannot write"):
            channel._put("work", {})
