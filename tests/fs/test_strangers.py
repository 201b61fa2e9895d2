"""Programs that know nothing of us: pandas, pyarrow, dask, DuckDB. Installed by the extra ``fs-tests``; skipped without them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.fs import CloudDriveFileSystem
from clouddrive2.testing import RunningEmulator


@pytest.fixture
def url(emulator: RunningEmulator) -> str:
    return f"cd2://127.0.0.1:{emulator.port}{emulator.cloud}"


@pytest.fixture
def storage_options(options: dict[str, Any]) -> dict[str, Any]:
    """What goes beside a URL with the address in it."""
    return {"username": options["username"], "password": options["password"]}


@pytest.fixture(autouse=True)
def no_instances_left() -> Any:
    yield
    for each in list(CloudDriveFileSystem._cache.values()):
        each.close()
    CloudDriveFileSystem.clear_instance_cache()


def test_pandas(url: str, storage_options: dict[str, Any]) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed (extra fs-tests)")
    table = pandas.DataFrame({"name": ["电影", "film"], "size": [1, 2]})
    table.to_csv(f"{url}/table.csv.gz", index=False, storage_options=storage_options)
    assert pandas.read_csv(f"{url}/table.csv.gz", storage_options=storage_options).equals(table)
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra fs-tests)")
    table.to_parquet(f"{url}/table.parquet", storage_options=storage_options)
    assert pandas.read_parquet(f"{url}/table.parquet", columns=["size"], storage_options=storage_options)["size"].sum() == 3


def test_pyarrow_dataset(fs: CloudDriveFileSystem, home: str) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra fs-tests)")
    from pyarrow import dataset

    table = pyarrow.table({"year": [2024, 2024, 2025], "name": ["a", "b", "c"], "size": [1, 2, 3]})
    parts = dataset.partitioning(pyarrow.schema([("year", pyarrow.int64())]), flavor="hive")
    dataset.write_dataset(table, f"{home}/films", filesystem=fs, format="parquet", partitioning=parts)
    assert fs.glob(f"{home}/films/*/*.parquet") == [f"{home}/films/year={year}/part-0.parquet" for year in (2024, 2025)]
    found = dataset.dataset(f"{home}/films", filesystem=fs, format="parquet", partitioning=parts)
    assert found.to_table(filter=dataset.field("year") == 2025).to_pylist() == [{"name": "c", "size": 3, "year": 2025}]
    assert found.to_table().num_rows == 3


@pytest.mark.parametrize("processes", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_dask_reads_many_files(
    processes: bool, url: str, fs: CloudDriveFileSystem, home: str, storage_options: dict[str, Any]
) -> None:
    distributed = pytest.importorskip("distributed", reason="dask is not installed (extra fs-tests)")
    bag = pytest.importorskip("dask.bag", reason="dask is not installed (extra fs-tests)")
    fs.pipe({f"{home}/lines/{number:02}.txt": f"{number}\n".encode() * number for number in range(20)})
    where = {"host": "127.0.0.1"} if processes else {}
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=processes, dashboard_address=None, **where
        ) as cluster,
        distributed.Client(cluster),
    ):
        lines = bag.read_text(f"{url}/lines/*.txt", storage_options=storage_options)
        assert lines.npartitions == 20
        assert lines.map(int).sum().compute() == sum(number * number for number in range(20))


def test_duckdb(fs: CloudDriveFileSystem, home: str, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed (extra fs-tests)")
    fs.pipe({f"{home}/{year}.csv": f"name,size\nfilm,{year}\n".encode() for year in (2024, 2025)})
    with duckdb.connect() as database:
        database.register_filesystem(fs)
        assert database.sql(f"SELECT sum(size) FROM read_csv('cd2://{home}/*.csv')").fetchall() == [(4049,)]
        database.sql(f"COPY (SELECT 7 AS seven) TO 'cd2://{home}/out.csv'")
        assert fs.cat(f"{home}/out.csv") == b"seven\n7\n"


PAGES = Path(__file__).parents[2] / "docs/howto"


def _blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)


def test_what_the_documentation_shows(
    emulator_factory: Callable[..., RunningEmulator],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each block, in order; addresses and tokens that stand for the reader's are ours here."""
    for name in ("pandas", "pyarrow", "dask", "duckdb"):
        pytest.importorskip(name, reason=f"{name} is not installed (extra fs-tests)")
    assert _blocks("fsspec.md") == _blocks("fsspec.zh-CN.md")
    emulator = emulator_factory(clouds=("115",))
    monkeypatch.setenv("CLOUDDRIVE2_URL", emulator.url)
    monkeypatch.setenv("CLOUDDRIVE2_USERNAME", emulator.username)
    monkeypatch.setenv("CLOUDDRIVE2_PASSWORD", emulator.password)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "season-1").mkdir()
    (tmp_path / "season-1" / "1.mkv").write_bytes(b"film")
    names: dict[str, Any] = {}
    for block in _blocks("fsspec.md"):
        if "nas:19798" not in block:
            exec(block, names)
    assert (tmp_path / "back" / "1.mkv").read_bytes() == b"film"
    said = capsys.readouterr().out
    assert "['/115/Series/Season 1/1.mkv'] 4" in said
    assert "大话西游" in said
    assert said.endswith("2\n")
