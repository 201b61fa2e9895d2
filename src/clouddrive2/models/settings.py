"""The server's settings: names, types, and which of them are written together (protocol.md §18.1)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from clouddrive2.errors import ConfigError
from clouddrive2.models.clouds import Proxy
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["NAMES", "SettingValue", "SettingsChange", "SystemSettings", "message_of", "parse_setting", "setting_name"]

SettingValue = bool | int | float | str | tuple[str, ...] | None


def _readable(wire_name: str) -> str:
    words = re.sub(r"KBytes", "Kbytes", wire_name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words).lower()


FIELDS: dict[str, FieldDescriptor] = {_readable(field.name): field for field in pb.SystemSettings.DESCRIPTOR.fields}
NAMES: dict[str, str] = {name: field.name for name, field in FIELDS.items()}
"""Every setting: the name we use, and the contract's."""
_BY_ANY_NAME = {each.lower(): name for name, wire in NAMES.items() for each in (name, wire)}
# Written as a whole or not at all; in a group, absent means "no limit" for these.
GROUPS = (range(27, 31), range(31, 34))
NO_LIMIT = frozenset({27, 28, 31, 32})
LIMITS = {FieldDescriptor.TYPE_UINT32: 2**32, FieldDescriptor.TYPE_UINT64: 2**64}
YES, NO, UNLIMITED = {"true", "on", "yes"}, {"false", "off", "no"}, {"none", "unlimited"}


