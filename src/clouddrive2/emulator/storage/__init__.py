"""Where an emulated cloud keeps its files."""

from clouddrive2.emulator.storage.base import Item, Reader, Storage, StorageError, StorageFull
from clouddrive2.emulator.storage.disk import DiskStorage
from clouddrive2.emulator.storage.memory import MemoryStorage

__all__ = ["DiskStorage", "Item", "MemoryStorage", "Reader", "Storage", "StorageError", "StorageFull"]
