"""How an upload on its way is steered."""

from __future__ import annotations

from abc import ABC, abstractmethod

__all__ = ["Controls"]


class Controls(ABC):
    """How the job steers an upload on its way."""

    @abstractmethod
    async def pause(self) -> None:
        """Stop moving data; returns when the other side agreed."""

    @abstractmethod
    async def resume(self) -> None:
        """Go on."""

    @abstractmethod
    async def cancel(self) -> None:
        """End it for good; ``carry`` then raises UploadCancelled."""
