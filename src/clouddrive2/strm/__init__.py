"""``.strm`` files for media servers, written and maintained; ``cd2 strm`` on the command line."""

from clouddrive2.strm.options import StrmOptions
from clouddrive2.strm.plan import Action, Kind, Record
from clouddrive2.strm.strm import Outcome, Strm, Summary
from clouddrive2.strm.watch import watch

__all__ = ["Action", "Kind", "Outcome", "Record", "Strm", "StrmOptions", "Summary", "watch"]
