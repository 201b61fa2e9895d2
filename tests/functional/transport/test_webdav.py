"""Our WebDAV requests against two servers that share no code of ours: the emulator's, and a plain one over a folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import Retry, ServerConfig, Timeouts
from clouddrive2.errors import (
    AlreadyExists,
    ConfigError,
    ConnectError,
    Error,
    InvalidRequest,
    NotFound,
    OperationFailed,
    PermissionDenied,
    Throttled,
    Timeout,
    Unsupported,
)
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator
from clouddrive2.transport.webdav import WebDav

MIB = 1 << 20
# The plain server takes a '?' or a ';' in the new name for the start of something else.
NAMES = ["ä #1 100% 中文.bin", "🎬 film [2024] (a+b).mkv", "%41 is no A", "a\\b:c|d<e>\"f'*&=.txt", " lead", "what? really;no=1"]


@dataclass
class Served:
    """A server and the folder of it that tests work in."""

    config: ServerConfig
    folder: str


@pytest.fixture(params=["emulator", "plain"])
def served(request: pytest.FixtureRequest) -> Served:
    if request.param == "plain":
        plain = request.getfixturevalue("plain_dav")
        # Only for WebDAV: the account is another one, and its password is none that this server knows.
        own = {"dav_username": plain.username, "dav_password": plain.password}
        return Served(ServerConfig(plain.url, username="account", password="other", **own), "/")
    emulator: RunningEmulator = request.getfixturevalue("emulator")
    return Served(ServerConfig(emulator.url, username=emulator.username, password=emulator.password), emulator.cloud)


@pytest.fixture
async def dav(served: Served) -> AsyncIterator[WebDav]:
    dav = WebDav(served.config)
    yield dav
    await dav.close()


async def pieces(data: bytes, length: int = MIB) -> AsyncIterator[bytes]:
    for at in range(0, len(data), length):
        yield data[at : at + length]


@pytest.mark.parametrize("name", NAMES)
async def test_put_look_move_and_delete(dav: WebDav, served: Served, name: str) -> None:
    if served.folder == "/" and name == NAMES[-1]:
        pytest.skip("this server misreads such a name in a Destination")
    path, moved = (f"{served.folder.rstrip('/')}/{prefix}{name}" for prefix in ("", "moved "))
    await dav.put(path, pieces(b"12345"), 5)
    entry = await dav.stat(path)
    assert (entry.path, entry.name, entry.size, entry.is_file) == (path, path.rpartition("/")[2], 5, True)
    assert entry.modified is not None
    assert abs(entry.modified - datetime.now(UTC)) < timedelta(minutes=5)
    await dav.move(path, moved, replace=False)
    with pytest.raises(NotFound) as failure:
        await dav.stat(path)
    assert (failure.value.path, failure.value.rpc) == (path, "PROPFIND")
    assert [each.path for each in await dav.children(served.folder)] == [moved]
    await dav.delete(moved)
    assert await dav.children(served.folder) == []


async def test_replacing_needs_to_be_asked_for(dav: WebDav, served: Served) -> None:
    folder = served.folder.rstrip("/")
    await dav.put(f"{folder}/old", pieces(b"old"), 3)
    await dav.put(f"{folder}/new", pieces(b"newer"), 5)
    with pytest.raises(AlreadyExists):
        await dav.move(f"{folder}/new", f"{folder}/old", replace=False)
    assert (await dav.stat(f"{folder}/old")).size == 3
    await dav.move(f"{folder}/new", f"{folder}/old", replace=True)
    assert (await dav.stat(f"{folder}/old")).size == 5


async def test_folders(dav: WebDav, served: Served) -> None:
    folder = served.folder.rstrip("/")
    await dav.make_folder(f"{folder}/a b")
    assert (await dav.stat(f"{folder}/a b")).is_folder
    with pytest.raises(AlreadyExists):
        await dav.make_folder(f"{folder}/a b")
    with pytest.raises(NotFound, match="the folder around it does not exist"):
        await dav.make_folder(f"{folder}/none/below")
    with pytest.raises(NotFound, match="the folder around it does not exist"):
        await dav.put(f"{folder}/none/file", pieces(b"x"), 1)
    await dav.put(f"{folder}/a b/f", pieces(b"x"), 1)
    found = await dav.children(f"{folder}/a b")
    assert [(each.path, each.size) for each in found] == [(f"{folder}/a b/f", 1)]
    await dav.delete(f"{folder}/a b")
    with pytest.raises(NotFound):
        await dav.delete(f"{folder}/a b")


async def test_an_empty_and_a_big_file(dav: WebDav, served: Served) -> None:
    folder = served.folder.rstrip("/")
    await dav.put(f"{folder}/empty", pieces(b""), 0)
    assert (await dav.stat(f"{folder}/empty")).size == 0
    big = os.urandom(MIB) * 40
    await dav.put(f"{folder}/big", pieces(big), len(big))
    assert (await dav.stat(f"{folder}/big")).size == len(big)


async def test_a_body_that_breaks_off_leaves_nothing(dav: WebDav, served: Served) -> None:
    folder = served.folder.rstrip("/")

    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * MIB
        raise OperationFailed("the disk failed")

    with pytest.raises(OperationFailed, match="the disk failed"):
        await dav.put(f"{folder}/f", broken(), 2 * MIB)
    if served.folder == "/":
        # WsgiDAV over a folder keeps what it got; under the name that the writer chose for that.
        return
    with pytest.raises(NotFound):
        await dav.stat(f"{folder}/f")


async def test_wrong_credentials_cost_no_body(served: Served) -> None:
    own = {"dav_username": "nobody", "dav_password": "s3cret"}
    dav = WebDav(ServerConfig(served.config.url, **own))
    with pytest.raises(PermissionDenied, match="refuses this name or password") as failure:
        await dav.stat(served.folder)
    assert "s3cret" not in str(failure.value)
    assert "s3cret" not in repr(ServerConfig(served.config.url, **own))
    await dav.close()


async def test_a_user_who_sees_a_part(emulator: RunningEmulator) -> None:
    async with AsyncClient(emulator.url, username=emulator.username, password=emulator.password) as client:
        await client.raw.AddDavUser(pb.AddDavUserRequest(userName="part", password="p", rootPath="/Cloud/part"))
    whole = WebDav(ServerConfig(emulator.url, username=emulator.username, password=emulator.password))
    await whole.make_folder("/Cloud/part")
    dav = WebDav(ServerConfig(emulator.url, dav_username="part", dav_password="p", dav_root="/Cloud/part"))
    await dav.put("/Cloud/part/f", pieces(b"123"), 3)
    await dav.move("/Cloud/part/f", "/Cloud/part/g", replace=False)
    assert [each.path for each in await dav.children("/Cloud/part")] == ["/Cloud/part/g"]
    assert (await whole.stat("/Cloud/part/g")).size == 3
    for path in ("/Cloud/other", "/Cloud/party", "/"):
        assert not dav.covers(path)
        with pytest.raises(InvalidRequest, match="lies outside of /Cloud/part"):
            await dav.stat(path)
    await dav.close()
    await whole.close()


async def test_without_credentials_nothing_is_sent(emulator: RunningEmulator) -> None:
    dav = WebDav(ServerConfig(emulator.url, token="t"))
    assert dav.user is None
    with pytest.raises(ConfigError, match="dav_username"):
        await dav.stat("/Cloud")
    await dav.close()


async def test_no_answer(served: Served) -> None:
    dav = WebDav(ServerConfig("http://127.0.0.1:9", username="u", password="p", retry=Retry(first_delay=0.001)))
    with pytest.raises(ConnectError, match="PROPFIND: /Cloud: the server cannot be reached"):
        await dav.stat("/Cloud")
    await dav.close()


class Fixed:
    """A server that answers every request with the same bytes, and keeps what it was asked."""

    def __init__(self, answers: list[bytes]) -> None:
        self.answers = answers
        self.asked: list[bytes] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer:
            writer.write(answer)
            await writer.drain()
        else:
            await reader.read()
        writer.close()


@pytest.fixture
async def fixed() -> AsyncIterator[Callable[..., Fixed]]:
    servers: list[asyncio.Server] = []

    async def start(*answers: bytes) -> Fixed:
        made = Fixed(list(answers))
        server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        servers.append(server)
        return made

    yield start
    for server in servers:
        server.close()


def answer(code: int, body: str = "", *headers: str) -> bytes:
    head = "".join(
        f"{line}\r\n" for line in (f"HTTP/1.1 {code} X", f"Content-Length: {len(body)}", "Connection: close", *headers)
    )
    return f"{head}\r\n{body}".encode()


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (400, InvalidRequest, "rejects the request"),
        (401, PermissionDenied, "dav_username and dav_password"),
        (403, PermissionDenied, "read-only"),
        (404, NotFound, "does not exist"),
        (405, Unsupported, "serves no WebDAV"),
        (409, NotFound, "the folder around it does not exist"),
        (413, InvalidRequest, "client_max_body_size"),
        (423, OperationFailed, "locked"),
        (429, Throttled, "slow down"),
        (500, OperationFailed, "the server failed"),
        (501, Unsupported, "serves no WebDAV"),
        (502, ConnectError, "behind a proxy"),
        (507, OperationFailed, "no room"),
    ],
)
async def test_every_refusal_is_one_sentence(fixed: Callable[..., Fixed], code: int, kind: type[Error], says: str) -> None:
    server = await fixed(answer(code, "<html>a page\nof a proxy</html>"))
    dav = WebDav(ServerConfig(server.url, username="u", password="s3cret"))
    with pytest.raises(kind, match=says) as failure:
        await dav.put("/Cloud/f", pieces(b"x"), 1)
    text = str(failure.value)
    assert text.startswith("PUT: /Cloud/f: ")
    assert f"HTTP {code}" in text
    assert not any(part in text for part in ("\n", "<html>", "s3cret"))
    assert len(server.asked) == 1
    assert b"\r\nauthorization: Basic " in server.asked[0].replace(b"Authorization", b"authorization")
    await dav.close()


async def test_what_may_be_repeated_is(fixed: Callable[..., Fixed]) -> None:
    good = '<D:multistatus xmlns:D="DAV:"><D:response><D:href>/dav/f</D:href><D:propstat><D:prop><D:getcontentlength>7' + (
        "</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
    )
    server = await fixed(answer(502), answer(503), answer(207, good))
    dav = WebDav(ServerConfig(server.url, username="u", password="p", retry=Retry(first_delay=0.001)))
    assert (await dav.stat("/f")).size == 7
    assert len(server.asked) == 3
    await dav.close()


async def test_a_folder_whose_address_ends_with_a_slash(fixed: Callable[..., Fixed]) -> None:
    good = '<D:multistatus xmlns:D="DAV:"><D:response><D:href>http://h/dav/f/</D:href><D:propstat><D:prop><D:resourcetype>' + (
        "<D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
    )
    server = await fixed(answer(301, "", "Location: /dav/f/"), answer(207, good))
    dav = WebDav(ServerConfig(server.url, username="u", password="p"))
    assert (await dav.stat("/f")).is_folder
    assert server.asked[1].startswith(b"PROPFIND /dav/f/ HTTP/1.1")
    assert await dav.children("/f") == []
    await dav.close()


@pytest.mark.parametrize("body", ["", "<html/>", "no xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
async def test_what_is_no_webdav(fixed: Callable[..., Fixed], body: str) -> None:
    for code in (200, 207):
        server = await fixed(answer(code, body))
        dav = WebDav(ServerConfig(server.url, username="u", password="p"))
        with pytest.raises(Unsupported, match="serves no WebDAV"):
            await dav.stat("/Cloud")
        await dav.close()


async def test_a_server_that_never_answers(fixed: Callable[..., Fixed]) -> None:
    server = await fixed(b"")
    patience = Timeouts(slow=0.05, data=0.05)
    dav = WebDav(
        ServerConfig(server.url, username="u", password="p", timeouts=patience, retry=Retry(attempts=2, first_delay=0.001))
    )
    with pytest.raises(Timeout, match="PROPFIND: /Cloud: the server did not answer in time"):
        await dav.stat("/Cloud")
    with pytest.raises(Timeout, match="PUT: /Cloud/f"):
        await dav.put("/Cloud/f", pieces(b"x"), 1)
    assert [head.split()[0] for head in server.asked] == [b"PROPFIND", b"PROPFIND", b"PUT"]
    await dav.close()


async def test_proxies_of_the_environment_are_ignored(emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    dav = WebDav(ServerConfig(emulator.url, username=emulator.username, password=emulator.password))
    assert (await dav.stat("/Cloud")).is_folder
    await dav.close()
