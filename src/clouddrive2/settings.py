"""Where settings come from: arguments > environment > profile > defaults."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from clouddrive2.config import DEFAULT_URL, ServerConfig, TransportChoice
from clouddrive2.errors import ConfigError

__all__ = ["config_file_path", "load_config", "mount_maps_of", "read_profiles", "state_folder"]

Profile = dict[str, Any]
# What a profile may hold.
SETTINGS: dict[str, type] = {
    "url": str,
    "token": str,
    "username": str,
    "password": str,
    "ca_file": str,
    "insecure": bool,
    "mount_point": str,
    "mount_map": dict,
    "path_view": str,
    "root_folder": str,
    "dav_username": str,
    "dav_password": str,
    "dav_root": str,
    "transport": str,
}


def config_file_path(environ: Mapping[str, str] | None = None) -> Path:
    """``config.toml`` in the platform's configuration folder, or in ``CLOUDDRIVE2_CONFIG_DIR``."""
    environ = os.environ if environ is None else environ
    folder = environ.get("CLOUDDRIVE2_CONFIG_DIR") or platformdirs.user_config_dir("clouddrive2", appauthor=False)
    return Path(folder) / "config.toml"


def state_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Where journal and device ids live: the platform's state folder, or ``CLOUDDRIVE2_STATE_DIR``."""
    environ = os.environ if environ is None else environ
    folder = environ.get("CLOUDDRIVE2_STATE_DIR") or platformdirs.user_state_dir("clouddrive2", appauthor=False)
    return Path(folder)


def load_config(
    url: str | None = None,
    *,
    token: str | None = None,
    username: str | None = None,
    password: str | None = None,
    totp_code: str | Callable[[], str] | None = None,
    profile: str | None = None,
    ca_file: str | Path | None = None,
    insecure: bool | None = None,
    mount_point: str | Path | None = None,
    mount_maps: Mapping[str, str | Path] | None = None,
    transport: TransportChoice | str | None = None,
    environ: Mapping[str, str] | None = None,
    config_file: Path | None = None,
) -> ServerConfig:
    """The settings to use: arguments win over the environment, that over a profile, that over the defaults.

    A token or password given at one level hides the other kind of credential of the levels below it.

    Raises:
        ConfigError: The address, the file or the profile cannot be used; says which and why.
    """
    environ = os.environ if environ is None else environ
    stored = read_profile(profile or environ.get("CLOUDDRIVE2_PROFILE"), config_file or config_file_path(environ))
    levels: list[Profile] = [
        {
            "url": url,
            "token": token,
            "username": username,
            "password": password,
            "ca_file": ca_file,
            "insecure": insecure,
            "mount_point": mount_point,
            "mount_map": mount_maps,
            "transport": transport,
        },
        _from_environment(environ),
        stored,
    ]
    chosen: Profile = {}
    for level in levels:
        present = {key: value for key, value in level.items() if value is not None and value != ""}
        if "token" in chosen or "password" in chosen:
            for key in {"token", "password"} - chosen.keys():
                present.pop(key, None)
        chosen = {**present, **chosen}
    return _build(chosen, totp_code)


def _build(chosen: Profile, totp_code: str | Callable[[], str] | None) -> ServerConfig:
    view = chosen.get("path_view", "as_given")
    if view not in ("as_given", "prefix", "strip"):
        raise ConfigError(f"path_view must be as_given, prefix or strip, not '{view}'")
    config = ServerConfig(
        url=str(chosen.get("url") or DEFAULT_URL),
        token=chosen.get("token"),
        username=chosen.get("username"),
        password=chosen.get("password"),
        totp_code=totp_code or chosen.get("totp_code"),
        ca_file=Path(chosen["ca_file"]).expanduser() if chosen.get("ca_file") else None,
        insecure=bool(chosen.get("insecure")),
        mount_point=Path(chosen["mount_point"]).expanduser() if chosen.get("mount_point") else None,
        mount_maps=mount_maps_of(chosen.get("mount_map", {})),
        path_view=view,
        root_folder=str(chosen.get("root_folder", "/")),
        dav_username=chosen.get("dav_username"),
        dav_password=chosen.get("dav_password"),
        dav_root=str(chosen.get("dav_root", "/")),
        transport=chosen.get("transport", "auto"),
    )
    if config.ca_file is not None and not config.ca_file.is_file():
        raise ConfigError(f"the certificate file {config.ca_file} does not exist", path=str(config.ca_file))
    if config.token:
        config = replace(config, password=None)
    return config


