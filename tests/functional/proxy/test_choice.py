"""Which transport is taken through a real nginx, what is remembered of it, and what is said when nothing gets through."""

from __future__ import annotations

import json
import logging
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
StartNginx = Callable[..., Any]
TO_GRPC = "grpc_pass grpc://127.0.0.1:{behind};"


@pytest.fixture
def free_port(unused_tcp_port_factory: Callable[[], int]) -> Callable[[], int]:
    return unused_tcp_port_factory


def remembered(tmp_path: Path) -> dict[str, float]:
    path = tmp_path / "state" / "transports.json"
    found: dict[str, float] = json.loads(path.read_text()) if path.exists() else {}
    return found


class TestOnlyHttp1:
    @pytest.fixture
    def nginx(self, start_nginx: StartNginx, emulator: RunningEmulator) -> Any:
        return start_nginx(emulator.port)

    async def test_the_first_call_gets_through(
        self, nginx: Any, connect: Connect, emulator: RunningEmulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        client = connect(nginx.url)
        with caplog.at_level(logging.INFO, "clouddrive2"):
            await client.files.mkdir("/Cloud/a")
        assert client.connection.transport == "grpc-web"
        assert client.connection.reason == "gRPC does not get through, HTTP/1.1 does"
        assert [entry.name async for entry in client.files.list("/Cloud")] == ["a"]
        assert emulator.calls.count("CreateFolder") == 1
        assert f"{nginx.url}: gRPC does not get through" in caplog.text

    async def test_a_stream_first(self, nginx: Any, connect: Connect) -> None:
        client = connect(nginx.url)
        assert [entry.name async for entry in client.files.list("/")] == ["Cloud"]
        assert client.connection.transport == "grpc-web"

    async def test_it_is_remembered_for_others(self, nginx: Any, connect: Connect, tmp_path: Path) -> None:
        await connect(nginx.url).system.info()
        assert remembered(tmp_path).keys() == {nginx.url}
        assert stat.S_IMODE((tmp_path / "state" / "transports.json").stat().st_mode) == 0o600
        tried = nginx.requests.count("- -")
        second = connect(nginx.url)
        await second.system.info()
        assert second.connection.reason == "gRPC did not get through within the last day"
        # gRPC was tried by the first alone: its preface is no request nginx knows, and is noted without protocol and path.
        assert nginx.requests.count("- -") == tried > 0

    async def test_a_day_later_grpc_is_tried_again(self, nginx: Any, connect: Connect, tmp_path: Path) -> None:
        await connect(nginx.url).system.info()
        note = tmp_path / "state" / "transports.json"
        yesterday = time.time() - 24 * 3600 - 1
        note.write_text(json.dumps({nginx.url: yesterday}))
        client = connect(nginx.url)
        await client.system.info()
        assert client.connection.reason == "gRPC does not get through, HTTP/1.1 does"
        assert remembered(tmp_path)[nginx.url] > yesterday

    @pytest.mark.parametrize("note", ["", "not JSON", "[]", '{"http://x": "y"}', "{}"])
    async def test_a_spoilt_note_is_as_good_as_none(self, nginx: Any, connect: Connect, tmp_path: Path, note: str) -> None:
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "transports.json").write_text(note)
        client = connect(nginx.url)
        await client.system.info()
        assert client.connection.transport == "grpc-web"
        assert remembered(tmp_path).keys() == {nginx.url}

    async def test_grpc_on_request_never_falls_back(self, nginx: Any, connect: Connect, tmp_path: Path) -> None:
        client = connect(nginx.url, transport="grpc")
        with pytest.raises(errors.ConnectError, match=r"a proxy in between does not carry gRPC .*; let the transport be auto"):
            await client.system.info()
        assert client.connection.transport == "grpc"
        assert remembered(tmp_path) == {}

    async def test_a_remembered_one_that_fails_is_dropped(
        self, nginx: Any, start_nginx: StartNginx, connect: Connect, emulator: RunningEmulator, tmp_path: Path
    ) -> None:
        await connect(nginx.url).system.info()
        nginx.stop()
        port = int(nginx.url.rpartition(":")[2])
        start_nginx(emulator.port, listen="http2", location=TO_GRPC, port=port)
        client = connect(nginx.url)
        assert (await client.files.stat("/Cloud")).is_folder
        assert client.connection.transport == "grpc"
        assert remembered(tmp_path) == {}

    async def test_a_stream_of_the_caller_says_what_is_missing(self, nginx: Any, connect: Connect) -> None:
        async def nothing():  # type: ignore[no-untyped-def]
            return
            yield

        with pytest.raises(errors.Unsupported, match="streams from the caller do not work over gRPC-Web"):
            await connect(nginx.url).raw.WriteToFileStream(nothing())


