"""What the how-to shows works as it stands there, but for addresses and files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.testing import RunningEmulator

Connect = Callable[..., AsyncClient]
DOCS = Path(__file__).parents[3] / "docs" / "howto"
PAGES = ("reverse-proxy.md", "reverse-proxy.zh-CN.md")


def shown(page: str) -> list[str]:
    return re.findall(r"```nginx\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), flags=re.DOTALL)


def test_both_languages_show_the_same() -> None:
    first, second = ([re.sub(r" *#.*", "", block) for block in shown(page)] for page in PAGES)
    assert first == second
    assert len(first) == 2


@pytest.fixture
def as_shown(start_nginx: Callable[..., Any], emulator: RunningEmulator) -> Callable[..., Any]:
    """``as_shown(0, certificate)``: nginx with a server block of the page."""

    def start(number: int, certificate: tuple[Path, Path] | None = None) -> Any:
        block = shown(PAGES[0])[number].replace("127.0.0.1:19798", f"127.0.0.1:{emulator.port}")
        listen, body = re.fullmatch(r"server \{\s*listen \d+([^;]*);(.*)\}\s*", block, flags=re.DOTALL).groups()  # type: ignore[union-attr]
        if certificate is not None:
            body = body.replace("/etc/nginx/server.crt", str(certificate[0])).replace(
                "/etc/nginx/server.key", str(certificate[1])
            )
        return start_nginx(emulator.port, listen=listen, block=body)

    return start


async def test_that_carries_both(
    as_shown: Callable[..., Any], connect: Connect, emulator: RunningEmulator, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    nginx = as_shown(0, certificate)
    source = tmp_path / "film.mkv"
    source.write_bytes(bytes(5_000_000))
    for transport, routes in (("auto", ["remote", "write", "grpc-web"]), ("grpc-web", ["grpc-web", "write"])):
        client = connect(nginx.url, ca_file=certificate[0], transport=transport)
        for route in routes:
            uploaded = await client.uploads.upload(source, f"/Cloud/{transport}-{route}.mkv", routes=[route])
            assert (uploaded.route, uploaded.verified) == (route, "hash")
            assert await client.files.read_bytes(uploaded.path) == source.read_bytes()
        assert client.connection.transport == {"auto": "grpc"}.get(transport, transport)
        await client.close()
    # Streams of the client got through, larger than what nginx takes by default.
    assert emulator.calls.count("WriteToFileStream") > 1


async def test_that_carries_grpc_web(as_shown: Callable[..., Any], connect: Connect, tmp_path: Path) -> None:
    source = tmp_path / "film.mkv"
    source.write_bytes(bytes(5_000_000))
    client = connect(as_shown(1).url)
    for route in ("grpc-web", "write"):
        uploaded = await client.uploads.upload(source, f"/Cloud/{route}.mkv", routes=[route])
        assert (uploaded.route, uploaded.verified) == (route, "hash")
        assert await client.files.read_bytes(uploaded.path) == source.read_bytes()
    assert client.connection.transport == "grpc-web"
