"""What the client promises holds over both transports: tests that take ``transport``, or a client made with it, run twice."""

from __future__ import annotations

import pytest

from clouddrive2.config import TransportName


@pytest.fixture(params=["grpc", "grpc-web"])
def transport(request: pytest.FixtureRequest) -> TransportName:
    name: TransportName = request.param
    return name
