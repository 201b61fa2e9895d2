"""Test a CloudDrive2 integration without CloudDrive2: an emulator on a thread of its own.

::

    from clouddrive2.testing import running_emulator

    with running_emulator(username="me", password="secret") as emulator:
        print(emulator.url, emulator.cloud)

Under pytest, ``pytest_plugins = ["clouddrive2.testing.plugin"]`` gives the same as the fixture ``emulator``.
:class:`FaultProxy` puts a bad network between a client and the emulator.
"""

from clouddrive2.testing.proxy import FaultProxy, NetworkFault, Strike, random_faults
from clouddrive2.testing.running import RunningEmulator, running_emulator

__all__ = ["FaultProxy", "NetworkFault", "RunningEmulator", "Strike", "random_faults", "running_emulator"]
