"""TLS: an own authority, the explicit switch that trusts anybody, and clear words when neither is given."""

from __future__ import annotations

import asyncio
import logging
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificates with openssl")
Connect = Callable[..., AsyncClient]
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass
class Certificate:
    """A certificate with its key."""

    pem: Path
    key: Path


OverTls = Callable[[Certificate], AbstractAsyncContextManager[str]]


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def own_word(folder: Path, name: str, subject: str, *names: str) -> Certificate:
    """A certificate that nobody but itself vouches for."""
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    more = ("-addext", f"subjectAltName={','.join(names)}") if names else ()
    openssl("req", "-x509", *CURVE, "-days", "2", "-subj", f"/CN={subject}", "-keyout", made.key, "-out", made.pem, *more)
    return made


def signed_by(authority: Certificate, folder: Path, *names: str) -> Certificate:
    """A certificate that an authority vouches for."""
    made, request, extensions = Certificate(folder / "leaf.pem", folder / "leaf.key"), folder / "leaf.csr", folder / "ext"
    extensions.write_text(f"subjectAltName={','.join(names)}\nauthorityKeyIdentifier=keyid\n")
    openssl("req", "-new", *CURVE, "-subj", "/CN=leaf", "-keyout", made.key, "-out", request)
    signing = ("-CA", authority.pem, "-CAkey", authority.key, "-CAcreateserial", "-extfile", extensions)
    openssl("x509", "-req", "-in", request, "-days", "2", "-out", made.pem, *signing)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Certificate:
    made = Certificate(folder / "authority.pem", folder / "authority.key")
    uses = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", "-x509", *CURVE, "-days", "2", "-subj", "/CN=Test authority", "-keyout", made.key, "-out", made.pem, *uses)
    return made


@pytest.fixture(scope="module")
def certificates(folder: Path, authority: Certificate) -> dict[str, Certificate]:
    return {
        "signed": signed_by(authority, folder, "DNS:localhost", "IP:127.0.0.1"),
        "self-signed": own_word(folder, "self", "localhost", "DNS:localhost", "IP:127.0.0.1"),
        "another name": own_word(folder, "other", "nas", "DNS:nas.example", "DNS:*.nas.example"),
        "an address only": own_word(folder, "address", "127.0.0.1", "IP:127.0.0.1"),
        "no alternative names": own_word(folder, "plain", "nas.example"),
    }


@pytest.fixture
def over_tls(emulator: RunningEmulator) -> OverTls:
    """``async with over_tls(certificate) as url``: the emulator's port behind TLS, as the vendor's second port is."""

    @asynccontextmanager
    async def relay(certificate: Certificate) -> AsyncIterator[str]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.pem, certificate.key)
        context.set_alpn_protocols(["h2", "http/1.1"])
        tasks: set[asyncio.Task[None]] = set()

        async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while data := await reader.read(1 << 16):
                    writer.write(data)
                    await writer.drain()
            finally:
                writer.close()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", emulator.port)
            both = (copy(reader, inner_writer), copy(inner_reader, writer))
            await asyncio.gather(*both, return_exceptions=True)
            for each in (writer, inner_writer):
                with suppress(OSError):
                    await each.wait_closed()

        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
        try:
            yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            emulator.drop_connections()
            await asyncio.gather(*tasks)

    return relay


async def everything_works(client: AsyncClient) -> None:
    created = await client.raw.CreateFile(pb.CreateFileRequest(parentPath="/Cloud", fileName="f"))
    await client.raw.WriteToFile(pb.WriteFileRequest(fileHandle=created.fileHandle, length=1, buffer=b"1", closeFile=True))
    while (await client.files.stat("/Cloud/f")).pending:
        pass
    assert (await client.files.download_url("/Cloud/f")).url.startswith("https://")
    assert await client.files.read_bytes("/Cloud/f") == b"1"


@pytest.mark.parametrize(("shown", "trusted"), [("signed", "authority"), ("self-signed", "self")])
async def test_own_authority(
    emulator: RunningEmulator,
    connect: Connect,
    over_tls: OverTls,
    certificates: dict[str, Certificate],
    folder: Path,
    shown: str,
    trusted: str,
) -> None:
    async with over_tls(certificates[shown]) as url:
        client = connect(emulator, url=url, ca_file=folder / f"{trusted}.pem")
        await everything_works(client)
        await client.close()


@pytest.mark.parametrize("shown", ["signed", "self-signed", "another name", "an address only", "no alternative names"])
async def test_insecure_trusts_whatever_is_shown(
    emulator: RunningEmulator,
    connect: Connect,
    over_tls: OverTls,
    certificates: dict[str, Certificate],
    shown: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with over_tls(certificates[shown]) as url:
        client = connect(emulator, url=url, insecure=True)
        with caplog.at_level(logging.WARNING):
            await everything_works(client)
        await client.close()
    assert f"the certificate of {url} is not verified" in caplog.text


@pytest.mark.parametrize("shown", ["signed", "self-signed"])
async def test_a_stranger_is_refused(
    emulator: RunningEmulator,
    connect: Connect,
    over_tls: OverTls,
    certificates: dict[str, Certificate],
    shown: str,
) -> None:
    async with over_tls(certificates[shown]) as url:
        client = connect(emulator, url=url)
        with pytest.raises(errors.ConnectError, match=r"the server's certificate is not trusted .* name its authority"):
            await client.files.stat("/Cloud")
        await client.close()
    assert emulator.calls.count("GetToken") == 0


async def test_the_right_authority_but_another_host(
    emulator: RunningEmulator,
    connect: Connect,
    over_tls: OverTls,
    certificates: dict[str, Certificate],
    folder: Path,
) -> None:
    async with over_tls(certificates["another name"]) as url:
        client = connect(emulator, url=url, ca_file=folder / "other.pem")
        with pytest.raises(errors.ConnectError, match=r"the server's certificate is not trusted"):
            await client.files.stat("/Cloud")
        await client.close()


async def test_no_tls_on_the_other_side(emulator: RunningEmulator, connect: Connect) -> None:
    url = emulator.url.replace("http://", "https://")
    with pytest.raises(errors.ConnectError, match=r"does not speak TLS on this port .* write http://"):
        await connect(emulator, url=url).files.stat("/Cloud")
    with pytest.raises(errors.ConnectError, match=r"is HTTPS enabled on that port|does not speak TLS on this port"):
        await connect(emulator, url=url, insecure=True).files.stat("/Cloud")


async def test_no_tls_on_this_side(
    emulator: RunningEmulator, connect: Connect, over_tls: OverTls, certificates: dict[str, Certificate]
) -> None:
    async with over_tls(certificates["signed"]) as url:
        client = connect(emulator, url=url.replace("https://", "http://"))
        with pytest.raises(errors.Unreachable):
            await client.files.stat("/Cloud")
        await client.close()


async def test_a_file_that_holds_no_certificate(emulator: RunningEmulator, connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "not.pem").write_text("nothing of the kind")
    client = connect(emulator, url="https://127.0.0.1:1", ca_file=tmp_path / "not.pem")
    with pytest.raises(errors.ConfigError, match=r"not\.pem holds no certificate"):
        await client.files.stat("/Cloud")
