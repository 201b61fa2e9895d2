"""Files in memory: for tests."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from dataclasses import dataclass, field, replace

from clouddrive2.emulator.storage.base import Item, Storage

__all__ = ["MemoryStorage"]


@dataclass(slots=True)
class _Node:
    item: Item
    data: bytearray = field(default_factory=bytearray)
    children: dict[str, _Node] = field(default_factory=dict)


class MemoryStorage(Storage):
    """A tree of nodes under one lock."""

    blocking = False

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._ids = itertools.count(1000)
        self._root = self._node("", is_folder=True)
        self._temporary: dict[str, bytearray] = {}

    def stat(self, path: str) -> Item | None:
        with self._lock:
            node = self._find(path)
            return node.item if node else None

    def names(self, folder: str) -> list[str]:
        with self._lock:
            return sorted(self._folder(folder).children)

    def make_folder(self, path: str) -> None:
        with self._lock:
            above, name = self._place(path)
            if name in above.children:
                raise FileExistsError(path)
            above.children[name] = self._node(name, is_folder=True)

    def delete(self, path: str) -> None:
        with self._lock:
            above, name = self._place(path)
            if above.children.pop(name, None) is None:
                raise FileNotFoundError(path)

    def rename(self, old: str, new: str) -> None:
        with self._lock:
            node = self._existing(old)
            above, name = self._place(new)
            if name in above.children:
                raise FileExistsError(new)
            source, old_name = self._place(old)
            del source.children[old_name]
            node.item = replace(node.item, name=name)
            above.children[name] = node

    def copy(self, old: str, new: str) -> None:
        with self._lock:
            above, name = self._place(new)
            if name in above.children:
                raise FileExistsError(new)
            above.children[name] = self._copied(self._existing(old), name)

    def read(self, path: str, offset: int, length: int) -> bytes:
        with self._lock:
            node = self._existing(path)
            if node.item.is_folder:
                raise IsADirectoryError(path)
            return bytes(memoryview(node.data)[offset : offset + length])

    def begin(self) -> str:
        temporary = uuid.uuid4().hex
        with self._lock:
            self._temporary[temporary] = bytearray()
        return temporary

    def write(self, temporary: str, offset: int, data: bytes) -> None:
        with self._lock:
            content = self._temporary[temporary]
            if len(content) < offset:
                content.extend(bytes(offset - len(content)))
            content[offset : offset + len(data)] = data

    def read_temporary(self, temporary: str, offset: int, length: int) -> bytes:
        with self._lock:
            return bytes(memoryview(self._temporary[temporary])[offset : offset + length])

    def publish(self, temporary: str, path: str, size: int, hashes: dict[int, str]) -> None:
        with self._lock:
            above, name = self._place(path)
            content = self._temporary.pop(temporary)
            content.extend(bytes(max(0, size - len(content))))
            node = self._node(name, is_folder=False)
            node.data = content
            node.item = replace(node.item, size=len(content), hashes=dict(hashes))
            above.children[name] = node

    def discard(self, temporary: str) -> None:
        with self._lock:
            self._temporary.pop(temporary, None)

    def used(self) -> int:
        with self._lock:
            return sum(node.item.size for node in self._all(self._root))

    def holds(self, size: int, kind: int, value: str) -> str | None:
        with self._lock:
            return self._search(self._root, "", size, kind, value.lower())

    def _search(self, node: _Node, path: str, size: int, kind: int, value: str) -> str | None:
        for name, child in node.children.items():
            here = f"{path}/{name}"
            if child.item.is_folder:
                found = self._search(child, here, size, kind, value)
                if found:
                    return found
            elif child.item.size == size and child.item.hashes.get(kind, "").lower() == value:
                return here
        return None

    def _node(self, name: str, *, is_folder: bool) -> _Node:
        now = time.time()
        return _Node(Item(name, is_folder, 0, now, now, str(next(self._ids))))

    def _copied(self, node: _Node, name: str) -> _Node:
        copy = _Node(replace(node.item, name=name, id=str(next(self._ids))), bytearray(node.data))
        copy.children = {child: self._copied(below, child) for child, below in node.children.items()}
        return copy

    def _all(self, node: _Node) -> list[_Node]:
        return [below for child in node.children.values() for below in (child, *self._all(child))]

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
