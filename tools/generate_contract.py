"""The files that come from the contract: message classes, stubs, the method table and ``client.raw``."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from grpc_tools import protoc

PACKAGE = Path("src/clouddrive2")
SOURCE = "clouddrive2/proto/clouddrive.proto"


def contract_files(root: Path, scratch: Path) -> dict[Path, str]:
    """Compile the contract into ``scratch`` and return all files made from it, by their path in the repository."""
    compile_contract(root, scratch)
    folder = scratch / "clouddrive2/proto"
    files = {PACKAGE / "proto" / path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}
    messages = PACKAGE / "proto/clouddrive_pb2.py"
    files[messages] = with_own_pool(files[messages])
    facts = tomllib.loads((root / "proto/methods.toml").read_text(encoding="utf-8"))
    comments = method_comments((root / "proto/clouddrive.proto").read_text(encoding="utf-8"))
    methods = list(load(folder, files[messages]).DESCRIPTOR.services_by_name["CloudDriveFileSrv"].methods)
    if sorted(method.name for method in methods) != sorted(facts):
        differing = sorted({method.name for method in methods} ^ set(facts))
        raise SystemExit(f"proto/methods.toml and the contract differ in {', '.join(differing)}")
    files[PACKAGE / "proto/methods.py"] = formatted(method_table(methods, facts), root)
    files[PACKAGE / "api/raw.py"] = formatted(raw_namespace(methods, facts, comments), root)
    return files


def formatted(text: str, root: Path) -> str:
    """The text as ``ruff format`` leaves it: our own generated sources look like written ones."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "generated.py", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=root).stdout


def compile_contract(root: Path, scratch: Path) -> None:
    """Run the protocol compiler; the virtual path makes the generated imports start at the package."""
    bin_folder = Path(sys.executable).parent
    well_known = resources.files("grpc_tools") / "_proto"
    arguments = ["protoc", f"-Iclouddrive2/proto={root / 'proto'}", f"-I{well_known}"]
    for kind in ("python", "grpc_python", "mypy", "mypy_grpc"):
        arguments.append(f"--{kind}_out={'quiet:' if kind.startswith('mypy') else ''}{scratch}")
    for plugin in ("protoc-gen-mypy", "protoc-gen-mypy_grpc"):
        arguments.append(f"--plugin={plugin}={bin_folder / plugin}")
    if protoc.main([*arguments, SOURCE]) != 0:
        raise SystemExit("the protocol compiler refused proto/clouddrive.proto")


def with_own_pool(text: str) -> str:
    """Keep our messages out of the process-wide pool, where another CloudDrive2 client may have its own."""
    pool = (
        "_pool = _descriptor_pool.DescriptorPool()\n"
        "_pool.AddSerializedFile(google_dot_protobuf_dot_empty__pb2.DESCRIPTOR.serialized_pb)\n"
        "_pool.AddSerializedFile(google_dot_protobuf_dot_timestamp__pb2.DESCRIPTOR.serialized_pb)\n\n"
        "DESCRIPTOR = _pool.AddSerializedFile("
    )
    changed, count = re.subn(r"DESCRIPTOR = _descriptor_pool\.Default\(\)\.AddSerializedFile\(", lambda _: pool, text)
    if count != 1:
        raise SystemExit("the protocol compiler's output has another shape than expected")
    return changed


def load(folder: Path, text: str) -> ModuleType:
    """Import the message module just made, without touching the installed one."""
    path = folder / "generated_messages.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("generated_messages", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def method_comments(proto: str) -> dict[str, str]:
    """The comment above each RPC, as one line."""
    comments: dict[str, str] = {}
    lines: list[str] = []
    for line in proto.splitlines():
        stripped = line.strip()
        if stripped.startswith("// ") and not stripped.startswith("// ----"):
            lines.append(stripped[3:])
        elif match := re.match(r"rpc (\w+)\(", stripped):
            if not lines:
                raise SystemExit(f"{match[1]} has no comment in proto/clouddrive.proto")
            comments[match[1]] = " ".join(lines)
            lines = []
        else:
            lines = []
    return comments


def type_name(descriptor: Any) -> str:
    """The name under which generated code reaches a message class."""
    return "Empty" if descriptor.full_name == "google.protobuf.Empty" else f"pb.{descriptor.name}"


def method_table(methods: list[MethodDescriptor], facts: dict[str, dict[str, Any]]) -> str:
    """``proto/methods.py``."""
    rows = []
    for method in methods:
        fact = facts[method.name]
        streaming = [f"client_streaming={method.client_streaming}"] if method.client_streaming else []
        streaming += [f"server_streaming={method.server_streaming}"] if method.server_streaming else []
        fields = [
            f'"{method.name}"',
            type_name(method.input_type),
            type_name(method.output_type),
            *streaming,
            *([f"public={fact['public']}"] if fact.get("public") else []),
            *([f"permissions={tuple(fact['permissions'])!r}"] if fact.get("permissions") else []),
            *([f"since={fact['since']!r}"] if fact.get("since") else []),
            *([f"repeatable={fact['repeatable']}"] if fact["repeatable"] else []),
        ]
        rows.append(f"    Method({', '.join(fields)}),")
    return METHODS_HEAD + "_ROWS = (\n" + "\n".join(rows) + "\n)\n" + METHODS_TAIL


