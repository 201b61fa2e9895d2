"""Names, texts and groups of the server's settings."""

from __future__ import annotations

import pytest

from clouddrive2.errors import ConfigError
from clouddrive2.models.settings import NAMES, SettingValue, SystemSettings, message_of, parse_setting, setting_name
from clouddrive2.proto import clouddrive_pb2 as pb

LOGS = pb.SystemSettings(maxFileLogSizeBytes=1, maxBackupLogSizeBytes=2, maxFileLogFiles=3, maxBackupLogFiles=4)


def test_names() -> None:
    assert len(NAMES) == 38
    assert NAMES["upload_delay_secs"] == "uploadDelaySecs"
    assert NAMES["max_upload_speed_kbytes_per_second"] == "maxUploadSpeedKBytesPerSecond"
    assert NAMES["enable_auto_register_device"] == "EnableAutoRegisterDevice"
    for given in ("uploadDelaySecs", "UPLOADDELAYSECS", "upload-delay-secs", " upload_delay_secs "):
        assert setting_name(given) == "upload_delay_secs"
    with pytest.raises(ConfigError, match=r"'upload_delay' is no setting; did you mean upload_delay_secs\?"):
        setting_name("upload_delay")


def test_only_what_is_there() -> None:
    settings = SystemSettings.from_proto(pb.SystemSettings(uploadDelaySecs=0, fileLogLevel=pb.Warn, syncWithCloud=False))
    assert dict(settings) == {"upload_delay_secs": 0, "file_log_level": "warn", "sync_with_cloud": False}
    assert settings["uploadDelaySecs"] == 0
    assert "device_name" not in settings and settings.get("device_name") is None


def test_secrets_of_a_proxy_are_not_shown() -> None:
    proxy = pb.ProxyInfo(proxyType=pb.SOCKS5, host="::1", port=1080, username="me", password="pw")
    settings = SystemSettings.from_proto(pb.SystemSettings(cloudfsProxy=proxy))
    assert settings["cloudfs_proxy"] == "socks5://[::1]:1080"
    assert "pw" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("sync_with_cloud", "ON", True),
        ("sync_with_cloud", "no", False),
        ("uploadDelaySecs", "30", 30),
        ("maxDownloadSpeedKBytesPerSecond", "1.5", 1.5),
        ("upload_ignored_extensions", "tmp, part,", ("tmp", "part")),
        ("upload_ignored_extensions", "", ()),
        ("max_file_log_size_bytes", "none", None),
        ("device_name", "none", "none"),
        ("update_channel", "beta", "beta"),
    ],
)
def test_texts(name: str, text: str, value: SettingValue) -> None:
    assert parse_setting(name, text) == value


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("upload_delay_secs", -1, "whole number"),
        ("upload_delay_secs", True, "whole number"),
        ("max_file_log_files", 2**32, "whole number"),
        ("max_upload_speed_kbytes_per_second", float("inf"), "a number"),
        ("sync_with_cloud", 1, "true or false"),
        ("device_name", 1, "a text"),
        ("upload_ignored_extensions", "tmp", "a list of texts"),
        ("file_log_level", "loud", "one of trace, debug, info, warn, error"),
        ("device_name", None, "cannot be left without a value"),
        ("cloudfs_proxy", "ftp://me:pw@h:1", "written system, none"),
    ],
)
def test_wrong_values(name: str, value: SettingValue, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        message_of(pb.SystemSettings(), {name: value})
    assert "pw" not in str(caught.value)


def test_only_what_differs_is_sent() -> None:
    before = pb.SystemSettings(uploadDelaySecs=5, deviceName="a", updateChannel=pb.Alpha)
    request, change = message_of(before, {"uploadDelaySecs": 5, "device_name": "b"})
    assert request == pb.SystemSettings(deviceName="b")
    assert change.changed == {"device_name": ("a", "b")}
    assert message_of(before, {"upload_delay_secs": 5})[0] == pb.SystemSettings()


def test_a_channel_nobody_knows_is_never_sent_back() -> None:
    before = pb.SystemSettings.FromString(b"\x50\x07")
    assert SystemSettings.from_proto(before)["update_channel"] == "7"
    assert message_of(before, {"device_name": "b"})[0] == pb.SystemSettings(deviceName="b")


def test_log_sizes_go_as_a_group() -> None:
    request, change = message_of(LOGS, {"max_file_log_files": 9})
    assert request == pb.SystemSettings(maxFileLogSizeBytes=1, maxBackupLogSizeBytes=2, maxFileLogFiles=9, maxBackupLogFiles=4)
    assert change.sent_along == ("max_file_log_size_bytes", "max_backup_log_size_bytes", "max_backup_log_files")
    request, change = message_of(LOGS, {"max_file_log_size_bytes": None})
    assert request == pb.SystemSettings(maxBackupLogSizeBytes=2, maxFileLogFiles=3, maxBackupLogFiles=4)
    assert change.changed == {"max_file_log_size_bytes": (1, None)}


def test_limits_of_scans_go_as_a_group() -> None:
    before = pb.SystemSettings(backupQueueHighWater=10, backupQueueLowWater=5, maxConcurrentBackupWalkers=2)
    request, _ = message_of(before, {"backup_queue_low_water": 4})
    assert request == pb.SystemSettings(backupQueueHighWater=10, backupQueueLowWater=4, maxConcurrentBackupWalkers=2)
    with pytest.raises(ConfigError, match="give max_concurrent_backup_walkers, too"):
        message_of(pb.SystemSettings(), {"backup_queue_low_water": 4})
