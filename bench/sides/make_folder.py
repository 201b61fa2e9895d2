"""Make a folder in the drive, so that no side has to."""

from __future__ import annotations

import sys

from clouddrive2 import Client

if __name__ == "__main__":
    target, user, password, path = sys.argv[1:]
    with Client(target, username=user, password=password) as client:
        client.files.mkdir(path)
    print("{}")
