"""A real nginx on loopback between client and emulator, and clients that go through it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import UploadConfig
from clouddrive2.testing import RunningEmulator

NGINX = shutil.which("nginx") or next(
    (path for path in ("/usr/sbin/nginx", "/usr/local/sbin/nginx") if Path(path).exists()), None
)
START_SECONDS = 20
# What a proxy for gRPC-Web needs; everything else is nginx as it is installed.
GOOD = "proxy_http_version 1.1; proxy_buffering off; client_max_body_size 8m;"

Connect = Callable[..., AsyncClient]


@dataclass
class Nginx:
    """A running nginx. ``url`` leads to it."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(START_SECONDS)

    @property
    def requests(self) -> list[str]:
        """Protocol and path of what it was asked, finished requests only."""
        return (self.folder / "access.log").read_text().splitlines()


StartNginx = Callable[..., Nginx]


def configuration(folder: Path, port: int, listen: str, block: str) -> str:
    places = "".join(f"{name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""
daemon off;
master_process off;
pid {folder / "nginx.pid"};
error_log {folder / "error.log"};
events {{}}
http {{
    log_format short "$server_protocol $uri";
    access_log {folder / "access.log"} short;
    {places}
    server {{
        listen 127.0.0.1:{port} {listen};
        {block}
    }}
}}
"""


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLOUDDRIVE2_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CLOUDDRIVE2_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("makes its certificate with openssl")
    folder = tmp_path_factory.mktemp("certificate")
    pem, key = folder / "it.pem", folder / "it.key"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", *kind, *names, "-keyout", key, "-out", pem], check=True, capture_output=True)
    return pem, key


@pytest.fixture
def start_nginx(tmp_path: Path, unused_tcp_port_factory: Callable[[], int]) -> Iterator[StartNginx]:
    """``start_nginx(emulator.port)``: in front of a port on loopback, with what gRPC-Web needs; ended with the test.

    ``settings`` replaces that, ``""`` is nginx as it is installed. ``listen`` goes behind the address to listen on,
    ``server`` into the server block; ``location`` replaces the passing on; ``block`` is all there is in it.
    """
    if NGINX is None:
        pytest.skip("nginx is not installed")
    started: list[Nginx] = []

    def start(
        behind: int,
        settings: str = GOOD,
        *,
        listen: str = "",
        server: str = "",
        location: str = "",
        block: str = "",
        port: int = 0,
    ) -> Nginx:
        folder = tmp_path / f"nginx-{len(started)}"
        folder.mkdir()
        port = port or unused_tcp_port_factory()
        passing = location.format(behind=behind) or f"proxy_pass http://127.0.0.1:{behind}; {settings}"
        block = block or f"{server} location / {{ {passing} }}"
        (folder / "nginx.conf").write_text(configuration(folder, port, listen, block))
        with (folder / "output").open("wb") as output:
            command = [NGINX, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        scheme = "https" if "ssl" in listen else "http"
        running = Nginx(f"{scheme}://127.0.0.1:{port}", folder, process)
        started.append(running)
        give_up = time.monotonic() + START_SECONDS
        while not is_open(port):
            text = (folder / "output").read_text() + ((folder / "error.log").read_text() if process.poll() is not None else "")
            assert process.poll() is None and time.monotonic() < give_up, text
        return running

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
async def connect(emulator: RunningEmulator, tmp_path: Path) -> AsyncIterator[Connect]:
    """``connect(url)``: a client with the emulator's account, quick to repeat; closed with the test."""
    async with AsyncExitStack() as stack:

        def make(url: str, uploads: UploadConfig | None = None, **settings: Any) -> AsyncClient:
            user = {"username": emulator.username, "password": emulator.password}
            client = AsyncClient(url, **user, uploads=uploads or UploadConfig(verify_seconds=3.0), **settings)
            stack.push_async_callback(client.close)
            return client

        yield make
