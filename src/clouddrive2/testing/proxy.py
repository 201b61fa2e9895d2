"""A bad network on loopback: a TCP proxy that delays, slows, stalls and cuts. It never changes a byte and never reorders any.

::

    async with FaultProxy(emulator.port) as proxy:
        proxy.delay = 0.05                    # from now on, for every connection
        await proxy.play(random_faults(seed=7, count=20))
        ...                                   # point a client at proxy.url

Where a fault strikes is counted in bytes carried, not in time: the same script strikes at the same places on a slow machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self, TypeAlias

__all__ = ["FaultProxy", "NetworkFault", "Strike", "random_faults"]

CHUNK_BYTES = 64 * 1024
# Pieces under way in a delayed direction; more than fits is left in the sender's hands.
DELAYED_PIECES = 64


class NetworkFault(StrEnum):
    """What happens to the connections there are, and to those that come."""

    CUT = "cut"
    """All connections are reset; new ones are carried."""

    HALF_CLOSE = "half-close"
    """The server's side of all connections ends in order, the client's stays open; new ones are carried."""

    STALL = "stall"
    """Nothing is carried until :meth:`FaultProxy.go_on`; new connections are accepted and hear nothing."""

    REFUSE = "refuse"
    """All connections are reset, and new ones at once, until :meth:`FaultProxy.go_on`."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault of a script.

    Attributes:
        after_bytes: How many bytes are carried, both ways and over all connections, since the strike before.
        fault: What strikes then.
        seconds: How long a stall or a refusal lasts.
    """

    after_bytes: int
    fault: NetworkFault
    seconds: float = 0.0


def random_faults(
    seed: int,
    count: int,
    *,
    most_bytes: int = 4 << 20,
    seconds: float = 0.2,
    faults: Sequence[NetworkFault] = tuple(NetworkFault),
) -> list[Strike]:
    """A script that is the same for the same seed.

    Args:
        seed: Chooses.
        count: How many strikes.
        most_bytes: The most bytes between two of them; small distances are as likely as great ones.
        seconds: The longest stall or refusal.
        faults: What may strike.
    """
    dice = random.Random(seed)
    distances = [int(most_bytes ** dice.random()) for _ in range(count)]
    return [Strike(distance, dice.choice(faults), dice.uniform(0, seconds)) for distance in distances]


# Pieces with the time each is due.
_UnderWay: TypeAlias = asyncio.Queue[tuple[float, bytes]]


@dataclass(eq=False)
class _Connection:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def reset(self) -> None:
        """End it without a word, as a network does."""
        for task in self.tasks:
            task.cancel()
        for side in (self.client, self.server):
            if side is not None and not side.transport.is_closing():
                _without_lingering(side)
                side.transport.abort()


class FaultProxy:
    """Carries TCP connections to a port of this machine. All its methods belong to the loop it was started on.

    Attributes:
        port: Where it listens on 127.0.0.1, once started.
        delay: Seconds every piece is on its way.
        bytes_per_second: How fast each direction of each connection is; ``None`` for as fast as can be.
        carried: Bytes carried so far, both ways and over all connections.
        struck: The faults that struck, oldest first.
        on_strike: Told of each fault as it strikes, so that something else can go wrong at the same moment.

    Args:
        target: The port to carry to; may be changed, for connections to come.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.delay = 0.0
        self.bytes_per_second: float | None = None
        self.carried = 0
        self.struck: list[NetworkFault] = []
        self.on_strike: Callable[[NetworkFault], object] | None = None
        self._listening: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._strikes: list[Strike] = []
        self._left = 0
        self._script_over = asyncio.Event()
        self._script_over.set()
        self._calming: asyncio.TimerHandle | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:port``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._connections)

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._take, "127.0.0.1", 0, limit=CHUNK_BYTES)
        self.port = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._listening is not None
        self._listening.close()
        if self._calming is not None:
            self._calming.cancel()
        tasks = [task for connection in self._connections for task in connection.tasks]
        for connection in list(self._connections):
            connection.reset()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._listening.wait_closed()

    # Faults

    def strike(self, fault: NetworkFault, seconds: float | None = None) -> None:
        """Let a fault strike now.

        Args:
            fault: Which.
            seconds: How long a stall or refusal lasts; ``None`` until :meth:`go_on`.
        """
        self.struck.append(fault)
        if self.on_strike is not None:
            self.on_strike(fault)
        match fault:
            case NetworkFault.CUT:
                self._reset_all()
            case NetworkFault.HALF_CLOSE:
                for connection in self._connections:
                    if connection.server is not None and connection.client.can_write_eof():
                        with contextlib.suppress(OSError):
                            connection.client.write_eof()
            case NetworkFault.STALL:
                self._flowing.clear()
            case NetworkFault.REFUSE:
                self._refusing = True
                self._reset_all()
        if seconds is not None and fault in (NetworkFault.STALL, NetworkFault.REFUSE):
            if self._calming is not None:
                self._calming.cancel()
            self._calming = asyncio.get_running_loop().call_later(seconds, self.go_on)

    def go_on(self) -> None:
        """End a stall or a refusal."""
        self._refusing = False
        self._flowing.set()

    def play(self, strikes: Iterable[Strike]) -> None:
        """Let the faults of a script strike, one after the other; replaces a script that has not ended."""
        self._strikes = list(strikes)
        self._left = self._strikes[0].after_bytes if self._strikes else 0
        if self._strikes:
            self._script_over.clear()
        else:
            self._script_over.set()

    async def script_over(self) -> None:
        """Wait until every fault of the script has struck."""
        await self._script_over.wait()

    def _reset_all(self) -> None:
        for connection in list(self._connections):
            connection.reset()

    # Carrying

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(writer)
        if self._refusing:
            connection.reset()
            return
        task = asyncio.current_task()
        assert task is not None
        connection.tasks.append(task)
        self._connections.add(connection)
        try:
            await self._flowing.wait()
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target, limit=CHUNK_BYTES)
            connection.server = to_server
            for side in (writer, to_server):
                _without_delay(side)
            for source, target in ((reader, to_server), (from_server, writer)):
                under_way = _UnderWay(DELAYED_PIECES)
                connection.tasks.append(asyncio.create_task(self._receive(source, under_way)))
                connection.tasks.append(asyncio.create_task(self._deliver(under_way, target)))
            # An error on one side ends both; an orderly end of one direction leaves the other open.
            await asyncio.wait(connection.tasks[1:], return_when=asyncio.FIRST_EXCEPTION)
        except (OSError, asyncio.CancelledError):
            # Nobody listens at the target, or a fault ended the connection; this task ends with it.
            pass
        finally:
            # Not cancelled by its own clean-up: asyncio's streams complain of a handler that ends so.
            connection.tasks.remove(task)
            connection.reset()
            self._connections.discard(connection)
            await asyncio.gather(*connection.tasks, return_exceptions=True)

    async def _receive(self, source: asyncio.StreamReader, under_way: _UnderWay) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            data = await source.read(CHUNK_BYTES)
            await under_way.put((clock() + self.delay, data))
            if not data:
                return

    async def _deliver(self, under_way: _UnderWay, target: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            due, data = await under_way.get()
            if (wait := due - clock()) > 0:
                await asyncio.sleep(wait)
            if not data:
                await self._flowing.wait()
                if not target.is_closing():
                    target.write_eof()
                return
            await self._pass_on(data, target)

    async def _pass_on(self, data: bytes, target: asyncio.StreamWriter) -> None:
        """Write a piece, split where a fault is to strike, no faster than allowed."""
        while data:
            await self._flowing.wait()
            rate = self.bytes_per_second
            count = len(data) if rate is None else max(1, min(len(data), int(rate / 20)))
            if self._strikes:
                count = min(count, max(1, self._left))
            if rate is not None:
                await asyncio.sleep(count / rate)
                await self._flowing.wait()
            if target.is_closing():
                raise ConnectionResetError("the other side is gone")
            target.write(data[:count])
            data = data[count:]
            self._count(count)
            await target.drain()

    def _count(self, count: int) -> None:
        self.carried += count
        if not self._strikes:
            return
        self._left -= count
        if self._left <= 0:
            now = self._strikes.pop(0)
            self._left = self._strikes[0].after_bytes if self._strikes else 0
            self.strike(now.fault, now.seconds)
            if not self._strikes:
                self._script_over.set()


def _without_lingering(writer: asyncio.StreamWriter) -> None:
    """Closing is a reset, not an orderly end."""
    plain: socket.socket | None = writer.get_extra_info("socket")
    if plain is not None:
        with contextlib.suppress(OSError):
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _without_delay(writer: asyncio.StreamWriter) -> None:
    plain: socket.socket | None = writer.get_extra_info("socket")
    if plain is not None:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
