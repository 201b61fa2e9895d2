"""The routes, in the order they are preferred."""

from __future__ import annotations

from collections.abc import Sequence

from clouddrive2.upload.routes.base import Carriage, Carried, Controls, Route
from clouddrive2.upload.routes.remote import RemoteRoute

__all__ = ["ROUTES", "Carriage", "Carried", "Controls", "RemoteRoute", "Route"]

ROUTES: Sequence[type[Route]] = (RemoteRoute,)
