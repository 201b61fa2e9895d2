"""What survives a restart beside the files themselves: sections of JSON in one file.

A part of the server that has something to keep takes a section of its own::

    for kept in state.load("webhooks", []):
        self._add(from_json(kept, pb.WebhookConfig))
    ...
    state.save("webhooks", [as_json(each) for each in self._all])
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message

__all__ = ["State", "as_json", "from_json"]

M = TypeVar("M", bound=Message)


class State:
    """Sections by name, each one JSON value.

    The file is written whole and takes its place in one step: a server that is killed leaves the old or the new one. Only its
    owner may read it, as it holds tokens and passwords.

    Args:
        file: Where they lie; ``None`` keeps them in memory, and they go with the server.

    Raises:
        ValueError: The file is there and holds something else.
        OSError: It cannot be read.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._sections: dict[str, Any] = {}
        if file is None or not file.exists():
            return
        try:
            found = json.loads(file.read_bytes())
        except ValueError as error:
            raise ValueError(f"{file} is no state of an emulator ({error}); move it away to begin without it") from error
        if not isinstance(found, dict):
            raise ValueError(f"{file} is no state of an emulator; move it away to begin without it")
        self._sections = found

    def load(self, section: str, default: Any = None) -> Any:
        """What was saved last under this name."""
        return self._sections.get(section, default)

    def save(self, section: str, value: Any) -> None:
        """Keep a JSON value; at once, and waiting for the disk: it is a small file, and rarely written.

        Raises:
            OSError: It cannot be written; what was kept before stays.
        """
        if self._sections.get(section) == value:
            return
        sections = {**self._sections, section: value}
        if self._file is not None:
            _replace(self._file, json.dumps(sections, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass"))
        self._sections = sections


def as_json(message: Message) -> dict[str, Any]:
    """A message as a JSON value."""
    value: dict[str, Any] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return value


def from_json(value: dict[str, Any], kind: type[M]) -> M:
    """The message that :func:`as_json` was given; fields nobody knows any more are left out."""
    return json_format.ParseDict(value, kind(), ignore_unknown_fields=True)


def _replace(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(handle)
    fresh.replace(file)
