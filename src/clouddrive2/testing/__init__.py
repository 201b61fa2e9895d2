"""Test a CloudDrive2 integration without CloudDrive2: an emulator on a thread of its own.

::

    from clouddrive2.testing import running_emulator

    with running_emulator(username="me", password="secret") as emulator:
        print(emulator.url, emulator.cloud)

Under pytest, ``pytest_plugins = ["clouddrive2.testing.plugin"]`` gives the same as the fixture ``emulator``.
"""

from clouddrive2.testing.running import RunningEmulator, running_emulator

__all__ = ["RunningEmulator", "running_emulator"]