METHODS_HEAD = '''\
"""One row per RPC of the contract. Generated from proto/clouddrive.proto and proto/methods.toml: do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["METHODS", "SERVICE", "Method"]

SERVICE = "clouddrive.CloudDriveFileSrv"


@dataclass(frozen=True, slots=True)
class Method:
    """What is known of one RPC.

    Attributes:
        name: The RPC's name as the contract spells it.
        request: Message class of the request (of each request, when ``client_streaming``).
        reply: Message class of the reply (of each reply, when ``server_streaming``).
        client_streaming: Whether the client sends a stream.
        server_streaming: Whether the server answers with a stream.
        public: Whether it works without a token.
        permissions: Fields of ``TokenPermissions`` the RPC is named beside; empty when no source names one.
        since: First version documented to have it; ``None`` when it was already there in 1.0.0.
        repeatable: Whether it may be sent again when the answer to it was lost.
    """

    name: str
    request: type[Message]
    reply: type[Message]
    client_streaming: bool = False
    server_streaming: bool = False
    public: bool = False
    permissions: tuple[str, ...] = ()
    since: str | None = None
    repeatable: bool = False

    @property
    def path(self) -> str:
        """The HTTP path of the call."""
        return f"/{SERVICE}/{self.name}"


'''

METHODS_TAIL = """
METHODS: Mapping[str, Method] = MappingProxyType({method.name: method for method in _ROWS})
"""


def raw_namespace(methods: list[MethodDescriptor], facts: dict[str, dict[str, Any]], comments: dict[str, str]) -> str:
    """``api/raw.py``."""
    return RAW_HEAD + "\n\n".join(raw_method(method, facts[method.name], comments[method.name]) for method in methods)


def raw_method(method: MethodDescriptor, fact: dict[str, Any], comment: str) -> str:
    """One typed method of ``client.raw``."""
    request, reply = type_name(method.input_type), type_name(method.output_type)
    name = method.name
    notes = []
    if fact.get("permissions"):
        notes.append(f"Needs {', '.join(f'``{permission}``' for permission in fact['permissions'])}.")
    if fact.get("public"):
        notes.append("Works without a token.")
    if fact.get("since"):
        notes.append(f"Since {fact['since']}.")
    notes.append("May be repeated." if fact["repeatable"] else "Not repeated when the answer is lost.")
    documentation = f'        """{comment}\n\n        {" ".join(notes)}\n        """'
    if method.client_streaming and method.server_streaming:
        return (
            f"    def {name}(\n        self, requests: AsyncIterable[{request}], *, timeout: float | None = None\n"
            f"    ) -> AsyncIterator[{reply}]:\n{documentation}\n"
            f'        return self._caller.both_streams("{name}", requests, {reply}, timeout=timeout)\n'
        )
    if method.client_streaming:
        return (
            f"    async def {name}(\n        self, requests: AsyncIterable[{request}], *, timeout: float | None = None\n"
            f"    ) -> {reply}:\n{documentation}\n"
            f'        return await self._caller.send_stream("{name}", requests, {reply}, timeout=timeout)\n'
        )
    empty = request == "Empty"
    argument = "" if empty else f"request: {request}, "
    sent = "Empty()" if empty else "request"
    if method.server_streaming:
        return (
            f"    def {name}(self, {argument}*, timeout: float | None = None) -> AsyncIterator[{reply}]:\n{documentation}\n"
            f'        return self._caller.stream("{name}", {sent}, {reply}, timeout=timeout)\n'
        )
    result, give = ("None", "") if reply == "Empty" else (reply, "return ")
    return (
        f"    async def {name}(self, {argument}*, timeout: float | None = None) -> {result}:\n{documentation}\n"
        f'        {give}await self._caller.unary("{name}", {sent}, {reply}, timeout=timeout)\n'
    )


RAW_HEAD = '''"""Every RPC of the contract, typed. Generated from proto/clouddrive.proto and proto/methods.toml: do not edit."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

from google.protobuf.empty_pb2 import Empty

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncRaw"]


class AsyncRaw:
    """``client.raw``: message in, message out, with the same token, deadlines, repeating and errors as everything else.

    Methods are named as the RPCs. ``timeout`` is in seconds; ``None`` takes the one the RPC has in ``transport/policy.py``.
    Streams are async iterators; leaving one early ends the call. All raise :class:`clouddrive2.Error` and its kinds.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

'''