class TestTls:
    """What a proxy offers by ALPN, and what it passes on."""

    @pytest.mark.parametrize("listen", ["ssl", "ssl http2"])
    async def test_passed_on_as_http1(
        self,
        start_nginx: StartNginx,
        connect: Connect,
        emulator: RunningEmulator,
        certificate: tuple[Path, Path],
        listen: str,
    ) -> None:
        pem, key = certificate
        server = f"ssl_certificate {pem}; ssl_certificate_key {key};"
        nginx = start_nginx(emulator.port, listen=listen, server=server)
        client = connect(nginx.url, ca_file=pem)
        await client.files.mkdir("/Cloud/a")
        assert client.connection.transport == "grpc-web"
        assert emulator.calls.count("CreateFolder") == 1

    async def test_a_certificate_nobody_knows_is_no_reason_to_try_otherwise(
        self, start_nginx: StartNginx, connect: Connect, emulator: RunningEmulator, certificate: tuple[Path, Path]
    ) -> None:
        pem, key = certificate
        nginx = start_nginx(emulator.port, listen="ssl http2", server=f"ssl_certificate {pem}; ssl_certificate_key {key};")
        for transport in ("auto", "grpc", "grpc-web"):
            client = connect(nginx.url, transport=transport)
            with pytest.raises(errors.ConnectError, match="the server's certificate is not trusted"):
                await client.system.info()
        assert not [line for line in nginx.requests if "GetSystemInfo" in line]


async def test_a_proxy_for_grpc_carries_grpc(
    start_nginx: StartNginx, connect: Connect, emulator: RunningEmulator, tmp_path: Path
) -> None:
    nginx = start_nginx(emulator.port, listen="http2", location=TO_GRPC)
    client = connect(nginx.url)
    await client.files.stat("/Cloud")
    assert client.connection.transport == "grpc"
    assert client.connection.reason == "gRPC gets through"
    assert remembered(tmp_path) == {}


class TestNothingWorks:
    @pytest.mark.parametrize(
        ("transport", "listen", "location", "words"),
        [
            ("auto", "", "proxy_pass http://127.0.0.1:{behind};", "HTTP 502: a proxy answers, but it cannot reach the server"),
            ("grpc-web", "", "proxy_pass http://127.0.0.1:{behind};", "HTTP 502: a proxy answers, but it cannot reach"),
            ("auto", "http2", "grpc_pass grpc://127.0.0.1:{behind};", "502"),
            ("auto", "", "return 404;", "HTTP 404: what answers there is not CloudDrive2"),
            ("auto", "", "return 403;", "HTTP 403: a proxy in front of the server lets nobody through"),
            ("auto", "", "return 301 https://nas.example$request_uri;", "callers are sent to https://nas.example; use that"),
            ("auto", "", "return 200 hello;", "what answers there is not CloudDrive2: it sends text/plain"),
            ("grpc", "", "return 200 hello;", "a proxy in between does not carry gRPC"),
            ("grpc", "http2", "return 404;", "a proxy in between does not carry gRPC"),
        ],
    )
    async def test_it_is_unreachable_and_not_remembered(
        self,
        start_nginx: StartNginx,
        connect: Connect,
        tmp_path: Path,
        free_port: Callable[[], int],
        transport: str,
        listen: str,
        location: str,
        words: str,
    ) -> None:
        nginx = start_nginx(free_port(), listen=listen, location=location)
        with pytest.raises(errors.ConnectError, match=words):
            await connect(nginx.url, transport=transport).system.info()
        assert remembered(tmp_path) == {}

    async def test_nobody_there(self, connect: Connect, tmp_path: Path, free_port: Callable[[], int]) -> None:
        client = connect(f"http://127.0.0.1:{free_port()}")
        with pytest.raises(errors.ConnectError, match=r"the server cannot be reached .*Connection refused"):
            await client.system.info()
        assert client.connection.transport == "grpc"
        assert remembered(tmp_path) == {}

    async def test_the_server_comes_back_behind_the_proxy(
        self,
        start_nginx: StartNginx,
        connect: Connect,
        emulator_factory: Callable[..., RunningEmulator],
        free_port: Callable[[], int],
    ) -> None:
        port = free_port()
        nginx = start_nginx(port)
        client = connect(nginx.url)
        with pytest.raises(errors.ConnectError):
            await client.system.info()
        emulator_factory(port=port)
        assert (await client.system.info()).ready
        assert client.connection.transport == "grpc-web"


class TestAnswersOfTheServer:
    """What the server itself refuses is no reason to leave gRPC, also before anything else was heard of it."""

    @pytest.mark.parametrize("code", [13, 14, 2])
    async def test_grpc_stays(
        self, connect: Connect, emulator_factory: Callable[..., RunningEmulator], tmp_path: Path, code: int
    ) -> None:
        emulator = emulator_factory(api_token="t")
        emulator.faults.refuse("CreateFolder", code=code, times=-1)
        async with AsyncClient(config=ServerConfig(emulator.url, token="t")) as client:
            with pytest.raises(errors.Error, match="refused on purpose"):
                await client.files.mkdir("/Cloud/a")
            assert client.connection.transport == "grpc"
        assert {call.door for call in emulator.calls.of("CreateFolder")} == {"grpc"}
        assert remembered(tmp_path) == {}
