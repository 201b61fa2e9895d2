"""Server reflection: the contract for tools that have none, such as grpcurl.

An extra of the emulator, which no real server is known to have; so it is off unless asked for, and needs no token.
"""

from __future__ import annotations

from typing import Any

import grpc.aio
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import SERVICE

__all__ = ["add_reflection"]


def add_reflection(server: grpc.aio.Server) -> None:
    """Serve the contract, and reflection's own, by ``grpc.reflection.v1alpha``.

    Raises:
        ValueError: The library is not installed.
    """
    try:
        from grpc_reflection.v1alpha import reflection, reflection_pb2
    except ModuleNotFoundError as error:
        raise ValueError("reflection needs grpcio-reflection: pip install 'clouddrive2[reflection]'") from error
    # Our messages are in a pool of their own, without those of reflection.
    pool = DescriptorPool()
    for file in (*pb.DESCRIPTOR.dependencies, pb.DESCRIPTOR, reflection_pb2.DESCRIPTOR):
        pool.AddSerializedFile(file.serialized_pb)
    reflection.enable_server_reflection((SERVICE, reflection.SERVICE_NAME), server, _Pool(pool))


class _Pool:
    """A pool that finds methods, too: the library's own says of each that there is none."""

    def __init__(self, pool: DescriptorPool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptor:
        try:
            return self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            return self._pool.FindMethodByName(symbol).containing_service.file
