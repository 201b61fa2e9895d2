"""Webhooks: where the server sends word of changes, and in which words (protocol.md §16)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from clouddrive2.errors import ConfigError
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Webhook", "WebhookConfig", "check_toml"]

_COMMON = {
    "device_name": "{device_name}",
    "user_name": "{user_name}",
    "version": "{version}",
    "event_category": "{event_category}",
    "event_name": "{event_name}",
    "event_time": "{event_time}",
    "send_time": "{send_time}",
}
FILE_ITEM = {
    "action": "{action}",
    "is_dir": "{is_dir}",
    "source_file": "{source_file}",
    "destination_file": "{destination_file}",
}
MOUNT_ITEM = {"action": "{action}", "mount_point": "{mount_point}", "status": "{status}", "reason": "{reason}"}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One configuration as the server has it.

    Attributes:
        name: Of its file.
        content: TOML; it may hold secrets in addresses and headers, so ``repr`` leaves it out.
        is_valid: Whether the server can use it. Nothing is sent without a membership either (protocol.md §16.1).
    """

    name: str
    content: str = field(repr=False)
    is_valid: bool

    @classmethod
    def from_proto(cls, message: pb.WebhookInfo) -> Webhook:
        """From ``GetWebhookConfigs``."""
        return cls(message.fileName, message.content, message.isValid)


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """A configuration to be written, by :meth:`to_toml`.

    Attributes:
        url: Where to send; a receiver knows the server by nothing but a secret in here or in ``headers``.
        headers: To send along.
        method: ``POST`` with a body, or ``GET`` with all in the address.
        files, mounts: Which events.
        time_format: ``rfc3339``, or ``local:`` and a format such as ``%Y-%m-%d %H:%M:%S``; Unix seconds by default.
        file_body, mount_body: The words, with placeholders in braces; JSON with every one of them by default.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: Literal["POST", "GET"] = "POST"
    files: bool = True
    mounts: bool = True
    time_format: str = ""
    file_body: str | None = None
    mount_body: str | None = None

    def to_toml(self) -> str:
        """The configuration, with both watchers and all five keys of each: some servers refuse any other.

        Raises:
            ConfigError: The address is none, or neither files nor mounts are wanted.
        """
        if not self.url.startswith(("http://", "https://")):
            raise ConfigError("the address of a webhook begins with http:// or https://")
        if not (self.files or self.mounts):
            raise ConfigError("a webhook for neither files nor mounts says nothing; remove it instead")
        lines = ["[global_params]", 'base_url = ""', "enabled = true"]
        if self.time_format:
            lines.append(f"time_format = {_text(self.time_format)}")
        lines += ["", "[global_params.default_headers]"]
        lines += [f"{_text(name)} = {_text(value)}" for name, value in self.headers.items()]
        for table, wanted, body, item in (
            ("file_system_watcher", self.files, self.file_body, FILE_ITEM),
            ("mount_point_watcher", self.mounts, self.mount_body, MOUNT_ITEM),
        ):
            words = body if body is not None else json.dumps({**_COMMON, "data": [item]}, indent=2)
            lines += ["", f"[{table}]", f"url = {_text(self.url)}", f"method = {_text(self.method)}"]
            lines += [f"enabled = {str(wanted).lower()}", f"body = {_text(words)}", "", f"[{table}.headers]"]
            lines += ['"Content-Type" = "application/json"'] if body is None else []
        return check_toml("\n".join(lines) + "\n")


def check_toml(content: str) -> str:
    """The content, when it is TOML.

    Raises:
        ConfigError: It is not; the sentence says where.
    """
    try:
        tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"a webhook is written in TOML, and this is none: {error}") from error
    return content


def _text(value: str) -> str:
    """A basic string: JSON's but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
