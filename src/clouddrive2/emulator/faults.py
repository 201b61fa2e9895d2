"""Deliberate faults, set from Python or by text.

In a test: ``emulator.faults.drop_channel(after_messages=3)``. On the command line: ``cd2 emulator --fault
drop-channel:after_messages=3``. Both name the same methods of :class:`Faults`; in text, words are joined by ``-`` and
arguments follow a colon, separated by commas. ``emulator.faults.fired["drop_channel"]`` counts how often one struck.
"""

from __future__ import annotations

import asyncio
import errno
import inspect
import math
import re
import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, get_type_hints

from google.protobuf.message import Message

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.download_faults import DownloadFaults
from clouddrive2.emulator.mounting.faults import MountFaults
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS, Method

__all__ = ["FaultSyntaxError", "Faults"]

KINDS = {int: "a whole number", float: "a number", str: "a text"}


class FaultSyntaxError(ValueError):
    """A fault's text names nothing there is."""


@dataclass(slots=True)
class _Rule:
    """A fault that strikes calls of one RPC a number of times, after letting some pass."""

    name: str
    rpc: str
    times: int
    skip: int
    code: int = 0
    text: str = ""
    seconds: float = 0.0

    def strikes(self, rpc: str) -> bool:
        """Whether it strikes this call; counts it."""
        if rpc != self.rpc or self.times == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Faults:
    """Every fault there is. All may be set before or while the server runs, from any thread."""

    def __init__(self, world: World, uploads: UploadFaults) -> None:
        self._world = world
        self._uploads = uploads
        self.mounts = MountFaults(uploads.fired)
        self.downloads = DownloadFaults(uploads.fired)
        self._rules: list[_Rule] = []
        self._channel_messages: dict[str, list[int]] = {"drop_channel": [], "replace_channel": []}
        self._lock = threading.Lock()
        self.forget_hook: Any = None
        self.status_number_missing = False
        self.listed_below = ""

    @property
    def fired(self) -> Counter[str]:
        """How often each fault struck."""
        return self._uploads.fired

    # Calls

    def refuse(
        self, rpc: str, code: int = Status.UNAVAILABLE, text: str = "refused on purpose", times: int = 1, after: int = 0
    ) -> None:
        """Answer calls of an RPC with a status, ``times`` times, after ``after`` good ones; ``times=-1`` for ever.

        Raises:
            ValueError: There is no such RPC or status.
        """
        if code not in tuple(Status) or code == Status.OK:
            raise ValueError(f"there is no status {code}; a call fails with one of 1 to {max(Status)}")
        self._add(_Rule("refuse", rpc, times, after, code=code, text=text))

    def fail_result(self, rpc: str, text: str = "failed on purpose", times: int = 1, after: int = 0) -> None:
        """Answer with ``success=false`` and a text.

        Raises:
            ValueError: There is no such RPC, or its reply has no ``success``.
        """
        if rpc in METHODS and not _can_fail(METHODS[rpc]):
            raise ValueError(f"the reply of {rpc} has no field 'success'; refuse it instead")
        self._add(_Rule("fail_result", rpc, times, after, text=text))

    def delay(self, rpc: str, seconds: float, times: int = -1, after: int = 0) -> None:
        """Let calls of an RPC wait."""
        self._add(_Rule("delay", rpc, times, after, seconds=seconds))

    def drop_reply(self, rpc: str, times: int = 1, after: int = 0) -> None:
        """Do the work, then lose the reply: the client sees UNAVAILABLE."""
        self._add(_Rule("drop_reply", rpc, times, after))

    # The upload channel

    def drop_channel(self, after_messages: int = 1, times: int = 1) -> None:
        """Break the channel with an error after so many messages."""
        with self._lock:
            self._channel_messages["drop_channel"] += [after_messages] * times

    def replace_channel(self, after_messages: int = 1, times: int = 1) -> None:
        """End the channel well after so many messages, as if another client had opened the device id."""
        with self._lock:
            self._channel_messages["replace_channel"] += [after_messages] * times

    # Read and hash requests

    def ask_twice(self) -> None:
        """Ask for every range twice."""
        self._uploads.shape.ask_twice = True

    def out_of_order(self) -> None:
        """Ask for ranges backwards in groups of four."""
        self._uploads.shape.out_of_order = True

    def overlapping(self) -> None:
        """Ask also for ranges that overlap the one before."""
        self._uploads.shape.overlapping = True

    def reask_hashes(self, after_seconds: float = 0.05) -> None:
        """Ask for a hash again after so short a silence."""
        self._uploads.rehash_seconds = after_seconds

    # Outcomes

    def lag_index(self, lookups: int = 0, seconds: float = 0.0) -> None:
        """Hide what has arrived in a cloud for some look-ups or some time."""
        self._uploads.lag_lookups, self._uploads.lag_seconds = lookups, seconds

    def lie_about_hash(self, times: int = 1) -> None:
        """Let the entries of the next uploads show a wrong hash."""
        self._uploads.wrong_hash = times

    def garble_hashes(self, times: int = 1) -> None:
        """Let the entries of the next uploads show texts that are no hashes."""
        self._uploads.garbled_hashes = times

    def corrupt_stored(self, times: int = 1) -> None:
        """Store wrong bytes for the next pieces that are read from a client or written by it."""
        self._uploads.corrupt_times = times

    def disk_full(self, after_bytes: int = 0) -> None:
        """Take so many bytes of uploads more, then no room is left."""
        self._uploads.space_left = after_bytes

    def turn_read_only(self) -> None:
        """Let every cloud refuse writes from now on, also of what is on its way."""
        self.fired["turn_read_only"] += 1
        for cloud in self._world.clouds.values():
            cloud.options = replace(cloud.options, read_only=True)

    def fail_delivery(self, text: str = "failed on purpose", fatal: int = 1, times: int = 1) -> None:
        """Let closed files fail on their way into the cloud: with ``fatal=0`` as Error, else as FatalError."""
        self._uploads.delivery_text, self._uploads.delivery_fatal = text, bool(fatal)
        self._uploads.failing_deliveries = times

    # The write-file API

    def fail_write(self, text: str = "failed on purpose", times: int = 1, after: int = 0) -> None:
        """Fail pieces written through the file API, in calls of their own or in a stream, after so many good ones."""
        self._uploads.failing_writes = (after, times, text)

    def short_write(self, times: int = 1, after: int = 0) -> None:
        """Take all but the last byte of pieces written through the file API, and say so."""
        self._uploads.short_writes = (after, times)

    def list_mount_paths(self, mount_point: str = "/CloudNAS") -> None:
        """Show the paths of a mount in the upload list instead of those of the API (protocol.md §10.1)."""
        self.listed_below = mount_point

    # Mounts

    def fail_mount(self, text: str = "failed on purpose", times: int = 1) -> None:
        """Let attempts to mount fail with a reason, which the mount point shows afterwards."""
        self.mounts.refusals += [text] * times

    def mount_dies(self, after_bytes: int = 0) -> None:
        """Let a mount end in the middle of writing, after so many bytes."""
        self.mounts.dies_after = after_bytes

    def fail_mount_writes(self, code: int = errno.EIO, after_bytes: int = 0, times: int = 1) -> None:
        """Let writes into a mount fail with an errno, after so many bytes."""
        self.mounts.write_error, self.mounts.error_after, self.mounts.error_times = code, after_bytes, times

    def expire_tokens(self) -> None:
        """Make every token dead at once."""
        self.fired["expire_tokens"] += 1
        self._world.expire_tokens()

    def forget_uploads(self) -> None:
        """Lose every upload session."""
        self.fired["forget_uploads"] += 1
        self.forget_hook()

    # Downloads

    def refuse_download(self, code: int = 502, times: int = 1) -> None:
        """Answer requests for ``/static`` with an HTTP status."""
        self.downloads.refusals += [code] * times

    def break_download(self, after_bytes: int = 1 << 20, times: int = 1) -> None:
        """Break the connection of a download after so many bytes of one answer."""
        self.downloads.breaks += [after_bytes] * times

    def stall_download(self, after_bytes: int = 1 << 20, times: int = 1) -> None:
        """Let an answer stand still after so many bytes, until the client leaves."""
        self.downloads.stalls += [after_bytes] * times

    def limit_downloads(self, connections: int = 1) -> None:
        """Refuse (429) what is more than so many downloads at once."""
        self.downloads.most_at_once = connections

    def no_ranges(self) -> None:
        """Send whole files, whatever range is asked for."""
        self.downloads.no_ranges = True

    def short_ranges(self, length: int = 1 << 20) -> None:
        """Send at most so many bytes of a range."""
        self.downloads.short_ranges = length

    def wrong_ranges(self, times: int = 1) -> None:
        """Send a range that begins a byte late."""
        self.downloads.wrong_ranges = times

    def new_tags(self) -> None:
        """Give every answer an ``ETag`` of its own."""
        self.downloads.new_tags = True

    # Odd servers

    def old_server(self, version: str = "0.9.8") -> None:
        """Be an older version: newer RPCs are UNIMPLEMENTED, before 0.9.9 remote uploads too (protocol.md §19)."""
        if not re.fullmatch(r"\d+(\.\d+)*", version):
            raise ValueError(f"'{version}' is no version")
        self._world.options.version = version

    def starting(self, seconds: float) -> None:
        """Be in the middle of a start for so long: not ready, listings empty, everything missing (protocol.md §2.4)."""
        self.fired["starting"] += 1
        self._world.ready_at = self._world.clock() + seconds

    def unimplemented(self, rpc: str) -> None:
        """Not know an RPC."""
        self.refuse(rpc, code=Status.UNIMPLEMENTED, text=f"{rpc} is not implemented", times=-1)

    def foreign_upload(self, messages: int = 3) -> None:
        """Send messages for an upload nobody here started on every new channel."""
        self._uploads.foreign = messages

    def status_before_reply(self) -> None:
        """Send the first messages of an upload before the reply to StartRemoteUpload."""
        self._uploads.status_before_reply = True

    def odd_status(self, number: int = 99) -> None:
        """Send a status number nobody knows in place of Preprocessing."""
        self._uploads.odd_status = number

    def status_enum_missing(self) -> None:
        """List uploads with their status as text only."""
        self.status_number_missing = True

    # Text

    def set(self, text: str) -> None:
        """Set a fault given as text, for example ``refuse:rpc=GetSubFiles,code=14,times=2``.

        Raises:
            FaultSyntaxError: No such fault or argument, or a value that is impossible.
        """
        name, _, rest = text.partition(":")
        method = getattr(self, name.replace("-", "_"), None)
        known = fault_names()
        if name.replace("-", "_") not in known or method is None:
            raise FaultSyntaxError(f"there is no fault '{name}'; there are: {', '.join(sorted(known)).replace('_', '-')}")
        hints = get_type_hints(method)
        arguments: dict[str, Any] = {}
        for pair in filter(None, rest.split(",")):
            key, equals, value = pair.partition("=")
            if not equals or key not in hints or key == "return":
                allowed = ", ".join(sorted(hints.keys() - {"return"})) or "none"
                raise FaultSyntaxError(f"fault '{name}' does not take '{pair}'; its arguments: {allowed}")
            try:
                arguments[key] = _value(key, hints[key], value)
            except ValueError as error:
                raise FaultSyntaxError(f"fault '{name}': {key} must be {KINDS[hints[key]]}, not '{value}'") from error
        try:
            inspect.signature(method).bind(**arguments)
        except TypeError as error:
            raise FaultSyntaxError(f"fault '{name}': {error}") from error
        try:
            method(**arguments)
        except ValueError as error:
            raise FaultSyntaxError(f"fault '{name}': {error}") from error

    # What registry and services ask

    async def before(self, call: Call, request: Message | None) -> Message | None:
        """Delay or refuse a call."""
        rpc = call.method.name
        if rule := self._striking("delay", rpc):
            await asyncio.sleep(rule.seconds)
        if rule := self._striking("refuse", rpc):
            raise CallError(rule.code, rule.text)
        if rule := self._striking("fail_result", rpc):
            return _unsuccessful(call.method.reply, rule.text)
        return None

    async def after(self, call: Call, reply: Message) -> Message:
        """Lose a reply."""
        if self._striking("drop_reply", call.method.name):
            raise CallError(Status.UNAVAILABLE, "the connection was lost on purpose")
        return reply

    def channel_fault(self, sent: int) -> str | None:
        """What happens to a channel that has sent so many messages."""
        with self._lock:
            for name, limits in self._channel_messages.items():
                if limits and sent >= limits[0]:
                    limits.pop(0)
                    self.fired[name] += 1
                    return name
        return None

    def _add(self, rule: _Rule) -> None:
        if rule.rpc not in METHODS:
            raise ValueError(f"there is no RPC '{rule.rpc}'")
        with self._lock:
            self._rules.append(rule)

    def _striking(self, name: str, rpc: str) -> _Rule | None:
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if rule.name == name and rule.strikes(rpc):
                    self.fired[name] += 1
                    return rule
        return None


def fault_names() -> frozenset[str]:
    """Names that :meth:`Faults.set` takes."""
    internal = {"set", "before", "after", "channel_fault"}
    return frozenset(
        name for name, value in vars(Faults).items() if inspect.isfunction(value) and name[0] != "_" and name not in internal
    )


def _value(key: str, kind: type, text: str) -> Any:
    """An argument of a fault; a status may be given by its name, and a number must be one that can be counted with."""
    if key == "code" and text.upper() in Status.__members__:
        return Status[text.upper()]
    value = kind(text)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(text)
    return value


def _can_fail(method: Method) -> bool:
    fields = method.reply.DESCRIPTOR.fields_by_name
    return not method.server_streaming and ("success" in fields or method.reply is pb.CreateFolderResult)


def _unsuccessful(reply: type[Message], text: str) -> Message:
    message: Any = reply()
    if reply is pb.CreateFolderResult:
        message.result.errorMessage = text
        return message  # type: ignore[no-any-return]
    for name in ("errorMessage", "error_message", "failReason"):
        if name in message.DESCRIPTOR.fields_by_name:
            setattr(message, name, text)
    return message  # type: ignore[no-any-return]
