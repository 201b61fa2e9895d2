"""Word of changes, sent to addresses people have written into configurations (protocol.md §16.2, §16.3)."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Webhooks", "is_valid"]

logger = logging.getLogger(__name__)
BATCH_SECONDS = 0.05
SEND_SECONDS = 10.0
CATEGORIES = {"file": "file_system_watcher", "mount_point": "mount_point_watcher"}
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(slots=True)
class Event:
    """One change: its category, name, and placeholders of its own."""

    category: str
    name: str
    at: float
    values: dict[str, str] = field(default_factory=dict)


class Webhooks:
    """Configurations by file name, and who sends.

    Nothing is listened to while no configuration can be used.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.configs: dict[str, str] = dict(world.state.load("webhooks", {}))
        self._sender: asyncio.Task[None] | None = None

    def arrange(self) -> None:
        """Begin or end to listen, as the configurations want it. On the server's loop."""
        self._world.state.save("webhooks", dict(self.configs))
        wanted = any(is_valid(content) for content in self.configs.values())
        if wanted and self._sender is None:
            self._sender = asyncio.create_task(self._send_all(self._world.listen()))
        elif not wanted and self._sender is not None:
            self._sender.cancel()
            self._sender = None

    async def close(self) -> None:
        """Stop sending."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait([self._sender])
            self._sender = None

    async def _send_all(self, queue: asyncio.Queue[pb.CloudDrivePushMessage]) -> None:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=SEND_SECONDS) as client:
                while True:
                    messages = [await queue.get()]
                    await asyncio.sleep(BATCH_SECONDS)
                    while not queue.empty():
                        messages.append(queue.get_nowait())
                    events = [event for event in map(self._event, messages) if event is not None]
                    if events and self._world.options.webhook_membership:
                        await self._send(client, events)
        finally:
            self._world.unlisten(queue)

    def _event(self, message: pb.CloudDrivePushMessage) -> Event | None:
        now = self._world.clock()
        if message.HasField("fileSystemChange"):
            change = message.fileSystemChange
            values = {
                "action": pb.FileSystemChange.ChangeType.Name(change.changeType).lower(),
                "is_dir": str(change.isDirectory).lower(),
                "source_file": change.path,
                "destination_file": change.newPath,
            }
            return Event("file", "notify", now, values)
        if message.HasField("mountPointChange"):
            mount = message.mountPointChange
            action = pb.MountPointChange.ActionType.Name(mount.actionType).lower()
            values = {
                "action": action,
                "mount_point": mount.mountPoint,
                "status": str(mount.success).lower(),
                "reason": mount.failReason,
            }
            return Event("mount_point", action, now, values)
        return None

    async def _send(self, client: httpx.AsyncClient, events: list[Event]) -> None:
        for content in list(self.configs.values()):
            if not is_valid(content):
                continue
            config = tomllib.loads(content)
            common = config.get("global_params", {})
            for category, table in CATEGORIES.items():
                watcher = config.get(table, {})
                if not (common.get("enabled", True) and watcher.get("enabled")):
                    continue
                for batch in _batches([event for event in events if event.category == category], watcher):
                    await self._request(client, common, watcher, batch)

    async def _request(
        self, client: httpx.AsyncClient, common: dict[str, Any], watcher: dict[str, Any], batch: list[Event]
    ) -> None:
        values = [self._values(event, common) for event in batch]
        headers = {name.lower(): str(value) for name, value in common.get("default_headers", {}).items()}
        headers |= {name.lower(): str(value) for name, value in watcher.get("headers", {}).items()}
        method = watcher.get("method", "POST").upper()
        body = None if method == "GET" else _body(watcher.get("body", ""), values).encode("utf-8", "replace")
        try:
            await client.request(method, _filled(watcher["url"], values[0]), headers=headers, content=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Nothing is tried again (protocol.md §16.3). Address and headers may hold secrets.
            logger.info("a webhook was not delivered: %s", type(error).__name__, extra={"action": "webhook_failed"})

    def _values(self, event: Event, common: dict[str, Any]) -> dict[str, str]:
        world, style = self._world, str(common.get("time_format", ""))
        return {
            "base_url": str(common.get("base_url", "")),
            "device_name": "emulator",
            "user_name": world.username,
            "version": world.options.version,
            "event_category": event.category,
            "event_name": event.name,
            "event_time": _time(event.at, style),
            "send_time": _time(world.clock(), style),
            **event.values,
        }


def is_valid(content: str) -> bool:
    """Whether a configuration can be used: TOML, and each watcher in it has an address and a switch."""
    try:
        config = tomllib.loads(content)
    except tomllib.TOMLDecodeError:
        return False
    watchers = [config[table] for table in CATEGORIES.values() if table in config]
    common = config.get("global_params", {})
    return (
        bool(watchers)
        and _has_headers(common, "default_headers")
        and all(
            isinstance(watcher, dict)
            and isinstance(watcher.get("url"), str)
            and isinstance(watcher.get("enabled"), bool)
            and str(watcher.get("method", "POST")).upper() in ("GET", "POST")
            and isinstance(watcher.get("body", ""), str)
            and _has_headers(watcher, "headers")
            for watcher in watchers
        )
    )


def _has_headers(table: Any, key: str) -> bool:
    return isinstance(table, dict) and isinstance(table.get(key, {}), dict)


def _batches(events: list[Event], watcher: dict[str, Any]) -> Iterator[list[Event]]:
    """Events that go together: all of one name, where the body has a list for them."""
    together = _item(watcher.get("body", "")) is not None
    for name in dict.fromkeys(event.name for event in events):
        some = [event for event in events if event.name == name]
        yield from [some] if together else [[event] for event in some]


def _item(body: str) -> tuple[dict[str, Any], Any] | None:
    """The body as an object, and the single item of its ``data``; ``None`` where it is none such."""
    try:
        template = json.loads(body)
    except ValueError:
        return None
    data = template.get("data") if isinstance(template, dict) else None
    return (template, data[0]) if isinstance(data, list) and len(data) == 1 else None


def _body(body: str, values: list[dict[str, str]]) -> str:
    found = _item(body)
    if found is None:
        return _filled(body, values[0])
    template, item = found
    filled = {key: _deep(value, values[0]) for key, value in template.items() if key != "data"}
    return json.dumps({**filled, "data": [_deep(item, each) for each in values]}, ensure_ascii=False)


def _deep(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _filled(value, values)
    if isinstance(value, dict):
        return {key: _deep(each, values) for key, each in value.items()}
    return [_deep(each, values) for each in value] if isinstance(value, list) else value


def _filled(text: str, values: dict[str, str]) -> str:
    """Placeholders replaced; what is none stays."""
    return PLACEHOLDER.sub(lambda hit: values.get(hit[1], hit[0]), text)


def _time(at: float, style: str) -> str:
    if style == "rfc3339":
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    if style.startswith("local:"):
        return datetime.fromtimestamp(at).astimezone().strftime(style.removeprefix("local:"))
    return str(int(at))
