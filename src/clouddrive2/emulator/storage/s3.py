"""Files in a bucket of an S3-compatible store, through boto3. Credentials, region and endpoint come from where boto3 looks.

A file is an object, a folder is whatever has objects below it; an empty one is kept by an empty object whose key ends with
``/``. Renaming is copying and deleting, as the store knows nothing else: a folder takes as long as it has objects, and a failure
says how far it came.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore import exceptions as aws
from botocore.config import Config

from clouddrive2.emulator.storage.base import StorageError, StorageFull
from clouddrive2.emulator.storage.listings import Found
from clouddrive2.emulator.storage.remote import Content, Remote
from clouddrive2.emulator.storage.streams import Fetch, Stream

__all__ = ["S3Remote", "open_client"]

MIB = 1 << 20
PART_BYTES = 8 * MIB
MOST_PARTS = 10_000
# One request copies no more (the store's limit is 5 GiB).
COPIED_AT_ONCE = 5 * 1024 * MIB
KEYS_PER_DELETION = 1000
CONNECTIONS = 16
NOT_THERE = frozenset({"404", "NoSuchKey", "NotFound"})
NOT_LET_IN = frozenset(
    {
        "401",
        "403",
        "AccessDenied",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidToken",
        "ExpiredToken",
        "InvalidClientTokenId",
    }
)
NO_ROOM = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "EntityTooLarge"})


def open_client() -> Any:
    """A client with the credentials, region and endpoint of the environment.

    Raises:
        BotoCoreError: They make no sense.
    """
    # Checksums that not every store of this kind understands are sent only where the store cannot do without.
    config = Config(
        max_pool_connections=CONNECTIONS,
        connect_timeout=10,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 3},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.session.Session().client("s3", config=config)


class S3Remote(Remote):
    """One bucket, or what lies under a prefix in it.

    Args:
        bucket: Its name; it exists.
        prefix: Keys begin with it and ``/``; empty for the whole bucket.
        client: A client of boto3 that is already there, which stays open; one of its own by default.

    Raises:
        StorageError: The settings boto3 found make no sense.
    """

    def __init__(self, bucket: str, prefix: str = "", client: Any = None) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._place = f"s3://{bucket}/{self._prefix}".rstrip("/")
        self._is_own = client is None
        with self._told():
            self._client = client or open_client()

    def check(self) -> None:
        with self._told():
            try:
                self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, MaxKeys=1)
            except aws.ClientError as error:
                if _code(error) in ("NoSuchBucket", "404"):
                    raise StorageError(f"{self._place}: there is no such bucket") from error
                raise

    def stat(self, path: str) -> Found | None:
        with self._told():
            found = self._head(path)
            if found is not None:
                return found
            below = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._key(path) + "/", MaxKeys=1)
        return Found(_name(path), True) if below.get("Contents") else None

    def listed(self, folder: str) -> Iterable[Found] | None:
        prefix = self._folder_key(folder)
        folders: dict[str, Found] = {}
        files: dict[str, Found] = {}
        exists = folder == "/"
        with self._told():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/")
            for page in pages:
                for each in page.get("CommonPrefixes", ()):
                    exists, name = True, each["Prefix"][len(prefix) : -1]
                    folders[name] = Found(name, True)
                for each in page.get("Contents", ()):
                    exists, name = True, each["Key"][len(prefix) :]
                    files[name] = Found(name, False, each["Size"], each["LastModified"].timestamp(), each["ETag"])
        if not exists:
            return None
        # An object and a folder of one name: looking at the path finds the object. Parts no path can have are not shown.
        entries = {**folders, **files}
        return [found for name, found in entries.items() if name not in ("", ".", "..")]

    def make_folder(self, path: str) -> None:
        with self._told():
            self._keep_folder(path)

    def delete(self, path: str, *, is_folder: bool) -> None:
        with self._told():
            if is_folder:
                self._delete_all([key for key, _ in self._objects(path)], path)
            else:
                self._client.delete_object(Bucket=self._bucket, Key=self._key(path))
            self._keep_folder_above(path)

    def move(self, old: str, new: str, found: Found) -> Mapping[str, str]:
        with self._told():
            tags = self._copied(old, new, found)
            # Only now: until all is there twice, nothing goes.
            if found.is_folder:
                self._delete_all([key for key, _ in self._objects(old)], old)
            else:
                self._client.delete_object(Bucket=self._bucket, Key=self._key(old))
            self._keep_folder_above(old)
        return tags

    def copy(self, old: str, new: str, found: Found) -> Mapping[str, str]:
        with self._told():
            return self._copied(old, new, found)

    def fetch(self, path: str, found: Found) -> Fetch:
        def opened(start: int, stop: int) -> Stream:
            with self._told(path):
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=self._key(path), Range=f"bytes={start}-{stop - 1}", IfMatch=found.tag
                )
            return _Body(answer["Body"], lambda: self._told(path))

        return opened

    def send(self, path: str, content: Content, begun: Callable[[str], None]) -> str:
        if content.size <= PART_BYTES:
            # One request, and that one makes it visible.
            return ""
        upload: dict[str, Any] = {"key": self._key(path), "parts": []}
        part_bytes = max(PART_BYTES, -(-content.size // MOST_PARTS))
        with self._told():
            upload["id"] = self._client.create_multipart_upload(Bucket=self._bucket, Key=upload["key"])["UploadId"]
        begun(json.dumps(upload))
        try:
            for number, offset in enumerate(range(0, content.size, part_bytes), 1):
                data = content.read(offset, part_bytes)
                with self._told():
                    answer = self._client.upload_part(
                        Bucket=self._bucket, Key=upload["key"], UploadId=upload["id"], PartNumber=number, Body=data
                    )
                upload["parts"].append(answer["ETag"])
        except StorageError:
            self.drop(json.dumps(upload))
            raise
        return json.dumps(upload)

    def place(self, sent: str, path: str, content: Content) -> Found:
        with self._told():
            if sent:
                upload = json.loads(sent)
                parts = [{"ETag": tag, "PartNumber": number} for number, tag in enumerate(upload["parts"], 1)]
                self._client.complete_multipart_upload(
                    Bucket=self._bucket, Key=upload["key"], UploadId=upload["id"], MultipartUpload={"Parts": parts}
                )
            else:
                body = content.read(0, content.size)
                self._client.put_object(Bucket=self._bucket, Key=self._key(path), Body=body)
            found = self._head(path)
        if found is None:
            raise StorageError(f"{self._place}: {path} was stored and is not there")
        return found

    def drop(self, sent: str) -> None:
        upload = json.loads(sent)
        with self._told():
            try:
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=upload["key"], UploadId=upload["id"])
            except aws.ClientError as error:
                if _code(error) not in ("NoSuchUpload", *NOT_THERE):
                    raise

    def used(self) -> int:
        with self._told():
            return sum(size for _, size in self._objects("/"))

    def close(self) -> None:
        if self._is_own:
            self._client.close()

    # Requests; whoever calls translates their errors

    def _head(self, path: str) -> Found | None:
        try:
            answer = self._client.head_object(Bucket=self._bucket, Key=self._key(path))
        except aws.ClientError as error:
            if _code(error) in NOT_THERE:
                return None
            raise
        return Found(_name(path), False, answer["ContentLength"], answer["LastModified"].timestamp(), answer["ETag"])

    def _objects(self, folder: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes of all objects below a folder, its own among them."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._folder_key(folder))
        for page in pages:
            for each in page.get("Contents", ()):
                yield each["Key"], each["Size"]

    def _keep_folder(self, path: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._folder_key(path), Body=b"")

    def _keep_folder_above(self, path: str) -> None:
        """A folder stays when the last thing in it has gone."""
        above = path.rpartition("/")[0]
        if not above:
            return
        left = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._folder_key(above), MaxKeys=1)
        if not left.get("Contents"):
            self._keep_folder(above)

    def _copied(self, old: str, new: str, found: Found) -> dict[str, str]:
        if not found.is_folder:
            return {new: self._copy_object(self._key(old), self._key(new), found.size)}
        source, target = self._folder_key(old), self._folder_key(new)
        made: list[str] = []
        tags: dict[str, str] = {}
        objects = list(self._objects(old))
        try:
            for key, size in objects:
                copy = target + key.removeprefix(source)
                tags["/" + copy.removeprefix(self._prefix)] = self._copy_object(key, copy, size)
                made.append(copy)
        except (aws.ClientError, aws.BotoCoreError) as error:
            what = f"{len(made)} of {len(objects)} objects of {old} were copied ({self._said(error)})"
            try:
                self._delete_all(made, new)
            except (aws.ClientError, aws.BotoCoreError, StorageError) as second:
                raise StorageError(f"{self._place}: {what}; the copies stay behind in {new}") from second
            raise StorageError(f"{self._place}: {what}; nothing was changed") from error
        return tags

    def _copy_object(self, old: str, new: str, size: int) -> str:
        source = {"Bucket": self._bucket, "Key": old}
        if size <= COPIED_AT_ONCE:
            answer = self._client.copy_object(Bucket=self._bucket, Key=new, CopySource=source)
            return str(answer["CopyObjectResult"]["ETag"])
        pieces = TransferConfig(multipart_threshold=COPIED_AT_ONCE, multipart_chunksize=COPIED_AT_ONCE // 5)
        self._client.copy(source, self._bucket, new, Config=pieces)
        return str(self._client.head_object(Bucket=self._bucket, Key=new)["ETag"])

    def _delete_all(self, keys: list[str], path: str) -> None:
        """Delete objects.

        Raises:
            StorageError: Some are still there.
        """
        left: list[dict[str, str]] = []
        for start in range(0, len(keys), KEYS_PER_DELETION):
            some = [{"Key": key} for key in keys[start : start + KEYS_PER_DELETION]]
            try:
                answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": some, "Quiet": True})
            except (aws.ClientError, aws.BotoCoreError) as error:
                left += [{"Code": self._said(error)}] * (len(keys) - start)
                break
            left += answer.get("Errors", [])
        if left:
            told = f"{len(left)} of {len(keys)} objects of {path} could not be deleted ({left[0].get('Code')})"
            raise StorageError(f"{self._place}: {told}; they are still there")

    # Names and errors

    def _key(self, path: str) -> str:
        return self._prefix + path[1:]

    def _folder_key(self, path: str) -> str:
        return self._prefix if path == "/" else self._key(path) + "/"

    @contextmanager
    def _told(self, path: str = "") -> Iterator[None]:
        """Errors of the library as those of the contract."""
        try:
            yield
        except aws.ClientError as error:
            if _code(error) in ("PreconditionFailed", "412"):
                raise StorageError(f"{self._place}: {path} has changed while it was read") from error
            if _code(error) in NOT_THERE and path:
                raise StorageError(f"{self._place}: {path} has gone while it was read") from error
            kind = StorageFull if _code(error) in NO_ROOM else StorageError
            raise kind(f"{self._place}: {self._said(error)}") from error
        except (aws.BotoCoreError, OSError) as error:
            raise StorageError(f"{self._place}: {self._said(error)}") from error

    def _said(self, error: Exception) -> str:
        """What went wrong, in words of ours where they say more; texts of the library hold no secret keys."""
        match error:
            case aws.ClientError() if _code(error) in NOT_LET_IN:
                return f"the store does not let these credentials in ({_code(error)})"
            case aws.ClientError():
                told = error.response.get("Error", {}).get("Message", "")
                return f"the store refused with {_code(error)}" + (f": {told}" if told else "")
            case aws.NoCredentialsError() | aws.PartialCredentialsError():
                return "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            case aws.ProfileNotFound() | aws.NoRegionError() | aws.ParamValidationError():
                return str(error)
            case _:
                return f"the store does not answer ({type(error).__name__})"


class _Body:
    """The body of an answer."""

    def __init__(self, body: Any, told: Callable[[], Any]) -> None:
        self._body = body
        self._told = told

    def read(self, length: int) -> bytes:
        with self._told():
            data: bytes = self._body.read(length)
            return data

    def close(self) -> None:
        # Not read to its end: the connection goes with it.
        self._body.close()


def _code(error: Exception) -> str:
    assert isinstance(error, aws.ClientError)
    return str(error.response.get("Error", {}).get("Code", ""))


def _name(path: str) -> str:
    return path.rpartition("/")[2]
