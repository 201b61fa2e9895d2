"""``cd2 info``: who the server is and what it can do."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from clouddrive2.cli.context import Cli
from clouddrive2.cli.output import words
from clouddrive2.cli.sentences import sentence
from clouddrive2.errors import PermissionDenied, Unauthenticated, Unsupported

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 info
cd2 --url nas:19798 info
cd2 --json info | jq -r .runtime.version"""


async def command(cli: Cli) -> None:
    """Show the server's version, account and abilities."""
    async with cli.client() as client:
        found: dict[str, Any] = {"url": client.config.url, "system": plain_value(await client.system.info())}
        try:
            found["runtime"] = plain_value(await client.system.runtime())
        except (PermissionDenied, Unauthenticated, Unsupported) as error:
            cli.out.warn(f"its version cannot be read: {sentence(error)}")
        found["connection"] = plain_value(client.connection)
    rows = [("server", found["url"]), ("transport", f"{client.connection.transport} ({client.connection.reason})")]
    for name in ("runtime", "system"):
        rows += [(key.replace("_", " "), _shown(value)) for key, value in found.get(name, {}).items() if value not in (None, "")]
    cli.out.result(found, "\n".join(words.columns(rows)))


def plain_value(value: Any) -> Any:
    """A frozen value as JSON knows it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain_value(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name.lower()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain_value(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return words.plain(str(value))
