"""The drive for everything that reads and writes through fsspec: pandas, pyarrow, dask, DuckDB. Needs the extra ``fs``."""

from clouddrive2.fs.filesystem import CloudDriveFileSystem

__all__ = ["CloudDriveFileSystem"]
