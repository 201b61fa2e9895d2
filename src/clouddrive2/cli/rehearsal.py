"""``cd2 put --dry-run``: what would go where, by which route, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clouddrive2.cli import destinations as at
from clouddrive2.cli.context import Cli
from clouddrive2.cli.local_tree import Folder, Left
from clouddrive2.cli.output import words
from clouddrive2.cli.sentences import sentence
from clouddrive2.cli.transfers import Item

if TYPE_CHECKING:
    from clouddrive2.client.aio import AsyncClient
    from clouddrive2.models.files import Entry
    from clouddrive2.models.uploads import RouteStep

__all__ = ["Rehearsal"]


class Rehearsal:
    """Says of every item what would become of it; sends nothing."""

    def __init__(self, cli: Cli, client: AsyncClient, *, if_exists: str, routes: Sequence[str]) -> None:
        self._cli = cli
        self._client = client
        self._if_exists = if_exists
        self._routes = routes

    async def run(self, items: Iterator[Item | Folder | Left]) -> int:
        """Reports every item; the exit code says whether all could go."""
        blocked = 0
        for item in items:
            match item:
                case Folder(_, path):
                    if await self._look(path) is None:
                        self._say("make folder", None, path, 0, None, "")
                case Left(source, reason):
                    self._say("leave out", source, None, 0, None, reason)
                case Item():
                    blocked += not await self._one(item)
        return 1 if blocked else 0

    async def _one(self, item: Item) -> bool:
        if item.error is not None:
            self._say("fail", item.source, item.path, 0, None, sentence(item.error))
            return False
        if item.skip:
            self._say("skip", item.source, item.path, item.size, None, item.skip)
            return True
        action, path, why = await self._decide(item)
        if action in ("upload", "replace"):
            steps = await self._client.uploads.plan(Path(item.file or item.source), item.path, routes=self._routes)
            route = next((step.route for step in steps if step.available), None)
            self._say(action, item.source, path, item.size, route, why, steps)
            for step in steps:
                mark = "can" if step.available else "cannot"
                self._cli.out.detail(f"    {step.route} {mark} carry it: {step.reason}")
            return route is not None
        self._say(action, item.source, path, item.size, None, why)
        return action != "fail"

    async def _decide(self, item: Item) -> tuple[str, str, str]:
        there = await self._look(item.path)
        if there is None:
            return "upload", item.path, "nothing is there"
        if there.is_folder:
            return "fail", item.path, "a folder has the name"
        match self._if_exists:
            case "skip":
                return "skip", item.path, "a file is there"
            case "overwrite":
                return "replace", item.path, "a file is there"
            case "rename":
                folder, name = at.parent_of(item.path), item.path.rpartition("/")[2]
                return (
                    "upload",
                    at.join(folder, await at.free_name(self._look, folder, name)),
                    "the name is taken",
                )
            case "fail":
                return "fail", item.path, "a file is there"
            case _:
                if there.size == item.size:
                    return "skip", item.path, "a file of the same size is there; its hash decides when the cloud knows one"
                return "fail", item.path, f"another file is there, of {there.size:,} bytes"

    async def _look(self, path: str) -> Entry | None:
        return await self._client.uploads.look(path, routes=self._routes)

    def _say(
        self,
        action: str,
        source: str | None,
        path: str | None,
        size: int,
        route: str | None,
        why: str,
        steps: Sequence[RouteStep] = (),
    ) -> None:
        record = {
            "event": "plan",
            "action": action,
            "source": source,
            "path": path,
            "bytes": size,
            "route": str(route) if route else None,
            "reason": why or None,
            "routes": [{"route": str(step.route), "available": step.available, "reason": step.reason} for step in steps],
        }
        arrow = " -> ".join(words.plain(end) for end in (source, path) if end)
        amount = f"  {words.size(size)}" if source and path else ""
        by = f" by {route}" if route else ""
        self._cli.out.result(record, f"{action:<11} {arrow}{amount}{by}{f' ({why})' if why else ''}")
