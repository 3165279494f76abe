"""A loopback proxy that treats connections as a bad network and a bad store do."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from tests.servers import free_port

FAULTS = ("refuse", "error", "cut", "stall", "lose_answer")
_ERROR = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class FaultProxy:
    """Forwards to a port of this machine, as long as ``fault`` is empty."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.fault = ""
        self.met = 0  # connections that met a fault
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def close(self) -> None:
        async def stop() -> None:
            self._server.close()
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self, reader, writer) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            try:
                await self._treat(reader, writer)
            finally:
                writer.close()

    async def _treat(self, reader, writer) -> None:
        # One connection carries many requests; each first piece of one is judged.
        upstream_reader, upstream_writer = await asyncio.open_connection(
            "127.0.0.1", self.target
        )
        try:
            back = asyncio.ensure_future(self._pump(upstream_reader, writer, False))
            await self._pump(reader, upstream_writer, True, writer)
            back.cancel()
        finally:
            upstream_writer.close()

    async def _pump(self, source, sink, is_question: bool, answer=None) -> None:
        sent = 0
        while piece := await source.read(65536):
            fault = self.fault
            if fault:
                self.met += is_question
            if is_question and fault == "refuse":
                return
            if is_question and fault == "error":
                answer.write(_ERROR)
                await answer.drain()
                return
            if is_question and fault == "stall":
                await asyncio.sleep(6)
                return
            if not is_question and fault == "lose_answer":
                sink.close()
                return
            sink.write(piece[:3000] if fault == "cut" else piece)
            await sink.drain()
            sent += len(piece)
            if fault == "cut" and sent > 3000:
                sink.close()
                return
