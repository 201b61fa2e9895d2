"""Mounts of the emulator: the mount points (``points``), the tree as a file system (``tree``), FUSE around it (``fuse``)."""
