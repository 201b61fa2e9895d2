"""One remote upload and what belongs to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from clouddrive2.emulator.tasks import UploadTask
from clouddrive2.emulator.uploads.channels import Owner
from clouddrive2.emulator.uploads.content import Content
from clouddrive2.emulator.uploads.machine import Session
from clouddrive2.emulator.world import Cloud, Pending

__all__ = ["Upload"]


@dataclass(slots=True, eq=False)
class Upload:
    """One upload and what belongs to it.

    Attributes:
        device_id: Whose channel serves it, once known.
        touched_at: When something last happened, on the world's clock.
        blocks: Block hashes the client reported, by block size.
        heard_at: When a hash was last asked for or heard of, by kind.
        is_publishing: It is being put in place and can no longer be stopped.
    """

    id: str
    path: str
    session: Session
    cloud: Cloud
    content: Content
    owner: Owner
    task: UploadTask
    touched_at: float
    device_id: str | None = None
    pending: Pending | None = None
    blocks: dict[int, list[str]] = field(default_factory=dict)
    heard_at: dict[int, float] = field(default_factory=dict)
    hash_watch: asyncio.Task[None] | None = None
    is_publishing: bool = False
