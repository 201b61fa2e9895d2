"""``cd2 demo``: an upload that survives a broken connection, without any server."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clouddrive2.cli.context import Cli
from clouddrive2.cli.output import entries, words
from clouddrive2.cli.putting import Names, Putter, everything, expected
from clouddrive2.cli.transfers import Item, Transfers
from clouddrive2.errors import HashMismatch

if TYPE_CHECKING:
    from clouddrive2.cli.demo_server import DemoServer
    from clouddrive2.client.aio import AsyncClient

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 demo                    a generated file of 256 MiB and a small folder with awkward names
cd2 demo --size 1G          a larger one
cd2 demo film.mkv           a file of your own; it is only read

Nothing leaves this machine, and everything it made is deleted at the end. It needs room for the file and its copy in the
temporary folder; TMPDIR names another."""

MIB = 1024 * 1024
FOLDER = "awkward names"
AWKWARD = {
    "name with  two spaces.txt": b"spaces\n",
    "中文 文件名.txt": "内容\n".encode(),
    "emoji 🎬 🍿.txt": b"emoji\n",
    "100% #1 [a] 'b' & c;d+e=f.txt": b"signs\n",
    "-starts-with-a-dash": b"dash\n",
    ".hidden": b"hidden\n",
    "empty.txt": b"",
    "deep/er/ümlaut é.txt": b"accents\n",
    "no suffix": bytes(range(256)) * 17,
}


async def command(
    cli: Cli,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A file of your own; generated when none.", exists=True, dir_okay=False)
    ] = None,
    size: Annotated[str, typer.Option("--size", metavar="N[KMG]", help="Size of the generated file.")] = "256M",
    keep: Annotated[bool, typer.Option("--keep", help="Keep the folder with the emulated drive.")] = False,
) -> int:
    """Watch an upload survive a broken connection, without any server.

    Starts an emulated server, uploads a file and a folder to it through the real protocol, cuts the connection in the
    middle, verifies what arrived, shows it, and cleans up.
    """
    amount = parse_size(size)
    folder = Path(tempfile.mkdtemp(prefix="cd2-demo-"))
    try:
        return await Demo(cli, folder).run(file, amount)
    finally:
        if keep:
            cli.on_interrupt = f"stopped; kept: {folder}"
            cli.out.note(f"kept: {folder}")
        else:
            cli.on_interrupt = "stopped, and cleaned up"
            shutil.rmtree(folder, ignore_errors=True)


