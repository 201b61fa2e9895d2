"""Server reflection, an extra of the emulator: read by grpcio's own client and by grpcurl, which bring no contract along."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.proto.methods import METHODS, SERVICE
from clouddrive2.testing import RunningEmulator

from .conftest import Ran, needs

pytestmark = pytest.mark.strangers

TOKEN = "a token of the test"
REFLECTION = "grpc.reflection.v1alpha.ServerReflection"
NOT_FOUND_EXIT = 64 + grpc.StatusCode.NOT_FOUND.value[0]


@pytest.fixture
def emulator(emulator_factory: Callable[..., RunningEmulator]) -> RunningEmulator:
    return emulator_factory(api_token=TOKEN, options=EmulatorOptions(reflection=True))


class TestGrpcio:
    """grpcio-reflection's client."""

    @pytest.fixture
    def database(self, emulator: RunningEmulator) -> Iterator[Any]:
        library = pytest.importorskip("grpc_reflection.v1alpha.proto_reflection_descriptor_database")
        with grpc.insecure_channel(f"127.0.0.1:{emulator.port}") as channel:
            yield library.ProtoReflectionDescriptorDatabase(channel)

    def test_every_method_is_told_and_can_be_called(self, emulator: RunningEmulator, database: Any) -> None:
        assert sorted(database.get_services()) == [SERVICE, REFLECTION]
        pool = DescriptorPool(database)
        service = pool.FindServiceByName(SERVICE)
        assert {method.name: (method.client_streaming, method.server_streaming) for method in service.methods} == {
            method.name: (method.client_streaming, method.server_streaming) for method in METHODS.values()
        }
        assert pool.FindServiceByName(REFLECTION).methods[0].name == "ServerReflectionInfo"
        find = service.FindMethodByName("FindFileByPath")
        request, reply = GetMessageClass(find.input_type), GetMessageClass(find.output_type)
        with grpc.insecure_channel(f"127.0.0.1:{emulator.port}") as channel:
            call: Any = channel.unary_unary(f"/{SERVICE}/{find.name}", request.SerializeToString, reply.FromString)
            entry = call(request(path="/Cloud"), metadata=(("authorization", f"Bearer {TOKEN}"),))
        assert entry.fullPathName == "/Cloud"

    @pytest.mark.parametrize("symbol", [SERVICE, f"{SERVICE}.GetSubFiles", "clouddrive.CloudDriveFile.HashType"])
    def test_symbols(self, database: Any, symbol: str) -> None:
        assert database.FindFileContainingSymbol(symbol).package == "clouddrive"

    def test_what_is_not_there(self, database: Any) -> None:
        for symbol in ("clouddrive.Nothing", f"{SERVICE}.Nothing", "nowhere.CloudDriveFile", ""):
            with pytest.raises(KeyError):
                database.FindFileContainingSymbol(symbol)


@needs("grpcurl")
class TestGrpcurl:
    """grpcurl, which asks for the contract before every call."""

    @pytest.fixture
    def grpcurl(self, emulator: RunningEmulator, run: Callable[..., Ran]) -> Callable[..., Ran]:
        """``grpcurl("list")``, ``grpcurl(f"{SERVICE}/GetSubFiles", "-d", "{}")``."""

        def call(what: str, *options: str, expect: int = 0) -> Ran:
            verb, _, symbol = what.partition(" ")
            place = f"127.0.0.1:{emulator.port}"
            headers = ("-H", f"authorization: Bearer {TOKEN}")
            return run("grpcurl", "-plaintext", *headers, *options, place, verb, *symbol.split(), expect=expect)

        return call

    def test_it_lists_and_describes(self, grpcurl: Callable[..., Ran]) -> None:
        assert grpcurl("list").stdout.split() == [SERVICE, REFLECTION]
        assert len(grpcurl(f"list {SERVICE}").stdout.split()) == len(METHODS)
        assert "returns ( stream .clouddrive.SubFilesReply )" in grpcurl(f"describe {SERVICE}.GetSubFiles").stdout
        assert "optional bool checkExpires = 3;" in grpcurl("describe clouddrive.ListSubFileRequest").stdout
        assert f"{REFLECTION} is a service" in grpcurl("describe").stdout

    def test_it_calls(self, emulator: RunningEmulator, grpcurl: Callable[..., Ran]) -> None:
        for name in ("中 文", "b"):
            made = grpcurl(f"{SERVICE}/CreateFolder", "-d", json.dumps({"parentPath": "/Cloud", "folderName": name}))
            assert json.loads(made.stdout)["result"]["success"] is True
        emulator.world.options.batch_entries = 1
        listed = grpcurl(f"{SERVICE}/GetSubFiles", "-d", '{"path": "/Cloud"}').stdout
        assert [json.loads(each)["subFiles"][0]["name"] for each in listed.replace("}\n{", "}\0{").split("\0")] == ["b", "中 文"]
        refused = grpcurl(f"{SERVICE}/FindFileByPath", "-d", '{"path": "/Cloud/没有"}', expect=NOT_FOUND_EXIT)
        assert "Code: NotFound" in refused.stderr
        assert "/Cloud/没有" in refused.stderr

    def test_it_sends_a_stream(self, emulator: RunningEmulator, grpcurl: Callable[..., Ran]) -> None:
        opened = grpcurl(f"{SERVICE}/CreateFile", "-d", '{"parentPath": "/Cloud", "fileName": "f"}')
        handle = json.loads(opened.stdout)["fileHandle"]
        pieces = [{"fileHandle": handle, "startPos": at, "length": 3, "buffer": "YWJj", "closeFile": at == 3} for at in (0, 3)]
        sent = grpcurl(f"{SERVICE}/WriteToFileStream", "-d", "".join(map(json.dumps, pieces)))
        assert json.loads(sent.stdout) == {"bytesWritten": "6"}

    def test_without_reflection_it_takes_the_contract_from_its_file(
        self, run: Callable[..., Ran], emulator_factory: Callable[..., RunningEmulator]
    ) -> None:
        place = f"127.0.0.1:{emulator_factory().port}"
        contract = Path(__file__).parents[3] / "proto" / "clouddrive.proto"
        told = run(
            "grpcurl", "-plaintext", "-import-path", contract.parent, "-proto", contract.name, place, f"{SERVICE}/GetSystemInfo"
        )
        assert json.loads(told.stdout)["SystemReady"] is True

    def test_it_is_refused_by_default(self, run: Callable[..., Ran], emulator_factory: Callable[..., RunningEmulator]) -> None:
        place = f"127.0.0.1:{emulator_factory().port}"
        assert "does not support the reflection API" in run("grpcurl", "-plaintext", place, "list", expect=1).stderr


def test_without_the_library_it_says_what_to_install() -> None:
    """In a process of its own, where it cannot be imported."""
    program = """
import sys
sys.modules["grpc_reflection"] = None
from clouddrive2.emulator.options import EmulatorOptions
from clouddrive2.testing import running_emulator
with running_emulator():
    pass
try:
    with running_emulator(options=EmulatorOptions(reflection=True)):
        pass
except ValueError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "reflection needs grpcio-reflection: pip install 'clouddrive2[reflection]'\n"
