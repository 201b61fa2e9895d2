"""Files in memory: for tests."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from clouddrive2.emulator.storage.base import Item, Reader, Storage, StorageError, StorageFull

__all__ = ["MemoryStorage"]


@dataclass(slots=True, eq=False)
class _Node:
    item: Item
    data: bytearray = field(default_factory=bytearray)
    children: dict[str, _Node] = field(default_factory=dict)
    above: _Node | None = None


class _Bytes(Reader):
    """Published content is never written to again, so a reader may share it."""

    def __init__(self, data: bytearray) -> None:
        self._data = data
        self.size = len(data)

    def read(self, offset: int, length: int) -> bytes:
        return bytes(memoryview(self._data)[offset : offset + length])

    def close(self) -> None:
        return None


class MemoryStorage(Storage):
    """A tree of nodes under one lock.

    Args:
        now: Gives the times of files.
        limit: Bytes that fit, published and temporary together.
    """

    blocking = False

    def __init__(self, now: Callable[[], float] = time.time, limit: int = 1 << 40) -> None:
        self._now = now
        self._limit = limit
        self._lock = threading.RLock()
        self._ids = itertools.count(1000)
        self._root = self._node("", is_folder=True)
        self._temporary: dict[str, bytearray] = {}
        self._held = 0
        # Visible files by size, kind of hash and hash in lower case.
        self._by_content: dict[tuple[int, int, str], dict[_Node, None]] = {}

    def stat(self, path: str) -> Item | None:
        with self._lock:
            node = self._find(path)
            return node.item if node else None

    def names(self, folder: str) -> list[str]:
        with self._lock:
            return sorted(self._folder(folder).children)

    def items(self, folder: str, names: Sequence[str]) -> list[Item]:
        with self._lock:
            children = self._folder(folder).children
            return [children[name].item for name in names if name in children]

    def make_folder(self, path: str) -> None:
        with self._lock:
            above, name = self._vacant(path)
            self._put(above, name, self._node(name, is_folder=True))

    def delete(self, path: str) -> None:
        with self._lock:
            above, name = self._place(path)
            node = above.children.pop(name, None)
            if node is None:
                raise FileNotFoundError(path)
            self._held -= self._bytes(node)
            self._set_indexed(node, indexed=False)

    def rename(self, old: str, new: str, *, replace: bool = False) -> None:
        with self._lock:
            node = self._existing(old)
            above, name = self._target(new, replaces=replace and not node.item.is_folder)
            source, old_name = self._place(old)
            del source.children[old_name]
            self._put(above, name, node)

    def copy(self, old: str, new: str, *, replace: bool = False) -> None:
        with self._lock:
            node = self._existing(old)
            above, name = self._target(new, replaces=replace and not node.item.is_folder)
            self._claim(self._bytes(node))
            copy = self._copied(node, name)
            self._put(above, name, copy)
            self._set_indexed(copy, indexed=True)

    def open(self, path: str) -> Reader:
        with self._lock:
            node = self._existing(path)
            if node.item.is_folder:
                raise IsADirectoryError(path)
            return _Bytes(node.data)

    def begin(self) -> str:
        temporary = uuid.uuid4().hex
        with self._lock:
            self._temporary[temporary] = bytearray()
        return temporary

    def write(self, temporary: str, offset: int, data: bytes) -> None:
        with self._lock:
            content = self._begun(temporary)
            self._grow(content, max(len(content), offset + len(data)), keep=offset)
            content[offset : offset + len(data)] = data

    def read_temporary(self, temporary: str, offset: int, length: int) -> bytes:
        with self._lock:
            return bytes(memoryview(self._begun(temporary))[offset : offset + length])

    def publish(self, temporary: str, path: str, size: int, hashes: Mapping[int, str]) -> Item:
        with self._lock:
            above, name = self._target(path, replaces=True)
            content = self._begun(temporary)
            self._grow(content, size, keep=size)
            self._held -= len(content) - size
            del content[size:]
            del self._temporary[temporary]
            node = self._node(name, is_folder=False)
            node.data = content
            node.item = replace(node.item, size=size, hashes=dict(hashes))
            self._put(above, name, node)
            self._set_indexed(node, indexed=True)
            return node.item

    def discard(self, temporary: str) -> None:
        with self._lock:
            self._held -= len(self._temporary.pop(temporary, b""))

    def used(self) -> int:
        with self._lock:
            return self._bytes(self._root)

    def holds(self, size: int, kind: int, value: str) -> str | None:
        with self._lock:
            nodes = self._by_content.get((size, kind, value.lower()))
            return self._path(next(iter(nodes))) if nodes else None

    def close(self) -> None:
        with self._lock:
            self._temporary.clear()

    def _begun(self, temporary: str) -> bytearray:
        if temporary not in self._temporary:
            raise StorageError("the temporary file has gone")
        return self._temporary[temporary]

    def _path(self, node: _Node) -> str:
        names: list[str] = []
        while node.above is not None:
            names.append(node.item.name)
            node = node.above
        return "/" + "/".join(reversed(names))

    def _set_indexed(self, node: _Node, *, indexed: bool) -> None:
        """Let the files at and below a node be found by content, or no longer."""
        for child in node.children.values():
            self._set_indexed(child, indexed=indexed)
        for kind, value in node.item.hashes.items():
            key = (node.item.size, kind, value.lower())
            if indexed:
                self._by_content.setdefault(key, {})[node] = None
                continue
            nodes = self._by_content[key]
            del nodes[node]
            if not nodes:
                del self._by_content[key]

    def _grow(self, content: bytearray, size: int, *, keep: int) -> None:
        """Claim room for ``size`` bytes and fill with zeros up to ``keep``."""
        self._claim(max(0, size - len(content)))
        if len(content) < keep:
            content.extend(bytes(keep - len(content)))

    def _claim(self, more: int) -> None:
        if self._held + more > self._limit:
            raise StorageFull("no room is left in the cloud")
        self._held += more

    def _node(self, name: str, *, is_folder: bool) -> _Node:
        now = self._now()
        return _Node(Item(name, is_folder, 0, now, now, str(next(self._ids))))

    def _copied(self, node: _Node, name: str) -> _Node:
        # Published content never changes, so copies share it.
        copy = _Node(replace(node.item, name=name, id=str(next(self._ids))), node.data)
        copy.children = {child: self._copied(below, child) for child, below in node.children.items()}
        for child in copy.children.values():
            child.above = copy
        return copy

    def _bytes(self, node: _Node) -> int:
        return node.item.size + sum(self._bytes(child) for child in node.children.values())

    def _find(self, path: str) -> _Node | None:
        node = self._root
        for part in path.strip("/").split("/") if path != "/" else ():
            below = node.children.get(part)
            if below is None:
                return None
            node = below
        return node

    def _existing(self, path: str) -> _Node:
        node = self._find(path)
        if node is None:
            raise FileNotFoundError(path)
        return node

    def _folder(self, path: str) -> _Node:
        node = self._existing(path)
        if not node.item.is_folder:
            raise NotADirectoryError(path)
        return node

    def _place(self, path: str) -> tuple[_Node, str]:
        folder, _, name = path.rpartition("/")
        return self._folder(folder or "/"), name

    def _vacant(self, path: str) -> tuple[_Node, str]:
        above, name = self._place(path)
        if name in above.children:
            raise FileExistsError(path)
        return above, name

    def _target(self, path: str, *, replaces: bool) -> tuple[_Node, str]:
        """Where something goes, when nothing is there or a file that may be replaced."""
        above, name = self._place(path)
        there = above.children.get(name)
        if there is not None and not replaces:
            raise FileExistsError(path)
        if there is not None and there.item.is_folder:
            raise IsADirectoryError(path)
        return above, name

    def _put(self, above: _Node, name: str, node: _Node) -> None:
        before = above.children.pop(name, None)
        if before is not None:
            self._held -= self._bytes(before)
            self._set_indexed(before, indexed=False)
        node.item = replace(node.item, name=name)
        node.above = above
        above.children[name] = node
