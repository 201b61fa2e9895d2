"""Where ``cd2 login`` puts credentials: a profile in the configuration file, or the system's keyring."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from clouddrive2.config import ServerConfig
from clouddrive2.errors import ConfigError
from clouddrive2.settings import config_file_path, read_profiles

__all__ = ["save_in_keyring", "save_profile", "with_keyring"]

SERVICE = "clouddrive2"
TOKEN = "api token"


def save_profile(name: str, settings: Mapping[str, object], *, default: bool = False) -> Path:
    """Writes one profile, keeping the others; the file is readable by its owner only from its first byte.

    Args:
        name: The profile's name; a profile of that name is replaced.
        settings: ``url``, ``username``, ``password``, ``api_token``, ``ca_file``, ``insecure``, ``mount_point``, ``transport``.
        default: Make it the profile that is used when none is named.

    Raises:
        ConfigError: The existing file cannot be read.
        OSError: It cannot be written.
    """
    # Needed by login alone.
    import tomli_w

    path = config_file_path()
    document: dict[str, Any] = dict(read_profiles(path))
    profiles = dict(document.get("profiles", {}))
    profiles[name] = {key: value for key, value in settings.items() if value}
    document["profiles"] = profiles
    if default or "default_profile" not in document:
        document["default_profile"] = name
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".config-", suffix=".toml", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(tomli_w.dumps(document).encode())
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    return path


def save_in_keyring(url: str, *, username: str | None, secret: str) -> None:
    """Keeps a password (``username`` given) or an API token for a server in the system's keyring.

    Raises:
        ConfigError: There is no keyring on this machine, or it refused.
    """
    keyring = _keyring()
    if keyring is None:
        raise ConfigError("no keyring: install clouddrive2[keyring], or leave out --keyring to use the configuration file")
    try:
        keyring.set_password(SERVICE, _entry(url, username), secret)
    except keyring.errors.KeyringError as error:
        why = str(error).partition(". ")[0]
        raise ConfigError(f"the system's keyring refused ({why}); leave out --keyring to use a file") from error


def with_keyring(config: ServerConfig) -> ServerConfig:
    """The settings with what the keyring knows for this server; unchanged when it knows nothing."""
    keyring = _keyring() if config_file_path().exists() else None
    if keyring is None:
        return config
    try:
        if config.username and (password := keyring.get_password(SERVICE, _entry(config.url, config.username))):
            return replace(config, password=password)
        if token := keyring.get_password(SERVICE, _entry(config.url, None)):
            return replace(config, token=token)
    except keyring.errors.KeyringError:
        return config
    return config


def _entry(url: str, username: str | None) -> str:
    return f"{url} {username or TOKEN}"


def _keyring() -> Any:
    if find_spec("keyring") is None:
        return None
    module = import_module("keyring")
    import_module("keyring.errors")
    return module
