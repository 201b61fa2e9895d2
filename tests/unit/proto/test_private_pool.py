"""Our messages live in a pool of their own, so another CloudDrive2 client may be in the same process."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from google.protobuf import descriptor_pool

from clouddrive2.proto import clouddrive_pb2 as pb

ANOTHER_CLIENT = """
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
other = descriptor_pb2.FileDescriptorProto(name="clouddrive.proto", package="clouddrive", syntax="proto3")
message = other.message_type.add(name="FileRequest")
message.field.add(name="another", number=1, type=descriptor_pb2.FieldDescriptorProto.TYPE_INT32, label=1)
descriptor_pool.Default().AddSerializedFile(other.SerializeToString())
theirs = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName("clouddrive.FileRequest"))
"""
OURS = "from clouddrive2.proto import clouddrive_pb2 as pb"
BOTH_WORK = """
assert theirs.FromString(theirs(another=7).SerializeToString()).another == 7
assert pb.FileRequest.FromString(pb.FileRequest(path="/a").SerializeToString()).path == "/a"
from clouddrive2.proto.methods import METHODS
assert METHODS["DeleteFile"].request is pb.FileRequest
"""


@pytest.mark.parametrize("order", ["ours first", "theirs first"])
def test_another_client_in_the_process_does_not_clash(order: str) -> None:
    imports = [OURS, ANOTHER_CLIENT] if order == "ours first" else [ANOTHER_CLIENT, OURS]
    program = "\n".join([*imports, BOTH_WORK])
    finished = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_the_process_wide_pool_does_not_know_our_messages() -> None:
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName("clouddrive.JWTToken")


def test_times_are_set_and_read_in_place() -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    token = pb.JWTToken()
    token.expiration.FromDatetime(moment)
    read = pb.JWTToken.FromString(token.SerializeToString())
    assert read.expiration.ToDatetime(tzinfo=UTC) == moment