def mount_maps_of(given: Mapping[str, str | Path]) -> tuple[tuple[str, Path], ...]:
    """Cloud folders with the local folders that show them, checked; the deepest cloud folder first.

    Raises:
        ConfigError: A cloud folder or a local one is not absolute.
    """
    maps = []
    for cloud, local in given.items():
        parts = [part for part in cloud.split("/") if part]
        if not cloud.startswith("/") or ".." in parts:
            raise ConfigError(f"a mount map begins with a folder in the drive, such as /115, not with '{cloud}'", path=cloud)
        place = Path(local).expanduser() if isinstance(local, str | Path) else Path()
        if not place.is_absolute():
            raise ConfigError(f"the mount map of {cloud} must lead to an absolute local folder, not to '{local}'", path=cloud)
        maps.append(("/" + "/".join(parts), place))
    return tuple(sorted(maps, key=lambda each: -len(each[0])))


def _from_environment(environ: Mapping[str, str]) -> Profile:
    url = environ.get("CLOUDDRIVE2_URL")
    host, port = environ.get("CLOUDDRIVE2_HOST"), environ.get("CLOUDDRIVE2_PORT")
    if not url and host:
        bracketed = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
        url = f"{bracketed}:{port}" if port else bracketed
    return {
        "url": url,
        "token": environ.get("CLOUDDRIVE2_API_TOKEN"),
        "username": environ.get("CLOUDDRIVE2_USERNAME"),
        "password": environ.get("CLOUDDRIVE2_PASSWORD"),
        "mount_point": environ.get("CLOUDDRIVE2_MOUNT_POINT"),
        "dav_username": environ.get("CLOUDDRIVE2_DAV_USERNAME"),
        "dav_password": environ.get("CLOUDDRIVE2_DAV_PASSWORD"),
        "dav_root": environ.get("CLOUDDRIVE2_DAV_ROOT"),
        "transport": environ.get("CLOUDDRIVE2_TRANSPORT"),
    }


def read_profiles(path: Path) -> Profile:
    """The whole configuration file, ``{}`` when there is none.

    Raises:
        ConfigError: It cannot be read or is no TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration {path} cannot be read: {error}", path=str(path)) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the configuration {path} is no valid TOML: {error}", path=str(path)) from error


def read_profile(name: str | None, path: Path) -> Profile:
    """One profile: the named one, else ``default_profile`` of the file, else ``default`` if there is one.

    Raises:
        ConfigError: The named profile does not exist, or has a key nobody knows.
    """
    document = read_profiles(path)
    profiles: Profile = document.get("profiles", {})
    if not isinstance(profiles, dict):
        raise ConfigError(f"'profiles' in {path} must be a table: one [profiles.NAME] per server", path=str(path))
    wanted = name or document.get("default_profile")
    if wanted is None:
        wanted = "default"
        if wanted not in profiles:
            return {}
    if wanted not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        raise ConfigError(f"there is no profile '{wanted}' in {path} (profiles there: {known})", path=str(path))
    profile = profiles[wanted]
    if not isinstance(profile, dict):
        raise ConfigError(f"profile '{wanted}' in {path} must be a table, [profiles.{wanted}]", path=str(path))
    profile = dict(profile)
    if "api_token" in profile:
        profile["token"] = profile.pop("api_token")
    if unknown := sorted(profile.keys() - SETTINGS.keys()):
        raise ConfigError(f"profile '{wanted}' in {path} has unknown settings: {', '.join(unknown)}", path=str(path))
    for key, value in profile.items():
        if not isinstance(value, SETTINGS[key]):
            kind = {bool: "true or false", dict: "a table"}.get(SETTINGS[key], "text in quotes")
            raise ConfigError(f"'{key}' of profile '{wanted}' in {path} must be {kind}", path=str(path))
    if (
        os.name == "posix"
        and {"token", "password", "dav_password"} & profile.keys()
        and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ):
        raise ConfigError(
            f"{path} holds a secret and others may read it; run: chmod 600 {path}",
            path=str(path),
        )
    return profile
