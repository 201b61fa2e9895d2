"""The storage suite on S3, against a server program on loopback, and what only S3 has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from botocore.exceptions import EndpointConnectionError

from clouddrive2.emulator.storage import Storage, StorageError
from clouddrive2.emulator.storage.remote import RemoteStorage
from clouddrive2.emulator.storage.s3 import PART_BYTES, S3Remote, open_client

from .far_servers import BUCKET, s3_server, unused_port
from .storage_suite import StorageSuite

prefixes = itertools.count(1)


@pytest.fixture(scope="module")
def leads_there() -> Iterator[dict[str, str]]:
    with s3_server() as leads_there, pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            environment.delenv(name, raising=False)
        for name, value in leads_there.items():
            environment.setenv(name, value)
        yield leads_there


@pytest.fixture(scope="module")
def client(leads_there: dict[str, str]) -> Any:
    """One for all: making one takes longer than most tests."""
    return open_client()


class TestS3(StorageSuite):
    replaced_content_stays = False
    has_holes = False
    names_refused = MappingProxyType({"n\n": "moto finds no object whose key has a line break"})

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path, client: Any) -> None:
        self.scratch, self.prefix, self.client = tmp_path / "scratch", f"in/{next(prefixes)}", client

    def make(self, limit: int) -> Storage:
        return RemoteStorage(S3Remote(BUCKET, self.prefix, self.client), self.scratch, limit)

    def keys(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=BUCKET, Prefix=self.prefix)
        return [each["Key"].removeprefix(self.prefix) for each in found.get("Contents", [])]

    def uploads(self) -> list[str]:
        found = self.client.list_multipart_uploads(Bucket=BUCKET, Prefix=self.prefix)
        return [each["UploadId"] for each in found.get("Uploads", [])]

    def test_files_are_ordinary_objects(self, storage: Storage) -> None:
        storage.make_folder("/d")
        self.put(storage, "/d/f", b"x")
        assert self.keys() == ["/d/", "/d/f"]
        self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/e/by hand", Body=b"1234")
        found = storage.stat("/e/by hand")
        assert found is not None
        assert (found.size, dict(found.hashes)) == (4, {})
        assert storage.names("/") == ["d", "e"]

    def test_a_folder_stays_when_its_last_file_goes(self, storage: Storage) -> None:
        self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/d/f", Body=b"1")
        storage.delete("/d/f")
        assert storage.names("/") == ["d"]
        assert storage.names("/d") == []

    def test_hashes_of_an_object_changed_elsewhere_are_forgotten(self, storage: Storage) -> None:
        self.put(storage, "/f", b"x", {2: "aa"})
        self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/f", Body=b"y")
        found = storage.stat("/f")
        assert found is not None
        assert dict(found.hashes) == {}
        assert storage.holds(1, 2, "aa") is None

    def test_a_listing_is_believed_for_its_time_or_until_it_is_refreshed(self, storage: Storage) -> None:
        self.put(storage, "/f", b"x")
        assert storage.names("/") == ["f"]
        self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/by hand", Body=b"1")
        assert storage.names("/") == ["f"]
        storage.refresh("/")
        assert storage.names("/") == ["by hand", "f"]

    def test_what_goes_through_here_changes_a_listing_at_once(self, storage: Storage) -> None:
        assert storage.names("/") == []
        storage.make_folder("/d")
        self.put(storage, "/d/f", b"x")
        assert (storage.names("/"), storage.names("/d")) == (["d"], ["f"])
        storage.rename("/d", "/e")
        assert (storage.names("/"), storage.names("/e")) == (["e"], ["f"])
        storage.copy("/e/f", "/g")
        storage.delete("/e")
        assert storage.names("/") == ["g"]

    def test_a_large_file_is_sent_in_parts_and_seen_when_published(self, storage: Storage) -> None:
        size = 2 * PART_BYTES + 5
        temporary = storage.begin()
        storage.write(temporary, 0, b"begin")
        storage.write(temporary, size - 3, b"end")
        storage.send(temporary, "/big", size)
        assert (self.keys(), len(self.uploads())) == ([], 1)
        storage.publish(temporary, "/big", size, {2: "aa"})
        assert (self.keys(), self.uploads()) == (["/big"], [])
        assert storage.read("/big", 0, 6) == b"begin\0"
        reader = storage.open("/big")
        read = b"".join(reader.read(offset, 1 << 20) for offset in range(0, size, 1 << 20))
        reader.close()
        assert read == b"begin" + bytes(size - 8) + b"end"
        storage.rename("/big", "/renamed")
        found = storage.stat("/renamed")
        assert found is not None
        assert dict(found.hashes) == {2: "aa"}

    def test_what_was_sent_for_another_path_is_sent_anew(self, storage: Storage) -> None:
        size = PART_BYTES + 1
        temporary = storage.begin()
        storage.write(temporary, 0, b"x" * size)
        storage.send(temporary, "/old", size)
        storage.publish(temporary, "/new", size, {})
        assert (self.keys(), self.uploads()) == (["/new"], [])

    def test_nothing_stays_of_what_is_discarded(self, storage: Storage) -> None:
        size = PART_BYTES + 1
        temporary = storage.begin()
        storage.write(temporary, 0, b"x" * size)
        storage.send(temporary, "/f", size)
        storage.discard(temporary)
        assert (self.keys(), self.uploads()) == ([], [])

    def test_a_restart_keeps_files_and_hashes_and_drops_what_was_not_finished(self, storage: Storage) -> None:
        self.put(storage, "/f", b"x", {2: "aa"})
        temporary = storage.begin()
        storage.write(temporary, 0, b"x" * (PART_BYTES + 1))
        storage.send(temporary, "/half", PART_BYTES + 1)
        again = self.make(1 << 40)
        found = again.stat("/f")
        assert found is not None
        assert dict(found.hashes) == {2: "aa"}
        assert self.uploads() == []
        assert list(self.scratch.glob("*.part")) == []
        again.close()

    def test_a_deletion_that_fails_half_way_says_how_far_it_came(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        storage.make_folder("/d")
        self.put(storage, "/d/a", b"1")
        self.put(storage, "/d/b", b"2")
        # One key a request, and the second finds the server gone.
        monkeypatch.setattr("clouddrive2.emulator.storage.s3.KEYS_PER_DELETION", 1)
        kept, answers = self.client.delete_objects, iter([True, False])

        def some(**request: object) -> object:
            if next(answers):
                return kept(**request)
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")

        monkeypatch.setattr(self.client, "delete_objects", some)
        with pytest.raises(StorageError, match="2 of 3 objects of /d could not be deleted"):
            storage.delete("/d")
        assert storage.names("/d") == ["a", "b"]

    def test_a_folder_that_cannot_be_copied_whole_is_not_copied(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        storage.make_folder("/d")
        self.put(storage, "/d/a", b"1")
        kept, answers = self.client.copy_object, iter([True, False])

        def some(**request: object) -> object:
            if next(answers):
                return kept(**request)
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")

        monkeypatch.setattr(self.client, "copy_object", some)
        with pytest.raises(StorageError, match=r"1 of 2 objects of /d were copied .* nothing was changed"):
            storage.rename("/d", "/e")
        assert self.keys() == ["/d/", "/d/a"]

    def test_a_store_that_is_away_says_so(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused_port()}")
        with pytest.raises(StorageError, match=rf"s3://{BUCKET}/{self.prefix}: the store does not answer"):
            S3Remote(BUCKET, self.prefix).check()

    def test_a_bucket_that_is_not_there(self, storage: Storage) -> None:
        with pytest.raises(StorageError, match="there is no such bucket"):
            RemoteStorage(S3Remote("another", client=self.client), self.scratch)

    def test_no_credentials(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(StorageError, match="there are no credentials; set AWS_ACCESS_KEY_ID"):
            S3Remote(BUCKET, self.prefix).check()

    def test_wrong_credentials_are_refused_and_not_told(self, leads_there: dict[str, str], storage: Storage) -> None:
        endpoint = leads_there["AWS_ENDPOINT_URL"]
        httpx.post(f"{endpoint}/moto-api/reset-auth", content=b"0").raise_for_status()
        try:
            with pytest.raises(StorageError, match="does not let these credentials in") as refused:
                S3Remote(BUCKET, self.prefix).check()
        finally:
            httpx.post(f"{endpoint}/moto-api/reset-auth", content=b"inf").raise_for_status()
        assert "a-secret-key" not in str(refused.value)

    @pytest.mark.slow
    def test_a_folder_with_more_than_one_page(self, storage: Storage) -> None:
        for number in range(1001):
            self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/many/{number:05}", Body=b"")
        assert len(storage.names("/many")) == 1001
        storage.delete("/many")
        assert self.keys() == []
