"""Random file operations through gRPC and WebDAV agree with a tree in memory, and with each other, after every step."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import grpc
import httpx
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto import clouddrive_pb2_grpc as rpc
from clouddrive2.testing import RunningEmulator, running_emulator

OVERWRITE, RENAME, SKIP = 0, 1, 2
# Two of them look alike (NFC and NFD); others mean something else in an address, or are what RENAME makes.
NAMES = st.sampled_from(["a", "b", "c.txt", "c(1).txt", "\u00e4", "a\u0308", "%41", "x y?#", "中.mkv", ".h"])
SOME = st.integers(0, 40)
BYTES = st.binary(max_size=40)
LONG_STEPS = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


class GrpcDoor:
    """Operations by RPC; each says whether it was done."""

    def __init__(self, emulator: RunningEmulator, channel: grpc.Channel) -> None:
        self.stub: Any = rpc.CloudDriveFileSrvStub(channel)
        self.url = emulator.url
        self.http = httpx.Client(trust_env=False, timeout=60)
        self.metadata = (("authorization", f"Bearer {emulator.api_token}"),)

    def call(self, name: str, request: Any) -> Any:
        return getattr(self.stub, name)(request, metadata=self.metadata, timeout=60)

    def done(self, name: str, request: Any) -> bool:
        try:
            reply = self.call(name, request)
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.ALREADY_EXISTS), error  # type: ignore[attr-defined]
            return False
        result = reply.result if name == "CreateFolder" else reply
        assert result.success or result.errorMessage
        return bool(result.success)

    def make_folder(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return self.done("CreateFolder", pb.CreateFolderRequest(parentPath=folder, folderName=name))

    def put(self, path: str, data: bytes) -> bool:
        folder, _, name = path.rpartition("/")
        try:
            handle = self.call("CreateFile", pb.CreateFileRequest(parentPath=folder, fileName=name)).fileHandle
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.ALREADY_EXISTS), error  # type: ignore[attr-defined]
            return False
        half = len(data) // 2
        for start, piece, last in ((half, data[half:], False), (0, data[:half], True)):
            request = pb.WriteFileRequest(fileHandle=handle, startPos=start, length=len(piece), buffer=piece, closeFile=last)
            assert self.call("WriteToFile", request).bytesWritten == len(piece)
        return True

    def delete(self, path: str) -> bool:
        return self.done("DeleteFile", pb.FileRequest(path=path))

    def read(self, path: str, start: int, stop: int) -> bytes | None:
        """Bytes ``start`` to ``stop``, which there are; ``None`` for what is no file."""
        try:
            found = self.call("GetDownloadUrlPath", pb.GetDownloadUrlPathRequest(path=path))
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.NOT_FOUND, error  # type: ignore[attr-defined]
            return None
        link = found.downloadUrlPath.replace("{SCHEME}", "http").replace("{HOST}", "h").replace("{PREVIEW}", "false")
        return part(self.http.get(self.url + link, headers={"range": f"bytes={start}-{stop - 1}"}))

    def tree(self, folder: str) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        for reply in self.call("GetSubFiles", pb.ListSubFileRequest(path=folder)):
            for entry in reply.subFiles:
                found[entry.fullPathName] = None if entry.isDirectory else entry.size
                one = self.call("FindFileByPath", pb.FindFileByPathRequest(path=entry.fullPathName))
                assert (one.isDirectory, one.size, one.name) == (entry.isDirectory, entry.size, entry.name)
                if entry.isDirectory:
                    found |= self.tree(entry.fullPathName)
        return found


class DavDoor:
    """Operations by WebDAV requests; each says whether it was done."""

    def __init__(self, emulator: RunningEmulator) -> None:
        self.base = f"{emulator.url}/dav"
        self.http = httpx.Client(trust_env=False, timeout=60, auth=(emulator.username, emulator.password))

    def send(self, verb: str, path: str, **more: Any) -> httpx.Response:
        answer = self.http.request(verb, self.base + quote(path), **more)
        assert answer.status_code < 500, (verb, path, answer.text)
        return answer

    def done(self, verb: str, path: str, **more: Any) -> bool:
        return self.send(verb, path, **more).is_success

    def make_folder(self, path: str) -> bool:
        return self.done("MKCOL", path)

    def put(self, path: str, data: bytes) -> bool:
        return self.done("PUT", path, content=data)

    def place(self, verb: str, path: str, target: str, *, replace: bool) -> bool:
        headers = {"destination": self.base + quote(target), "overwrite": "T" if replace else "F"}
        return self.done(verb, path, headers=headers)

    def delete(self, path: str) -> bool:
        return self.done("DELETE", path)

    def read(self, path: str, start: int, stop: int) -> bytes | None:
        return part(self.send("GET", path, headers={"range": f"bytes={start}-{stop - 1}"}))

    def tree(self, folder: str) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        for response in ET.fromstring(self.send("PROPFIND", folder, headers={"depth": "infinity"}).content).iter(
            "{DAV:}response"
        ):
            path = unquote(response.findtext("{DAV:}href") or "").removeprefix("/dav").rstrip("/")
            size = response.findtext(".//{DAV:}getcontentlength")
            if path != folder:
                found[path] = int(size) if size is not None else None
        return found


def part(answer: httpx.Response) -> bytes | None:
    """The content asked for; an empty file has no range."""
    assert answer.status_code in (200, 206, 403, 404, 416), answer
    # An empty file may be sent whole.
    assert answer.status_code != 200 or not answer.content
    return answer.content if answer.status_code in (200, 206) else b"" if answer.status_code == 416 else None


@dataclass
class Doors:
    """One emulator and both ways into it."""

    emulator: RunningEmulator
    grpc: GrpcDoor
    dav: DavDoor
    numbers: Iterator[int]

    def settle(self) -> None:
        """Let everything that is queued reach its cloud."""
        while self.emulator.world.tasks.live_count():
            self.emulator.on_loop(asyncio.sleep, 0.001)


class Operations(RuleBasedStateMachine):
    """``self.model``: path to content, ``None`` for folders."""

    doors: Doors

    @initialize()
    def own_folder(self) -> None:
        self.root = f"/Cloud/{next(self.doors.numbers)}"
        assert self.doors.grpc.make_folder(self.root)
        self.model: dict[str, bytes | None] = {self.root: None}

    def one(self, number: int) -> str:
        """Any item, not the root of all."""
        paths = sorted(self.model)[1:] or [f"{self.root}/none"]
        return paths[number % len(paths)]

    def folder(self, number: int) -> str:
        """Any item; more often a folder."""
        folders = sorted(path for path, content in self.model.items() if content is None)
        return [*folders, *folders, *self.model][number % (2 * len(folders) + len(self.model))]

    def is_folder(self, path: str) -> bool:
        return path in self.model and self.model[path] is None

    def drop(self, path: str) -> None:
        self.model = {each: content for each, content in self.model.items() if each != path and not each.startswith(path + "/")}

    def bring(self, path: str, target: str, *, move: bool) -> None:
        below = {each: content for each, content in self.model.items() if each == path or each.startswith(path + "/")}
        if move:
            self.drop(path)
        self.drop(target)
        self.model |= {target + each.removeprefix(path): content for each, content in below.items()}

    @rule(number=SOME, name=NAMES, by_dav=st.booleans())
    def make_folder(self, number: int, name: str, by_dav: bool) -> None:
        above = self.folder(number)
        path = f"{above}/{name}"
        can = self.is_folder(above) and path not in self.model
        assert (self.doors.dav if by_dav else self.doors.grpc).make_folder(path) == can
        if can:
            self.model[path] = None

    @rule(number=SOME, name=NAMES, data=BYTES, by_dav=st.booleans())
    def put(self, number: int, name: str, data: bytes, by_dav: bool) -> None:
        above = self.folder(number)
        path = f"{above}/{name}"
        can = self.is_folder(above) and (path not in self.model or (by_dav and not self.is_folder(path)))
        assert (self.doors.dav if by_dav else self.doors.grpc).put(path, data) == can
        self.doors.settle()
        if can:
            self.model[path] = data

    @rule(number=SOME, data=BYTES)
    def overwrite(self, number: int, data: bytes) -> None:
        path = self.one(number)
        can = path in self.model and not self.is_folder(path)
        if path in self.model:
            assert self.doors.dav.put(path, data) == can
            self.doors.settle()
        if can:
            self.model[path] = data

    @rule(number=SOME, name=NAMES)
    def rename(self, number: int, name: str) -> None:
        path = self.one(number)
        target = f"{path.rpartition('/')[0]}/{name}"
        can = path in self.model and target not in self.model
        assert self.doors.grpc.done("RenameFile", pb.RenameFileRequest(theFilePath=path, newName=name)) == can
        if can:
            self.bring(path, target, move=True)

    @rule(number=SOME, to=SOME, policy=st.sampled_from([OVERWRITE, RENAME, SKIP]), move=st.booleans())
    def transfer(self, number: int, to: int, policy: int, move: bool) -> None:
        path, folder = self.one(number), self.folder(to)
        target = f"{folder}/{path.rpartition('/')[2]}"
        can = path in self.model and self.is_folder(folder) and not (folder + "/").startswith(path + "/")
        if path.rpartition("/")[0] == folder:
            can = can and not move and policy == RENAME
        if can and target in self.model and policy == OVERWRITE:
            can = not self.is_folder(path) and not self.is_folder(target)
        if move:
            done = self.doors.grpc.done(
                "MoveFile", pb.MoveFileRequest(theFilePaths=[path], destPath=folder, conflictPolicy=policy)
            )
        else:
            done = self.doors.grpc.done(
                "CopyFile", pb.CopyFileRequest(theFilePaths=[path], destPath=folder, conflictPolicy=policy)
            )
        assert done == can
        if not can or (target in self.model and policy == SKIP):
            return
        if target in self.model and policy == RENAME:
            stem, dot, suffix = target.rpartition("/")[2].rpartition(".")
            stem, suffix = (stem, dot + suffix) if stem else (dot + suffix, "")
            names = (f"{folder}/{stem}({free}){suffix}" for free in itertools.count(1))
            target = next(name for name in names if name not in self.model)
        self.bring(path, target, move=move)

    @rule(number=SOME, to=SOME, name=NAMES, replace=st.booleans(), move=st.booleans())
    def place(self, number: int, to: int, name: str, replace: bool, move: bool) -> None:
        path, above = self.one(number), self.folder(to)
        target = f"{above}/{name}"
        can = path in self.model and self.is_folder(above) and not (target + "/").startswith(path + "/")
        can = can and (replace or target not in self.model) and not path.startswith(target + "/")
        done = self.doors.dav.place("MOVE" if move else "COPY", path, target, replace=replace)
        assert done == can
        if can:
            self.bring(path, target, move=move)

    @rule(number=SOME, by_dav=st.booleans())
    def delete(self, number: int, by_dav: bool) -> None:
        path = self.one(number)
        assert (self.doors.dav if by_dav else self.doors.grpc).delete(path) == (path in self.model)
        self.drop(path)

    @rule(number=SOME, start=st.integers(0, 40), length=st.integers(1, 40))
    def read(self, number: int, start: int, length: int) -> None:
        path = self.one(number)
        content = self.model.get(path)
        for door in (self.doors.grpc, self.doors.dav):
            assert door.read(path, start, start + length) == (None if content is None else content[start : start + length])

    @invariant()
    def all_agree(self) -> None:
        expected = {path: None if content is None else len(content) for path, content in self.model.items()}
        del expected[self.root]
        assert self.doors.grpc.tree(self.root) == expected
        assert self.doors.dav.tree(self.root) == expected


@pytest.fixture(params=["memory", "disk"])
def doors(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Doors]:
    root = tmp_path if request.param == "disk" else None
    with (
        running_emulator(root=root, api_token="token") as emulator,
        grpc.insecure_channel(f"127.0.0.1:{emulator.port}") as channel,
    ):
        by_rpc, dav = GrpcDoor(emulator, channel), DavDoor(emulator)
        with by_rpc.http, dav.http:
            yield Doors(emulator, by_rpc, dav, itertools.count())


def test_both_doors_agree_with_the_model(doors: Doors) -> None:
    machine = type("Sample", (Operations,), {"doors": doors})
    few = settings(LONG_STEPS, max_examples=4, stateful_step_count=25, derandomize=True)
    run_state_machine_as_test(machine, settings=few)  # type: ignore[no-untyped-call]


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_both_doors_agree_with_the_model_for_long(doors: Doors, request: pytest.FixtureRequest) -> None:
    give_up = time.monotonic() + float(request.config.getoption("--fuzz-seconds")) * 0.125
    while time.monotonic() < give_up:
        number = random.SystemRandom().randrange(1 << 32)
        print(f"seed {number}")
        machine = seed(number)(type("Long", (Operations,), {"doors": doors}))
        run_state_machine_as_test(machine, settings=LONG_STEPS)  # type: ignore[no-untyped-call]
