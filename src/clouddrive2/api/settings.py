"""The server's settings (protocol.md §18.1)."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.empty_pb2 import Empty

from clouddrive2.models.settings import SettingsChange, SettingValue, SystemSettings, message_of
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncSettings"]


class AsyncSettings:
    """``client.settings``."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def get(self) -> SystemSettings:
        """All settings the server has. May be repeated.

        Raises:
            PermissionDenied: The token may not see them (``allow_get_system_settings``).
            Unsupported: The server is too old.
        """
        return SystemSettings.from_proto(await self._current())

    async def preview(self, changes: Mapping[str, SettingValue | list[str]]) -> SettingsChange:
        """What :meth:`update` would do; the server's settings are read, and stay as they are. May be repeated.

        Args:
            changes: As for :meth:`update`.

        Raises:
            ConfigError: An unknown name, or a value of a wrong type.
            PermissionDenied: The token may not see settings.
        """
        return message_of(await self._current(), changes)[1]

    async def update(self, changes: Mapping[str, SettingValue | list[str]]) -> SettingsChange:
        """Change settings, and say what was different. May be repeated.

        The settings are read first, and nothing is sent that stays as it is: a setting written back could be wrong by then,
        and an update channel this package does not know would be lost. Two groups the server writes as a whole, the sizes
        and numbers of log files and the limits of backup scans; when one of a group changes the others go along with the
        values they have. Whoever changes another of a group in that moment is overruled.

        A server that is too old for a setting passes over it without a word: :meth:`get` shows what it has.

        Args:
            changes: New values by name, ``upload_delay_secs`` or as in the contract ``uploadDelaySecs``. ``None`` takes a
                limit away: of the sizes of logs, and of the marks of the backup queue. A proxy is ``system``, ``none``,
                ``http://host:port`` or ``socks5://name:password@host:port``.

        Raises:
            ConfigError: An unknown name, or a value of a wrong type; nothing was changed.
            PermissionDenied: The token may not see or not change settings.
        """
        request, change = message_of(await self._current(), changes)
        if change.changed:
            await self._caller.unary("SetSystemSettings", request, Empty)
        return change

    async def _current(self) -> pb.SystemSettings:
        return await self._caller.unary("GetSystemSettings", Empty(), pb.SystemSettings)
