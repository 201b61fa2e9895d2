"""One-way sync between a local folder and a folder of the drive; ``cd2 sync`` on the command line."""

from clouddrive2.sync.compare import Change, Difference
from clouddrive2.sync.filters import FilterOptions, Filters
from clouddrive2.sync.sides import CloudSide, LocalSide
from clouddrive2.sync.sync import Sync

__all__ = ["Change", "CloudSide", "Difference", "FilterOptions", "Filters", "LocalSide", "Sync"]
