"""The bad network itself: it loses connections, never bytes in the middle, and never changes one."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator

import pytest

from clouddrive2.testing import FaultProxy, NetworkFault, Strike, random_faults

DATA = random.Random(1).randbytes(300_000)
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """The port of a server that sends back what it gets, and ends when the other side does."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(10_000):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def proxy(echo: int) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(echo) as proxy:
        yield proxy


async def connect(proxy: FaultProxy) -> Ends:
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def there_and_back(ends: Ends, data: bytes) -> bytes:
    """Send all, end, and read what comes until the end or the loss of the connection."""
    reader, writer = ends
    came = bytearray()

    async def receive() -> None:
        while piece := await reader.read(10_000):
            came.extend(piece)

    receiving = asyncio.create_task(receive())
    try:
        writer.write(data)
        await writer.drain()
        writer.write_eof()
        await receiving
    except OSError:
        receiving.cancel()
    finally:
        writer.close()
    return bytes(came)


async def test_nothing_changes_on_the_way(proxy: FaultProxy) -> None:
    assert await there_and_back(await connect(proxy), DATA) == DATA
    assert proxy.carried == 2 * len(DATA)


async def test_delayed_in_order(proxy: FaultProxy) -> None:
    proxy.delay = 0.05
    assert await there_and_back(await connect(proxy), DATA) == DATA


async def test_throttled_in_order(proxy: FaultProxy) -> None:
    proxy.bytes_per_second = 500.0
    assert await there_and_back(await connect(proxy), DATA[:100]) == DATA[:100]


@pytest.mark.parametrize("after", [1, 10_000, 299_999, 400_001])
async def test_cut_at_a_byte(proxy: FaultProxy, after: int) -> None:
    proxy.play([Strike(after, NetworkFault.CUT)])
    came = await there_and_back(await connect(proxy), DATA)
    assert DATA.startswith(came) and len(came) < len(DATA)
    assert proxy.carried == after
    assert proxy.struck == [NetworkFault.CUT]
    # The next connection is a new one.
    assert await there_and_back(await connect(proxy), DATA) == DATA


async def test_half_closed(proxy: FaultProxy) -> None:
    reader, writer = await connect(proxy)
    writer.write(b"one")
    assert await reader.readexactly(3) == b"one"
    proxy.strike(NetworkFault.HALF_CLOSE)
    assert await reader.read() == b""
    # The other way is still open.
    proxy.play([Strike(3, NetworkFault.STALL)])
    writer.write(b"two")
    await proxy.script_over()
    writer.close()


async def test_stalled_until_it_goes_on(proxy: FaultProxy) -> None:
    ends = await connect(proxy)
    proxy.strike(NetworkFault.STALL)
    later = await connect(proxy)
    moving = [asyncio.create_task(there_and_back(each, DATA)) for each in (ends, later)]
    done, _ = await asyncio.wait(moving, timeout=0.2)
    assert not done and proxy.carried == 0
    proxy.go_on()
    assert await asyncio.gather(*moving) == [DATA, DATA]


async def test_refused_until_it_goes_on(proxy: FaultProxy) -> None:
    proxy.strike(NetworkFault.REFUSE)
    assert await there_and_back(await connect(proxy), DATA) == b""
    proxy.go_on()
    assert await there_and_back(await connect(proxy), DATA) == DATA


async def test_a_target_that_is_gone(echo: int) -> None:
    async with FaultProxy(1) as proxy:
        assert await there_and_back(await connect(proxy), DATA) == b""
        proxy.target = echo
        assert await there_and_back(await connect(proxy), DATA) == DATA


async def test_the_same_seed_is_the_same_script() -> None:
    assert random_faults(7, 50) == random_faults(7, 50) != random_faults(8, 50)
    assert {strike.fault for strike in random_faults(7, 50)} == set(NetworkFault)


async def test_a_script_to_its_end(proxy: FaultProxy) -> None:
    """Whatever strikes, what arrives is a beginning of what was sent; in the end all of it is."""
    strikes = random_faults(3, 30, most_bytes=400_000, seconds=0.01)
    proxy.play(strikes)
    for _ in range(1000):
        came = await there_and_back(await connect(proxy), DATA)
        assert hashlib.sha1(came).digest() == hashlib.sha1(DATA[: len(came)]).digest()
        if len(came) == len(DATA) and len(proxy.struck) == len(strikes):
            break
    await proxy.script_over()
    assert proxy.struck == [strike.fault for strike in strikes]
