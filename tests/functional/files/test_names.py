"""Awkward names stay exactly as they are, through every call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from clouddrive2.client.aio import AsyncClient
from clouddrive2.models.files import Entry

Put = Callable[..., Awaitable[Entry]]

NAMES = [
    "with space",
    " leading and trailing ",
    "中文文件.mkv",
    "emoji 🎬🏳️‍🌈",
    "#1 hash",
    "100%",
    "%2F%41",
    "a&b=c?d;e",
    "plus+plus",
    "e\u0301 decomposed",
    "\u00e9 composed",
    "quote\"'`",
    "back\\slash",
    "new\nline",
    ".hidden",
    "tail.",
    "{SCHEME}{HOST}",
    "a" * 255,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
async def test_through_every_call(client: AsyncClient, put: Put, tmp_path: Path, name: str) -> None:
    files = client.files
    folder = f"/Cloud/{name}"
    assert (await files.mkdir(folder)).path == folder
    await put(f"{folder}/{name}", b"content")
    assert [(entry.path, entry.name) async for entry in files.list(folder)] == [(f"{folder}/{name}", name)]
    assert (await files.stat(f"{folder}/{name}")).name == name
    assert [entry.name async for entry in files.search("/Cloud", name)] == [name, name]
    assert await files.read_bytes(f"{folder}/{name}", start=2) == b"ntent"
    local = (await files.download(f"{folder}/{name}", tmp_path)).path
    assert (local, local.read_bytes()) == (tmp_path / name, b"content")
    assert await files.rename(f"{folder}/{name}", "plain") == f"{folder}/plain"
    assert await files.rename(f"{folder}/plain", name) == f"{folder}/{name}"
    [copied] = await files.copy(f"{folder}/{name}", "/Cloud", on_conflict="rename")
    assert copied != folder and await files.read_bytes(copied) == b"content"
    await files.delete(folder)
    assert not await files.exists(folder)


async def test_composed_and_decomposed_names_are_two(client: AsyncClient, put: Put) -> None:
    await put("/Cloud/\u00e9", b"composed")
    await put("/Cloud/e\u0301", b"decomposed")
    assert await client.files.read_bytes("/Cloud/\u00e9") == b"composed"
    assert await client.files.read_bytes("/Cloud/e\u0301") == b"decomposed"
