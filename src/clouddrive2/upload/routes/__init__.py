"""The ways into the drive; ``plan.ROUTE_NAMES`` has them in the order they are preferred."""

from __future__ import annotations

from clouddrive2.upload.routes.base import Carriage, Carried, Controls, HandOver, Route
from clouddrive2.upload.routes.grpcweb import GrpcWebRoute
from clouddrive2.upload.routes.mount import MountRoute
from clouddrive2.upload.routes.remote import RemoteRoute
from clouddrive2.upload.routes.webdav import WebDavRoute
from clouddrive2.upload.routes.write import WriteRoute

__all__ = [
    "Carriage",
    "Carried",
    "Controls",
    "GrpcWebRoute",
    "HandOver",
    "MountRoute",
    "RemoteRoute",
    "Route",
    "WebDavRoute",
    "WriteRoute",
]