def parse_size(text: str) -> int:
    """``256M`` → bytes; units are powers of 1024."""
    hit = re.fullmatch(r"(\d+)([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if hit is None:
        raise typer.BadParameter(f"'{text}' is no size; write 256M or 1G", param_hint="--size")
    return int(hit[1]) * {"": 1, "K": 1024, "M": MIB, "G": 1024 * MIB}[hit[2].upper()]


class Reconnects(logging.Handler):
    """Counts how often the upload engine says that it opened its channel again."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += getattr(record, "action", None) == "channel_reopened"


class Demo:
    """The steps, told as they happen."""

    def __init__(self, cli: Cli, folder: Path) -> None:
        self._cli = cli
        self._folder = folder
        self._steps = 0

    async def run(self, file: Path | None, size: int) -> int:
        """All steps; 0 when everything was verified."""
        # The emulator and the client are loaded for this command only.
        from clouddrive2.cli.demo_server import demo_server
        from clouddrive2.config import ServerConfig, UploadConfig

        source = self._make_files(file, size)
        length = source.stat().st_size
        cut = max(2, length // MIB // 2)
        self._step("starting an emulated server in a process of its own", action="start")
        async with demo_server(self._folder / "drive", faults=[f"drop-channel:after_messages={cut}"]) as server:
            self._step(f"it listens on {server.url}; after {cut} messages it will cut the upload's channel", action="ready")
            config = ServerConfig(url=server.url, username=server.username, password=server.password)
            uploads = UploadConfig(state_folder=self._folder / "state")
            async with self._cli.client(config, uploads=uploads) as client:
                code = await self._upload(client, server, source)
                if code:
                    return code
                await self._read_back(client, server, source)
                await self._list(client, server)
        self._step("the server is stopped" + ("" if file else ", the generated files are deleted"), action="end")
        return 0

    def _step(self, text: str, *, action: str, **more: object) -> None:
        self._steps += 1
        self._cli.out.result({"event": "step", "step": self._steps, "action": action, **more}, f"{self._steps}. {text}")

    def _make_files(self, file: Path | None, size: int) -> Path:
        awkward = self._folder / FOLDER
        for name, content in AWKWARD.items():
            path = awkward / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if file is not None:
            self._step(f"your file {words.plain(str(file))}, and a folder of {len(AWKWARD)} awkward names", action="files")
            return file
        source = self._folder / "random.bin"
        with source.open("wb") as out:
            for begin in range(0, size, MIB):
                out.write(os.urandom(min(MIB, size - begin)))
        text = f"made a file of {words.size(size)} of random bytes, and a folder of {len(AWKWARD)} awkward names"
        self._step(text, action="files", bytes=size)
        return source

    async def _upload(self, client: AsyncClient, server: DemoServer, source: Path) -> int:
        roots = [(str(source), f"{server.cloud}/{source.name}"), (str(self._folder / FOLDER), f"{server.cloud}/{FOLDER}")]
        self._step(f"uploading both to {server.cloud}", action="upload")
        self._cli.show_bars()
        found = expected(self._cli, everything(roots, Names(None, escaping=False), unfinished=True))
        reconnects, logger = Reconnects(), logging.getLogger("clouddrive2")
        logger.addHandler(reconnects)
        putter = Putter(client, {"if_exists": "fail"})
        transfers = Transfers(self._cli, "uploaded", putter.one, jobs=4)
        began = time.monotonic()
        try:
            code = await transfers.run(self._shown(putter.items(self._cli, found)))
        finally:
            logger.removeHandler(reconnects)
        seconds = time.monotonic() - began
        rate = words.rate(transfers.summary.size / seconds)
        text = f"the connection was cut {times(reconnects.count)}" + (" and taken up again" if reconnects.count else "")
        text += f"; {words.size(transfers.summary.size)} in {words.duration(seconds)}, {rate} with everything"
        self._step(text, action="uploaded", reconnects=reconnects.count, seconds=round(seconds, 3), bytes=transfers.summary.size)
        return code

    async def _shown(self, items: AsyncIterator[Item]) -> AsyncIterator[Item]:
        """The items without the temporary folder in front of their names."""
        async for item in items:
            yield replace(item, source=item.source.removeprefix(f"{self._folder}/"), file=item.source)

    async def _read_back(self, client: AsyncClient, server: DemoServer, source: Path) -> None:
        # The event loop's library is loaded when a command runs, not for help texts.
        import asyncio

        here = await asyncio.to_thread(sha256, source)
        there = hashlib.sha256()
        async with aclosing(client.files.read(f"{server.cloud}/{source.name}")) as pieces:
            async for piece in pieces:
                there.update(piece)
        if here != there.hexdigest():
            raise HashMismatch(f"{source.name}: the drive holds other bytes than were sent", path=source.name)
        self._step(f"downloaded it again and compared: equal, SHA-256 {here[:16]}...", action="compared", sha256=here)

    async def _list(self, client: AsyncClient, server: DemoServer) -> None:
        self._step("this is in the drive now", action="list")
        async for _, folders, files in client.files.walk(server.cloud):
            for entry in [*folders, *files]:
                shown = entry.path.removeprefix(f"{server.cloud}/")
                self._cli.out.result(
                    {"event": "entry", **entries.record(entry)}, "   " + entries.long_line(entry, human=True, text=shown)
                )


def times(count: int) -> str:
    """``once``, ``3 times``, ``not at all``."""
    return {0: "not at all", 1: "once", 2: "twice"}.get(count, f"{count} times")


def sha256(path: Path) -> str:
    """A file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
