"""``client.webdav``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.testing import RunningEmulator


def status_for(emulator: RunningEmulator, name: str, password: str) -> int:
    return httpx.request("PROPFIND", f"{emulator.url}/dav/", auth=(name, password), headers={"Depth": "0"}).status_code


async def test_the_server(client: AsyncClient, emulator: RunningEmulator) -> None:
    server = await client.webdav.server()
    assert (server.enabled, server.path, server.account, server.anonymous, server.users) == (True, "/dav", True, False, ())
    assert (server.addresses, server.http_port, server.https_port) == (("127.0.0.1",), emulator.port, 0)
    changed = await client.webdav.configure(anonymous=True, anonymous_root="/Cloud", account_read_only=True, access_log=True)
    assert (changed.anonymous, changed.anonymous_root, changed.anonymous_read_only) == (True, "/Cloud", True)
    assert (changed.enabled, changed.account_read_only, changed.access_log) == (True, True, True)
    assert not (await client.webdav.configure(enabled=False)).enabled


async def test_users(client: AsyncClient, emulator: RunningEmulator) -> None:
    made = await client.webdav.add_user("guest", "pä:ss", root_folder="/Cloud", read_only=True)
    assert (made.name, made.password, made.root_folder, made.read_only, made.enabled) == ("guest", "pä:ss", "/Cloud", True, True)
    assert "pä:ss" not in repr(made) and "pä:ss" not in repr(await client.webdav.server())
    assert status_for(emulator, "guest", "pä:ss") == 207
    changed = await client.webdav.modify_user("guest", read_only=False)
    assert (changed.password, changed.root_folder, changed.read_only) == ("pä:ss", "/Cloud", False)
    await client.webdav.modify_user("guest", password="new", root_folder="/", guest=True)
    assert (status_for(emulator, "guest", "pä:ss"), status_for(emulator, "guest", "new")) == (401, 207)
    assert not (await client.webdav.modify_user("guest", enabled=False)).enabled
    assert status_for(emulator, "guest", "new") == 401
    await client.webdav.remove_user("guest")
    with pytest.raises(errors.NotFound):
        await client.webdav.user("guest")


async def test_bad_input(client: AsyncClient, emulator: RunningEmulator) -> None:
    await client.webdav.add_user("a", "secret-password")
    with pytest.raises(errors.AlreadyExists) as caught:
        await client.webdav.add_user("a", "secret-password")
    assert "secret-password" not in str(caught.value)
    for name, password in (("", "p"), ("a:b", "p"), ("b", "")):
        with pytest.raises(errors.ConfigError, match="a WebDAV user needs a"):
            await client.webdav.add_user(name, password)
    with pytest.raises(errors.ConfigError, match="nothing to change"):
        await client.webdav.modify_user("a")
    for call in (client.webdav.remove_user, client.webdav.user):
        with pytest.raises(errors.NotFound):
            await call("nobody")
    token = await client.tokens.create("looker", allow=["get_dav_config"])
    async with AsyncClient(emulator.url, token=token.token) as looker:
        await looker.webdav.server()
        with pytest.raises(errors.PermissionDenied, match="allow_modify_dav_config"):
            await looker.webdav.configure(enabled=False)
    emulator.faults.unimplemented("GetDavServerConfig")
    with pytest.raises(errors.Unsupported):
        await client.webdav.server()


async def test_survive_a_restart(emulator_factory: Callable[..., RunningEmulator], tmp_path: Path) -> None:
    first = emulator_factory(root=tmp_path / "drive")
    async with AsyncClient(first.url, username="user", password="password") as client:
        await client.webdav.configure(anonymous=True)
        user = await client.webdav.add_user("kept", "p", root_folder="/Cloud")
        await client.webdav.add_user("gone", "p")
        await client.webdav.remove_user("gone")
    first.on_loop(first.emulator.stop)
    second = emulator_factory(root=tmp_path / "drive")
    async with AsyncClient(second.url, username="user", password="password") as client:
        server = await client.webdav.server()
        assert (server.anonymous, server.users) == (True, (user,))
