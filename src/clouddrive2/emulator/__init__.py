"""A CloudDrive2 server to test against: profile P1 of protocol.md §20.1 on one port."""

from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.emulator.server import Emulator

__all__ = ["CloudOptions", "Emulator", "EmulatorOptions"]
