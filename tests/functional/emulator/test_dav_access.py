"""Who may use WebDAV, what he sees, and the RPCs that decide it (protocol.md §15, §2.6)."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator

WRITING = ("PUT", "MKCOL", "DELETE", "MOVE", "COPY", "PROPPATCH", "LOCK")


async def ask(
    emulator: RunningEmulator, verb: str, path: str, auth: tuple[str, str] | None = None, **more: Any
) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, auth=auth) as http:
        return await http.request(verb, f"{emulator.url}/dav{path}", **more)


async def look(emulator: RunningEmulator, path: str, auth: tuple[str, str] | None = None) -> int:
    return (await ask(emulator, "PROPFIND", path, auth, headers={"Depth": "0"})).status_code


@pytest.fixture
async def tree(emulator: RunningEmulator, stub: Any, put: Any) -> None:
    await stub.CreateFolder(pb.CreateFolderRequest(parentPath="/Cloud", folderName="sub"))
    await put("/Cloud/sub/f", b"inside")
    await put("/Cloud/secret", b"outside")


async def test_the_account_and_nobody_else(emulator: RunningEmulator) -> None:
    good = (emulator.username, emulator.password)
    assert await look(emulator, "/Cloud", good) == 207
    for auth in (None, ("user", "wrong"), ("other", "password"), ("", ""), ("user", "")):
        assert await look(emulator, "/Cloud", auth) == 401
    asked = await ask(emulator, "GET", "/")
    assert asked.headers["www-authenticate"].startswith('Basic realm="')


@pytest.mark.parametrize(
    "header", ["Bearer x", "Basic", "Basic !!!", "Basic " + base64.b64encode(b"no colon").decode(), "Basic /w==", "Digest x=y"]
)
async def test_odd_credentials_are_nobodys(emulator: RunningEmulator, header: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        reply = await http.request("PROPFIND", f"{emulator.url}/dav/", headers={"Authorization": header})
    assert reply.status_code == 401


@pytest.mark.usefixtures("tree")
async def test_a_user_stays_in_his_root(emulator: RunningEmulator, stub: Any) -> None:
    await stub.AddDavUser(pb.AddDavUserRequest(userName="kid", password="pä:ss", rootPath="/Cloud/sub/"))
    auth = ("kid", "pä:ss")
    assert (await ask(emulator, "GET", "/f", auth)).content == b"inside"
    for path in (
        "/Cloud/secret",
        "/secret",
        "/../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/f/../../secret",
        "/%2e%2e%2f%2e%2e",
    ):
        assert await look(emulator, path, auth) in (400, 404), path
    for destination in ("/dav/../secret2", "/dav/%2e%2e/secret2", "/dav/x/..%2f..%2fsecret2", "/dav/none/x"):
        moved = await ask(emulator, "COPY", "/f", auth, headers={"Destination": emulator.url + destination})
        assert moved.status_code in (400, 403, 409, 502), destination
    assert (await ask(emulator, "MOVE", "/f", auth, headers={"Destination": "http://elsewhere/dav/g"})).status_code == 502
    found = await ask(emulator, "PROPFIND", "/", (emulator.username, emulator.password), headers={"Depth": "infinity"})
    assert "secret2" not in found.text
    assert (await ask(emulator, "PUT", "/g", auth, content=b"x")).status_code == 201
    assert await look(emulator, "/Cloud/sub/g", (emulator.username, emulator.password)) == 207


@pytest.mark.usefixtures("tree")
async def test_who_may_only_read(emulator: RunningEmulator, stub: Any) -> None:
    await stub.AddDavUser(pb.AddDavUserRequest(userName="reader", password="p", readOnly=True))
    await stub.AddDavUser(pb.AddDavUserRequest(userName="guest", password="p", guest=True))
    for name in ("reader", "guest"):
        assert (await ask(emulator, "GET", "/Cloud/sub/f", (name, "p"))).content == b"inside"
        for verb in WRITING:
            headers = {"Destination": f"{emulator.url}/dav/Cloud/new"}
            assert (await ask(emulator, verb, "/Cloud/sub/f", (name, "p"), headers=headers)).status_code == 403, verb
    assert await look(emulator, "/Cloud/sub/f", (emulator.username, emulator.password)) == 207
    assert await look(emulator, "/Cloud/new", (emulator.username, emulator.password)) == 404


async def test_users_are_changed_and_removed(emulator: RunningEmulator, stub: Any, refused: Any) -> None:
    await stub.AddDavUser(pb.AddDavUserRequest(userName="a", password="p"))
    async with refused("ALREADY_EXISTS"):
        await stub.AddDavUser(pb.AddDavUserRequest(userName="a", password="p"))
    for name in ("", "a:b"):
        async with refused("INVALID_ARGUMENT"):
            await stub.AddDavUser(pb.AddDavUserRequest(userName=name, password="p"))
    async with refused("INVALID_ARGUMENT"):
        await stub.AddDavUser(pb.AddDavUserRequest(userName="b", password="p", rootPath="/Cloud/../.."))
    assert await stub.GetDavUser(pb.StringValue(value="a")) == pb.DavUser(userName="a", password="p", rootPath="/", enabled=True)
    await stub.ModifyDavUser(pb.ModifyDavUserRequest(userName="a", readOnly=True))
    assert (await stub.GetDavUser(pb.StringValue(value="a"))).password == "p"
    assert await look(emulator, "/", ("a", "p")) == 207
    await stub.ModifyDavUser(pb.ModifyDavUserRequest(userName="a", password="q", readOnly=False, enabled=False))
    assert await look(emulator, "/", ("a", "q")) == 401
    await stub.ModifyDavUser(pb.ModifyDavUserRequest(userName="a", enabled=True))
    assert await look(emulator, "/", ("a", "p")) == 401
    assert await look(emulator, "/", ("a", "q")) == 207
    await stub.RemoveDavUser(pb.StringValue(value="a"))
    assert await look(emulator, "/", ("a", "q")) == 401
    for call in (stub.GetDavUser(pb.StringValue(value="a")), stub.RemoveDavUser(pb.StringValue(value="a"))):
        async with refused("NOT_FOUND"):
            await call
    async with refused("NOT_FOUND"):
        await stub.ModifyDavUser(pb.ModifyDavUserRequest(userName="a", password="p"))


@pytest.mark.usefixtures("tree")
async def test_settings(emulator: RunningEmulator, stub: Any, refused: Any) -> None:
    config = await stub.GetDavServerConfig()
    assert (config.davServerEnabled, config.davServerPath, config.httpPort) == (True, "/dav", emulator.port)
    assert (config.enableClouddriveAccount, config.clouddriveAccountReadOnly) == (True, False)
    assert (config.enableAnonymousAccess, config.anonymousReadOnly) == (False, True)
    change = pb.ModifyDavServerConfigRequest
    await stub.SetDavServerConfig(change(enableAnonymousAccess=True, anonymousRootPath="/Cloud/sub", enableAccessLog=True))
    assert (await ask(emulator, "GET", "/f")).content == b"inside"
    assert (await ask(emulator, "PUT", "/g", content=b"x")).status_code == 403
    assert await look(emulator, "/", ("user", "wrong")) == 401
    await stub.SetDavServerConfig(change(anonymousReadOnly=False))
    assert (await ask(emulator, "PUT", "/g", content=b"x")).status_code == 201
    good = (emulator.username, emulator.password)
    await stub.SetDavServerConfig(change(clouddriveAccountRootPath="/Cloud/sub", clouddriveAccountReadOnly=True))
    assert (await ask(emulator, "GET", "/f", good)).content == b"inside"
    assert (await ask(emulator, "DELETE", "/f", good)).status_code == 403
    async with refused("INVALID_ARGUMENT"):
        await stub.SetDavServerConfig(change(anonymousRootPath="/..", enableClouddriveAccount=False))
    assert await look(emulator, "/", good) == 207
    await stub.SetDavServerConfig(change(enableClouddriveAccount=False))
    assert await look(emulator, "/", good) == 401
    await stub.SetDavServerConfig(change(enableDavServer=False))
    assert await look(emulator, "/") == 404
    after = await stub.GetDavServerConfig()
    assert (after.davServerEnabled, after.anonymousRootPath, after.enableAccessLog) == (False, "/Cloud/sub", True)


async def test_permissions(stub: Any, refused: Any) -> None:
    looks = {"GetDavUser": pb.StringValue(value="a"), "GetDavServerConfig": None}
    changes = {
        "AddDavUser": pb.AddDavUserRequest(userName="b", password="p"),
        "ModifyDavUser": pb.ModifyDavUserRequest(userName="a", readOnly=True),
        "RemoveDavUser": pb.StringValue(value="a"),
        "SetDavServerConfig": pb.ModifyDavServerConfigRequest(enableAccessLog=True),
    }
    await stub.AddDavUser(pb.AddDavUserRequest(userName="a", password="p"))
    reader, writer = [
        stub.under(
            (await stub.CreateToken(pb.CreateTokenRequest(rootDir="/", permissions=pb.TokenPermissions(**{one: True})))).token
        )
        for one in ("allow_get_dav_config", "allow_modify_dav_config")
    ]
    for name, request in looks.items():
        await getattr(reader, name)(request)
        async with refused("PERMISSION_DENIED"):
            await getattr(writer, name)(request)
    for name, request in changes.items():
        async with refused("PERMISSION_DENIED"):
            await getattr(reader, name)(request)
        await getattr(writer, name)(request)


async def test_a_server_that_is_old_and_one_that_is_switched_off(
    emulator: RunningEmulator, stub: Any, emulator_factory: Callable[..., RunningEmulator]
) -> None:
    emulator.world.options.version = "1.0.9"
    assert (await stub.GetDavServerConfig()).httpPort == 0
    off = emulator_factory(options=EmulatorOptions(dav_enabled=False))
    assert await look(off, "/", (off.username, off.password)) == 404


def test_nothing_is_loaded_for_a_server_nobody_asks() -> None:
    program = (
        "import sys\nfrom clouddrive2.testing import running_emulator\nwith running_emulator(): print('wsgidav' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