class SystemSettings(Mapping[str, SettingValue]):
    """The settings the server has, by name; only those it sent. Both ``upload_delay_secs`` and ``uploadDelaySecs`` do.

    Numbers keep the unit of their name, lists are tuples, levels and channels are words (``info``, ``beta``), a proxy reads
    ``system``, ``none`` or ``http://host:port``; its name and password are not shown. It does not change.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, SettingValue]) -> None:
        self._values = dict(values)

    @classmethod
    def from_proto(cls, message: pb.SystemSettings) -> SystemSettings:
        """From ``GetSystemSettings``; fields of a newer server are left out."""
        return cls({name: _value(message, field) for name, field in FIELDS.items() if _raw(message, field) is not None})

    def __getitem__(self, name: str) -> SettingValue:
        return self._values[_BY_ANY_NAME.get(name.lower(), name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"SystemSettings({self._values!r})"


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """What an update does.

    Attributes:
        changed: Names, and the values before and after; ``None`` where there is none.
        sent_along: Names that are sent with their old values, as the server writes them as a group.
    """

    changed: Mapping[str, tuple[SettingValue, SettingValue]]
    sent_along: tuple[str, ...] = ()


def setting_name(given: str) -> str:
    """The name of a setting, from ours or the contract's, in any letter case.

    Raises:
        ConfigError: There is none; the sentence names one that is near.
    """
    found = _BY_ANY_NAME.get(given.strip().lower().replace("-", "_"))
    if found is None:
        near = difflib.get_close_matches(given.lower(), _BY_ANY_NAME, n=1)
        meant = f"; did you mean {_BY_ANY_NAME[near[0]]}?" if near else f"; there are {', '.join(NAMES)}"
        raise ConfigError(f"'{given}' is no setting{meant}")
    return found


def parse_setting(name: str, text: str) -> SettingValue:
    """A value from its text: ``on``, ``30``, ``1.5``, ``tmp,part``, ``beta``, ``http://host:port``; ``none`` for no limit.

    Raises:
        ConfigError: The text is none for this setting.
    """
    field = FIELDS[setting_name(name)]
    text = text.strip()
    if field.number in NO_LIMIT and text.lower() in UNLIMITED:
        return None
    if field.type == FieldDescriptor.TYPE_BOOL:
        if text.lower() not in YES | NO:
            raise _wrong(name, text, "write on or off")
        return text.lower() in YES
    if field.type in LIMITS or field.type == FieldDescriptor.TYPE_DOUBLE:
        try:
            return int(text) if field.type in LIMITS else float(text)
        except ValueError as error:
            raise _wrong(name, text, "write a number") from error
    if field.message_type is not None and field.message_type.name == "StringList":
        return tuple(each.strip() for each in text.split(",") if each.strip())
    return text


def message_of(
    before: pb.SystemSettings, changes: Mapping[str, SettingValue | list[str]]
) -> tuple[pb.SystemSettings, SettingsChange]:
    """What to send so that the server has ``changes``: what differs, and whole groups.

    Raises:
        ConfigError: An unknown name, or a value of a wrong type.
    """
    wanted = pb.SystemSettings()
    wanted.CopyFrom(before)
    for given, value in changes.items():
        _set(wanted, setting_name(given), tuple(value) if isinstance(value, list) else value)
    request, changed = pb.SystemSettings(), {}
    for name, field in FIELDS.items():
        if _raw(before, field) != _raw(wanted, field):
            changed[name] = (_value(before, field), _value(wanted, field))
    numbers = {FIELDS[name].number for name in changed}
    for group in GROUPS:
        if numbers.intersection(group):
            numbers.update(group)
            # What says that the group is meant at all (protocol.md §18.1).
            if group.start == 31 and not wanted.HasField("maxConcurrentBackupWalkers"):
                raise ConfigError("the limits of backup scans are written together: give max_concurrent_backup_walkers, too")
    along = []
    for name, field in FIELDS.items():
        if field.number in numbers and _raw(wanted, field) is not None:
            if field.message_type is not None:
                getattr(request, field.name).CopyFrom(getattr(wanted, field.name))
            else:
                setattr(request, field.name, getattr(wanted, field.name))
            if name not in changed:
                along.append(name)
    return request, SettingsChange(changed, tuple(along))


def _raw(message: Message, field: FieldDescriptor) -> Any:
    return getattr(message, field.name) if message.HasField(field.name) else None


def _value(message: Message, field: FieldDescriptor) -> SettingValue:
    value = _raw(message, field)
    if value is None:
        return None
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name.lower() if known is not None else str(value)
    if isinstance(value, pb.StringList):
        return tuple(value.values)
    if isinstance(value, pb.ProxyInfo):
        return str(Proxy.from_proto(value))
    plain: SettingValue = value
    return plain


def _set(message: Message, name: str, value: SettingValue) -> None:
    field = FIELDS[name]
    if value is None:
        if field.number not in NO_LIMIT:
            raise ConfigError(f"{name} cannot be left without a value")
        message.ClearField(field.name)
    elif field.message_type is not None and field.message_type.name == "ProxyInfo":
        getattr(message, field.name).CopyFrom(_proxy(name, value))
    elif field.message_type is not None:
        if not isinstance(value, tuple) or not all(isinstance(each, str) for each in value):
            raise _wrong(name, value, "it is a list of texts")
        getattr(message, field.name).CopyFrom(pb.StringList(values=value))
    else:
        setattr(message, field.name, _scalar(name, field, value))


def _scalar(name: str, field: FieldDescriptor, value: SettingValue) -> Any:
    if field.enum_type is not None:
        words = {each.name.lower(): each.number for each in field.enum_type.values}
        if not isinstance(value, str) or value.lower() not in words:
            raise _wrong(name, value, f"it is one of {', '.join(words)}")
        return words[value.lower()]
    if field.type == FieldDescriptor.TYPE_BOOL:
        if not isinstance(value, bool):
            raise _wrong(name, value, "it is true or false")
    elif field.type == FieldDescriptor.TYPE_STRING:
        if not isinstance(value, str):
            raise _wrong(name, value, "it is a text")
    elif field.type in LIMITS:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < LIMITS[field.type]:
            raise _wrong(name, value, "it is a whole number from 0 on")
    elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise _wrong(name, value, "it is a number from 0 on")
    return value


def _proxy(name: str, value: SettingValue) -> pb.ProxyInfo:
    try:
        return Proxy.parse(value if isinstance(value, str) else "").to_proto()
    except ConfigError as error:
        # The text may hold a password: no sentence repeats it.
        raise ConfigError(f"that cannot be {name}: {error.message}") from error


def _wrong(name: str, value: object, what: str) -> ConfigError:
    return ConfigError(f"'{value}' cannot be {setting_name(name)}: {what}")
