"""Tests as somebody else's project has them, with nothing but what its package brings."""

from __future__ import annotations

import unittest
import urllib.request
from pathlib import Path
from typing import Any

import grpc
import pytest

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto import clouddrive_pb2_grpc as rpc
from clouddrive2.testing import running_emulator


class TheirProgram:
    """Writes a file by raw calls, as a program does that has never heard of our client."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.channel = grpc.insecure_channel(url.removeprefix("http://"))
        self.stub: Any = rpc.CloudDriveFileSrvStub(self.channel)
        token = self.stub.GetToken(pb.GetTokenRequest(userName=username, password=password)).token
        self.metadata = (("authorization", f"Bearer {token}"),)

    def write(self, folder: str, name: str, data: bytes) -> None:
        handle = self.stub.CreateFile(pb.CreateFileRequest(parentPath=folder, fileName=name), metadata=self.metadata).fileHandle
        request = pb.WriteFileRequest(fileHandle=handle, length=len(data), buffer=data, closeFile=True)
        self.stub.WriteToFile(request, metadata=self.metadata)


class TestWithFixtures:
    @pytest.fixture
    def clouddrive_options(self, tmp_path: Path) -> dict[str, Any]:
        return {"root": tmp_path, "clouds": ["115", "Aliyun"], "username": "me", "password": "secret"}

    def test_a_file_is_written(self, clouddrive: Any, clouddrive_url: str, clouddrive_calls: Any, tmp_path: Path) -> None:
        program = TheirProgram(clouddrive_url, "me", "secret")
        with program.channel:
            program.write(clouddrive.cloud, "a.txt", b"hello")
        assert clouddrive_calls.of("CreateFile")[-1].fileName == "a.txt"
        while clouddrive.world.tasks.live_count():
            pass
        assert (tmp_path / "115" / "a.txt").read_bytes() == b"hello"

    def test_a_fault_strikes(self, clouddrive_url: str, clouddrive_faults: Any) -> None:
        clouddrive_faults.refuse("CreateFile", code=14)
        program = TheirProgram(clouddrive_url, "me", "secret")
        with program.channel, pytest.raises(grpc.RpcError) as refused:
            program.write("/115", "a.txt", b"hello")
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert clouddrive_faults.fired["refuse"] == 1


class TestWithUnittest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = self.enterContext(running_emulator())

    def test_it_answers(self) -> None:
        with self.assertRaises(urllib.request.HTTPError) as refused:  # type: ignore[attr-defined]
            urllib.request.urlopen(f"{self.server.url}/nothing")
        self.assertEqual(refused.exception.code, 404)
        refused.exception.close()
