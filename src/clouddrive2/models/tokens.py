"""API tokens, and the names of what they allow."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from clouddrive2.errors import ConfigError
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["PERMISSIONS", "PRESETS", "Token", "permissions_named"]

PERMISSIONS: tuple[str, ...] = tuple(descriptor.name for descriptor in pb.TokenPermissions.DESCRIPTOR.fields)
"""Every permission this package knows, as in the contract (protocol.md §2.6)."""

_READER = frozenset({"allow_list", "allow_search", "allow_read", "allow_view_properties", "allow_get_space_info"})
# What the upload engine asks: write, name when whole, clear away, and follow a file into its cloud.
_UPLOADER = _READER | {
    "allow_create_folder",
    "allow_create_file",
    "allow_write",
    "allow_rename",
    "allow_move",
    "allow_delete",
    "allow_view_runtime_info",
    "allow_get_mounts",
    "allow_get_transfer_tasks",
    "allow_modify_transfer_tasks",
    "allow_push_message",
}
PRESETS: dict[str, frozenset[str]] = {"reader": _READER, "uploader": _UPLOADER, "admin": frozenset(PERMISSIONS)}
"""Names for sets of permissions: ``reader`` looks and downloads, ``uploader`` does what uploads need, ``admin`` everything."""


@dataclass(frozen=True, slots=True)
class Token:
    """One API token (protocol.md §17).

    Attributes:
        token: Its text: a secret, which ``repr`` leaves out.
        root_folder: The folder it is confined to, ``/`` for none.
        permissions: Names as in the contract, for example ``allow_list``.
        expires_in: Seconds from now, or ``None`` for never.
        name: Its friendly name; several tokens may have the same one.
        log_calls: Whether the server writes its calls to a log.
        log_file_data: Whether that log has the file data calls, too.
    """

    token: str = field(repr=False)
    root_folder: str = "/"
    permissions: frozenset[str] = field(default_factory=frozenset)
    expires_in: int | None = None
    name: str = ""
    log_calls: bool = False
    log_file_data: bool = False

    @property
    def id(self) -> str:
        """Names the token without telling it: the beginning of its SHA-256."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:12]

    @classmethod
    def from_proto(cls, message: pb.TokenInfo) -> Token:
        """From ``ListTokens``, ``CreateToken`` and ``ModifyToken``; 0 seconds means never."""
        return cls(
            token=message.token,
            root_folder=message.rootDir or "/",
            permissions=frozenset(descriptor.name for descriptor, value in message.permissions.ListFields() if value),
            expires_in=message.expires_in or None,
            name=message.friendly_name,
            log_calls=message.enableGrpcLog,
            log_file_data=message.enableStreamFileLog,
        )


def permissions_named(names: Iterable[str]) -> frozenset[str]:
    """The permissions behind names: of presets, or of permissions with or without ``allow_``, with ``-`` for ``_``.

    Raises:
        ConfigError: A name is none of these, or there is none at all; the sentence lists what there is.
    """
    wanted: set[str] = set()
    for given in names:
        name = given.strip().lower().replace("-", "_")
        full = name if name.startswith("allow_") else f"allow_{name}"
        if name in PRESETS:
            wanted |= PRESETS[name]
        elif full in PERMISSIONS:
            wanted.add(full)
        else:
            short = [each.removeprefix("allow_") for each in PERMISSIONS]
            near = difflib.get_close_matches(full.removeprefix("allow_"), [*short, *PRESETS], n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise ConfigError(
                f"'{given}' is no permission{meant}; there are the presets {', '.join(PRESETS)}, and {', '.join(sorted(short))}"
            )
    if not wanted:
        raise ConfigError(f"a token needs a permission; the shortest way to some are the presets {', '.join(PRESETS)}")
    return frozenset(wanted)
