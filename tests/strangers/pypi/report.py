"""What the scripts of this folder tell the tests: a line of JSON for each thing done, and which methods that needed.

Runs in the strangers' venv, as everything here but the tests.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

CALLED: set[str] = set()


def plain(value: Any) -> Any:
    """A value as JSON has it; messages by the names of the contract."""
    if isinstance(value, Message):
        return MessageToDict(value, preserving_proto_field_name=True)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    return [plain(each) for each in value] if isinstance(value, (list, tuple, set, Iterator)) else str(value)


def tell(name: str, action: Callable[[], Any]) -> Any:
    """Do it, and say what came of it."""
    try:
        value = action()
    except Exception as error:  # noqa: BLE001 - whatever the stranger raises is what the test asks for
        failed(name, error)
        return None
    went_well(name, value)
    return value


def went_well(name: str, value: Any) -> None:
    """Say what something gave."""
    print(json.dumps({"name": name, "value": plain(value)}), flush=True)


def failed(name: str, error: Exception) -> None:
    """Say what something ended with: the status of gRPC, by grpcio or by grpclib; otherwise the exception."""
    code, status = getattr(error, "code", None), getattr(error, "status", None)
    said = code().name if callable(code) else getattr(status, "name", type(error).__name__)
    print(json.dumps({"name": name, "error": said, "text": str(error)}), flush=True)


def methods(kind: type) -> list[str]:
    """The public methods a class defines, each by its first name."""
    return [name for name, value in vars(kind).items() if inspect.isfunction(value) and value.__name__ == name and name[0] != "_"]


def watch(kind: type) -> None:
    """Note which methods of a class are called."""
    for name in methods(kind):
        setattr(kind, name, _noted(f"{kind.__name__}.{name}", getattr(kind, name)))


def untouched(kind: type) -> list[str]:
    """The watched methods nobody called."""
    return [name for name in methods(kind) if f"{kind.__name__}.{name}" not in CALLED]


def _noted(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **keywords: Any) -> Any:
        CALLED.add(name)
        return method(*args, **keywords)

    return call
