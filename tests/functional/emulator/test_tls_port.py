"""The second port: every door over TLS, with a certificate of the server's own making or a given one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import shutil
import socket
import ssl
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.protobuf.empty_pb2 import Empty
from grpclib.client import Channel, UnaryUnaryMethod

import clouddrive2 as cd2
from clouddrive2 import errors
from clouddrive2.config import TransportName
from clouddrive2.emulator import Emulator
from clouddrive2.emulator.doors.certificate import Certificate
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.testing import RunningEmulator

CONTENT = bytes(range(256)) * 20_000

Factory = Callable[..., RunningEmulator]


@pytest.fixture
def emulator(emulator_factory: Factory) -> RunningEmulator:
    return emulator_factory(tls_port=0)


def connect(emulator: RunningEmulator, **settings: Any) -> cd2.Client:
    assert emulator.tls_url is not None
    return cd2.Client(emulator.tls_url, username=emulator.username, password=emulator.password, **settings)


def shown(emulator: RunningEmulator) -> str:
    """The certificate that a new connection is shown, as PEM."""
    assert emulator.tls_port is not None
    return ssl.get_server_certificate(("127.0.0.1", emulator.tls_port))


@pytest.mark.parametrize("trust", ["ca_file", "insecure"])
def test_there_and_back(emulator: RunningEmulator, transport: TransportName, trust: str, tmp_path: Path) -> None:
    source, back = tmp_path / "film.mkv", tmp_path / "back.mkv"
    source.write_bytes(CONTENT)
    trusted: dict[str, Any] = {"ca_file": emulator.certificate} if trust == "ca_file" else {"insecure": True}
    with connect(emulator, transport=transport, **trusted) as client:
        client.uploads.upload(source, to="/Cloud/", routes=["remote" if transport == "grpc" else "write"])
        client.files.download("/Cloud/film.mkv", back)
        assert client.files.download_url("/Cloud/film.mkv").url.startswith(f"{emulator.tls_url}/static/")
    assert hashlib.sha1(back.read_bytes()).digest() == hashlib.sha1(CONTENT).digest()


def test_webdav(emulator: RunningEmulator, tmp_path: Path) -> None:
    source = tmp_path / "film.mkv"
    source.write_bytes(CONTENT)
    with connect(emulator, ca_file=emulator.certificate) as client:
        client.uploads.upload(source, to="/Cloud/", routes=["webdav"])
    context = ssl.create_default_context(cafile=str(emulator.certificate))
    account = (emulator.username, emulator.password)
    with httpx.Client(base_url=f"{emulator.tls_url}/dav/Cloud", verify=context, auth=account, trust_env=False) as http:
        assert http.get("/film.mkv").content == CONTENT
        # The target of a MOVE is an address of this server only as https://.
        moved = http.request("MOVE", "/film.mkv", headers={"Destination": f"{emulator.tls_url}/dav/Cloud/moved.mkv"})
        assert moved.status_code == 201
        assert http.head("/moved.mkv").headers["content-length"] == str(len(CONTENT))


def test_nobody_is_trusted_without_being_named(emulator: RunningEmulator, transport: TransportName) -> None:
    with connect(emulator, transport=transport) as client, pytest.raises(errors.ConnectError, match="not trusted"):
        client.files.stat("/Cloud")


def test_the_plain_port_stays(emulator: RunningEmulator) -> None:
    with cd2.Client(emulator.url, username=emulator.username, password=emulator.password) as client:
        assert client.files.stat("/Cloud").is_folder
    assert (emulator.port, emulator.url[:7]) != (emulator.tls_port, "https:/")


def test_who_speaks_no_tls_is_not_answered_and_nobody_else_minds(emulator: RunningEmulator) -> None:
    assert emulator.tls_port is not None
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{emulator.tls_port}/", trust_env=False)
    # One says nothing at all, also when the server ends.
    with socket.create_connection(("127.0.0.1", emulator.tls_port)) as silent:
        with connect(emulator, insecure=True) as client:
            assert client.files.stat("/Cloud").is_folder
        emulator.on_loop(emulator.emulator.stop)
        assert silent.recv(1) == b""


def test_connections_over_tls_are_dropped_and_counted(emulator: RunningEmulator) -> None:
    with connect(emulator, insecure=True) as client:
        client.files.stat("/Cloud")
        assert emulator.drop_connections() >= 1
        assert client.files.stat("/Cloud").is_folder


def test_a_certificate_is_kept_with_the_files_and_nobody_else_reads_its_key(emulator_factory: Factory, tmp_path: Path) -> None:
    root = tmp_path / "drive"
    first = emulator_factory(tls_port=0, root=root)
    before = shown(first)
    assert first.certificate == root / ".clouddrive2.crt"
    assert stat.S_IMODE((root / ".clouddrive2.key").stat().st_mode) == 0o600
    first.on_loop(first.emulator.stop)
    assert shown(emulator_factory(tls_port=0, root=root)) == before


def test_a_temporary_one_goes_with_the_server(emulator_factory: Factory) -> None:
    emulator = emulator_factory(tls_port=0)
    assert emulator.certificate is not None and emulator.certificate.read_text() == shown(emulator)
    emulator.on_loop(emulator.emulator.stop)
    assert not emulator.certificate.parent.exists()


def test_no_tls_unless_asked_for(emulator_factory: Factory) -> None:
    emulator = emulator_factory()
    assert (emulator.tls_port, emulator.tls_url, emulator.certificate) == (None, None, None)


@pytest.mark.parametrize("in_one_file", [False, True])
def test_a_given_one(emulator_factory: Factory, tmp_path: Path, in_one_file: bool) -> None:
    given = Certificate("nas.example", tmp_path / "given")
    files: dict[str, Path] = {"certificate": given.file, "key": given.key_file}
    if in_one_file:
        (tmp_path / "both.pem").write_bytes(given.file.read_bytes() + given.key_file.read_bytes())
        files = {"certificate": tmp_path / "both.pem"}
    emulator = emulator_factory(tls_port=0, **files)
    assert shown(emulator) == given.file.read_text()


class TestRefused:
    @pytest.fixture
    def given(self, tmp_path: Path) -> Certificate:
        return Certificate("127.0.0.1", tmp_path / "given")

    def test_a_key_of_another(self, given: Certificate, tmp_path: Path) -> None:
        other = Certificate("127.0.0.1", tmp_path / "other")
        with pytest.raises(ValueError, match=r"given\.crt: the key belongs to another certificate"):
            Emulator(tls_port=0, certificate=given.file, key=other.key_file)

    def test_no_certificate(self, tmp_path: Path) -> None:
        (tmp_path / "not.pem").write_text("nothing of the kind")
        with pytest.raises(ValueError, match=r"not\.pem: no certificate with its key in PEM form"):
            Emulator(tls_port=0, certificate=tmp_path / "not.pem")

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError) as refused:
            Emulator(tls_port=0, certificate=tmp_path / "away.pem")
        assert refused.value.filename == str(tmp_path / "away.pem")

    @pytest.mark.skipif(shutil.which("openssl") is None, reason="locks the key with openssl")
    def test_a_key_with_a_password(self, given: Certificate, tmp_path: Path) -> None:
        locked = tmp_path / "locked.key"
        command = ["openssl", "pkey", "-in", given.key_file, "-aes256", "-passout", "pass:secret", "-out", locked]
        subprocess.run(command, check=True, capture_output=True)
        with pytest.raises(ValueError, match=r"locked\.key has a password"):
            Emulator(tls_port=0, certificate=given.file, key=locked)

    def test_what_goes_together(self, given: Certificate) -> None:
        with pytest.raises(ValueError, match="TLS port, which is not asked for"):
            Emulator(certificate=given.file)
        with pytest.raises(ValueError, match="needs its certificate"):
            Emulator(tls_port=0, key=given.key_file)


class TestByTheApi:
    def test_what_it_tells(self, emulator: RunningEmulator) -> None:
        with connect(emulator, insecure=True) as client:
            web = client.service.web_server()
        assert (web.http_port, web.https_port, web.https) == (emulator.port, emulator.tls_port, True)
        assert web.certificate_file == str(emulator.certificate)

    def test_another_self_signed_one(self, emulator: RunningEmulator) -> None:
        before = shown(emulator)
        with connect(emulator, insecure=True) as client:
            client.service.generate_certificate()
            assert shown(emulator) == before
            client.service.generate_certificate(restart_listeners=True)
            assert shown(emulator) not in (before, "")
            # Its connections end; it finds the server again, which is still the same.
            assert client.files.stat("/Cloud").is_folder
        assert emulator.certificate is not None and emulator.certificate.read_text() == shown(emulator)

    def test_one_that_is_sent(self, emulator: RunningEmulator, tmp_path: Path) -> None:
        sent = Certificate("127.0.0.1", tmp_path / "sent")
        other = Certificate("127.0.0.1", tmp_path / "other")
        with connect(emulator, insecure=True) as client:
            before = shown(emulator)
            with pytest.raises(errors.InvalidRequest, match="the key belongs to another"):
                client.service.configure_web_server(certificate=sent.file.read_text(), key=other.key_file.read_text())
            assert shown(emulator) == before
            client.service.configure_web_server(certificate=sent.file.read_text(), key=sent.key_file.read_text())
        assert shown(emulator) == sent.file.read_text()
        with connect(emulator, ca_file=sent.file) as client:
            assert client.files.stat("/Cloud").is_folder


@pytest.mark.strangers
class TestStrangers:
    @pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
    def test_curl_which_would_rather_speak_http2_downloads_and_puts(self, emulator: RunningEmulator, tmp_path: Path) -> None:
        (tmp_path / "film.mkv").write_bytes(CONTENT)
        curl = ["curl", "-sS", "--fail", "--noproxy", "*", "--cacert", str(emulator.certificate)]
        account = ["--user", f"{emulator.username}:{emulator.password}"]
        put = [*curl, *account, "-T", tmp_path / "film.mkv", f"{emulator.tls_url}/dav/Cloud/film.mkv"]
        subprocess.run(put, check=True, capture_output=True)
        with connect(emulator, ca_file=emulator.certificate) as client:
            link = client.files.download_url("/Cloud/film.mkv").url
        got = subprocess.run([*curl, "-r", "1000-4999999", link], check=True, capture_output=True).stdout
        assert got == CONTENT[1000:5_000_000]

    async def test_grpclib(self, emulator: RunningEmulator) -> None:
        context = ssl.create_default_context(cafile=str(emulator.certificate))
        context.set_alpn_protocols(["h2"])
        async with Channel("localhost", emulator.tls_port, ssl=context) as channel:
            sign_in: Any = UnaryUnaryMethod(channel, METHODS["GetToken"].path, pb.GetTokenRequest, pb.JWTToken)
            assert (await sign_in(pb.GetTokenRequest(userName=emulator.username, password=emulator.password))).success


async def used_over_tls() -> None:
    """Start, use both kinds of connection, leave one open before its handshake and one after it, stop."""
    async with Emulator(tls_port=0) as emulator:
        assert emulator.certificate is not None and emulator.tls_port is not None
        context = ssl.create_default_context(cafile=str(emulator.certificate))
        _, silent = await asyncio.open_connection("127.0.0.1", emulator.tls_port)
        _, idle = await asyncio.open_connection("127.0.0.1", emulator.tls_port, ssl=context)
        async with httpx.AsyncClient(trust_env=False, verify=context) as http:
            assert (await http.get(f"{emulator.tls_url}/")).status_code == 404
        async with Channel("127.0.0.1", emulator.tls_port, ssl=context) as channel:
            info: Any = UnaryUnaryMethod(channel, METHODS["GetSystemInfo"].path, Empty, pb.CloudDriveSystemInfo)
            assert (await info(Empty())).SystemReady
    for writer in (silent, idle):
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_nothing_is_left_behind() -> None:
    def files() -> int:
        gc.collect()
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    await used_over_tls()
    tasks, before = len(asyncio.all_tasks()), files()
    for _ in range(10):
        await used_over_tls()
    assert len(asyncio.all_tasks()) == tasks
    assert files() <= before + 3


async def test_many_who_break_off_in_the_middle_of_the_handshake(emulator: RunningEmulator) -> None:
    assert emulator.tls_port is not None
    for length in (0, 1, 5, 60):
        for _ in range(25):
            _, writer = await asyncio.open_connection("127.0.0.1", emulator.tls_port)
            # The start of a record that announces more than ever comes.
            writer.write((b"\x16\x03\x01\x02\x00\x01" + bytes(60))[:length])
            writer.transport.abort()
    async with cd2.AsyncClient(emulator.tls_url, username="user", password="password", insecure=True) as client:
        assert (await client.files.stat("/Cloud")).is_folder
