"""Every RPC with messages made at random: each is answered, and none of them takes the server down."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from clouddrive2.proto.methods import METHODS

# These end the server, its account or the token, as they should.
ENDING = {
    "ShutdownService", "RestartService", "UpdateSystem", "SetWebServerConfig", "GenerateSelfSignedCert", "Logout",
    "DeleteAccount", "RemoveCloudAPI", "RemoveToken", "ModifyToken", "EnableCloudSync",
}  # fmt: skip
# These read or write folders of the machine itself, which is what they are for: not where the tests run. Logins add folders.
OF_THE_MACHINE = {
    "APIAddLocalFolder", "LocalCreateFolder", "AddMountPoint", "UpdateMountPoint", "Mount", "Unmount", "BackupAdd",
    "BackupUpdate", "BackupAddDestination", "BackupRestartWalkingThrough", "BackupStartTwoWaySyncPreview",
}  # fmt: skip
# These bring folders of their own into the drive.
ADDING = {name for name in METHODS if name.startswith(("APILogin", "ApiLogin"))}
# What these answer has no end, or comes when somebody does something.
ENDLESS = 0.2
TEXTS = st.sampled_from(["", "/", "/Cloud", "/Cloud/seed", "/Other", "..", "/Cloud/\0", "user", "x" * 300]) | st.text(max_size=12)
NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, (1 << 32) - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, (1 << 64) - 1),
}


def values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    kind = field.cpp_type
    if kind in NUMBERS:
        low, high = NUMBERS[kind]
        return st.sampled_from([0, 1, 2, 3, 1 << 20, high, low]) | st.integers(low, high)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return st.floats(width=32 if kind == FieldDescriptor.CPPTYPE_FLOAT else 64)
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return st.sampled_from([value.number for value in field.enum_type.values] + [99])
    if kind == FieldDescriptor.CPPTYPE_MESSAGE:
        return messages(field.message_type, depth - 1)
    return st.binary(max_size=64) if field.type == FieldDescriptor.TYPE_BYTES else TEXTS


@cache
def messages(kind: Descriptor, depth: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Some of a message's fields."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for field in kind.fields:
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE and depth == 0:
            continue
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE and field.message_type.GetOptions().map_entry:
            continue
        value = values(field, depth)
        fields[field.name] = st.lists(value, max_size=3) if field.is_repeated else value
    return st.fixed_dictionaries({}, optional=fields)


def filled(message: Message, content: dict[str, Any]) -> Message:
    for name, value in content.items():
        if isinstance(value, dict):
            getattr(message, name).SetInParent()
            filled(getattr(message, name), value)
        elif isinstance(value, list):
            for each in value:
                if isinstance(each, dict):
                    filled(getattr(message, name).add(), each)
                else:
                    getattr(message, name).append(each)
        else:
            setattr(message, name, value)
    return message


CALLS = st.sampled_from(sorted(METHODS.keys() - ENDING - OF_THE_MACHINE - ADDING)).flatmap(
    lambda name: st.tuples(st.just(name), messages(METHODS[name].request.DESCRIPTOR))
)


def send(target: Any, name: str, content: dict[str, Any]) -> None:
    """Call, and look at how it ends: the server's own errors would be UNKNOWN."""
    method = METHODS[name]
    request = filled(method.request(), content)
    shape = ("stream_" if method.client_streaming else "unary_") + ("stream" if method.server_streaming else "unary")
    call = getattr(target.channel, shape)(method.path, method.request.SerializeToString)
    metadata = (("authorization", f"Bearer {target.token}"),)
    given_request = iter([request]) if method.client_streaming else request
    limit = ENDLESS if method.server_streaming else target.deadline
    try:
        answer = call(given_request, metadata=metadata, timeout=limit)
        if method.server_streaming:
            for _ in answer:
                pass
    except grpc.RpcError as error:
        code, text = error.code(), error.details()  # type: ignore[attr-defined]
        assert code not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAVAILABLE) or "Unexpected" not in text, (
            name,
            request,
            text,
        )
        assert code is not grpc.StatusCode.DEADLINE_EXCEEDED or method.server_streaming, (name, request)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(call=CALLS)
def sample(target: Any, call: tuple[str, dict[str, Any]]) -> None:
    send(target, *call)


def test_every_call_is_answered(target: Any) -> None:
    sample(target)
    target.check()


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_every_call_is_answered_for_long(target: Any, fuzz: Callable[..., None]) -> None:
    fuzz(lambda call: send(target, *call), CALLS, target.check, share=0.25)
