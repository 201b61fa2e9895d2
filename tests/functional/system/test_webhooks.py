"""``client.webhooks``, and what the emulator sends by them to a receiver on this machine."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.client.aio import AsyncClient
from clouddrive2.emulator.webhooks import is_valid
from clouddrive2.models.webhooks import WebhookConfig
from clouddrive2.testing import RunningEmulator

SECONDS = 20


@dataclass
class Delivered:
    method: str
    path: str
    headers: dict[str, str]
    body: str


class Receiver:
    """Takes whatever is sent."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[Delivered] = queue.Queue()
        arrived = self.arrived

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                arrived.put(Delivered(self.command, self.path, dict(self.headers), body))
                self.send_response(204)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def next(self) -> Delivered:
        return self.arrived.get(timeout=SECONDS)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


async def test_files(client: AsyncClient, receiver: Receiver) -> None:
    webhook = await client.webhooks.add("a.toml", WebhookConfig(f"{receiver.url}/hook", {"X-Secret": "s"}))
    assert webhook.is_valid
    await client.files.mkdir('/Cloud/one "电影"')
    first = receiver.next()
    assert (first.method, first.path, first.headers["x-secret"]) == ("POST", "/hook", "s")
    assert first.headers["content-type"] == "application/json"
    told = json.loads(first.body)
    assert (told["event_category"], told["event_name"], told["version"], told["user_name"]) == ("file", "notify", "1.1.2", "user")
    created = {"action": "create", "is_dir": "true", "source_file": '/Cloud/one "电影"', "destination_file": ""}
    assert told["data"] == [created]
    await client.files.rename('/Cloud/one "电影"', "two")
    [renamed] = json.loads(receiver.next().body)["data"]
    assert (renamed["action"], renamed["destination_file"]) == ("rename", "/Cloud/two")
    await client.files.delete("/Cloud/two")
    assert json.loads(receiver.next().body)["data"][0]["action"] == "delete"


async def test_what_comes_together_is_sent_together(client: AsyncClient, emulator: RunningEmulator, receiver: Receiver) -> None:
    await client.webhooks.add("a.toml", WebhookConfig(receiver.url, mounts=False))

    def three() -> None:
        for name in "abc":
            emulator.emulator.world.announce("CREATE", f"/Cloud/{name}", is_folder=False)

    emulator.on_loop(three)
    assert [each["source_file"] for each in json.loads(receiver.next().body)["data"]] == ["/Cloud/a", "/Cloud/b", "/Cloud/c"]


async def test_mounts(client: AsyncClient, emulator: RunningEmulator, receiver: Receiver) -> None:
    emulator.world.options.real_mounts = False
    await client.webhooks.add("a.toml", WebhookConfig(receiver.url, files=False, time_format="rfc3339"))
    await client.mounts.add("/CloudNAS", "/Cloud")
    await client.files.mkdir("/Cloud/unheard")
    await client.mounts.mount("/CloudNAS")
    told = json.loads(receiver.next().body)
    assert (told["event_category"], told["event_name"]) == ("mount_point", "mount")
    assert told["event_time"].endswith("+00:00")
    assert told["data"] == [{"action": "mount", "mount_point": "/CloudNAS", "status": "true", "reason": ""}]


async def test_words_of_ones_own(client: AsyncClient, receiver: Receiver) -> None:
    toml = f"""
        [global_params]
        base_url = "{receiver.url}"
        [global_params.default_headers]
        X-One = "default"
        X-Two = "default"
        [file_system_watcher]
        url = "{{base_url}}/{{action}}"
        method = "GET"
        enabled = true
        [file_system_watcher.headers]
        x-two = "watcher"
    """
    assert (await client.webhooks.add("get.toml", toml)).is_valid
    await client.files.mkdir("/Cloud/a")
    got = receiver.next()
    assert (got.method, got.path, got.body) == ("GET", "/create", "")
    assert (got.headers["x-one"], got.headers["x-two"]) == ("default", "watcher")


async def test_without_a_membership_nothing_is_sent(client: AsyncClient, emulator: RunningEmulator, receiver: Receiver) -> None:
    emulator.world.options.webhook_membership = False
    assert (await client.webhooks.add("a.toml", WebhookConfig(receiver.url, mounts=False))).is_valid
    await client.files.mkdir("/Cloud/silent")
    # Twice the time in which changes are gathered, by a call that waits for the same loop.
    emulator.faults.delay("GetSystemInfo", 0.2)
    await client.system.info()
    emulator.world.options.webhook_membership = True
    await client.files.mkdir("/Cloud/heard")
    assert [each["source_file"] for each in json.loads(receiver.next().body)["data"]] == ["/Cloud/heard"]


async def test_change_remove_and_what_cannot_be_used(client: AsyncClient, receiver: Receiver) -> None:
    assert is_valid(await client.webhooks.template())
    assert not (await client.webhooks.add("a.toml", "[file_system_watcher]\nenabled = true\n")).is_valid
    assert (await client.webhooks.change("a.toml", WebhookConfig(receiver.url))).is_valid
    assert [(each.name, each.is_valid) for each in await client.webhooks.list()] == [("a.toml", True)]
    assert receiver.url not in repr(await client.webhooks.get("a.toml"))
    with pytest.raises(errors.AlreadyExists):
        await client.webhooks.add("a.toml", WebhookConfig(receiver.url))
    await client.webhooks.remove("a.toml")
    for call in (client.webhooks.remove, client.webhooks.get):
        with pytest.raises(errors.NotFound):
            await call("a.toml")
    with pytest.raises(errors.NotFound):
        await client.webhooks.change("a.toml", WebhookConfig(receiver.url))
    with pytest.raises(errors.ConfigError, match="TOML"):
        await client.webhooks.add("b.toml", "= 1")
    with pytest.raises(errors.ConfigError, match="cannot be a name"):
        await client.webhooks.add("../b.toml", WebhookConfig(receiver.url))


async def test_permissions_and_old_servers(client: AsyncClient, emulator: RunningEmulator) -> None:
    token = await client.tokens.create("looker", allow=["get_system_settings"])
    async with AsyncClient(emulator.url, token=token.token) as looker:
        assert await looker.webhooks.list() == []
        with pytest.raises(errors.PermissionDenied):
            await looker.webhooks.add("a.toml", WebhookConfig("http://nas"))
    emulator.faults.unimplemented("GetWebhookConfigs")
    with pytest.raises(errors.Unsupported):
        await client.webhooks.list()


async def test_survive_a_restart(emulator_factory: Callable[..., RunningEmulator], tmp_path: Path, receiver: Receiver) -> None:
    first = emulator_factory(root=tmp_path / "drive")
    async with AsyncClient(first.url, username="user", password="password") as client:
        await client.webhooks.add("a.toml", WebhookConfig(receiver.url))
    first.on_loop(first.emulator.stop)
    second = emulator_factory(root=tmp_path / "drive")
    async with AsyncClient(second.url, username="user", password="password") as client:
        await client.files.mkdir("/Cloud/again")
    assert "/Cloud/again" in receiver.next().body
