"""Configurations as they are written."""

from __future__ import annotations

import tomllib

import pytest

from clouddrive2.errors import ConfigError
from clouddrive2.models.webhooks import WebhookConfig, check_toml


def test_both_watchers_have_all_five_keys() -> None:
    config = tomllib.loads(WebhookConfig("http://nas/hook", {"X-Secret": 'a"b\\c\x7f电'}, mounts=False).to_toml())
    for table in ("file_system_watcher", "mount_point_watcher"):
        assert config[table].keys() == {"url", "method", "enabled", "body", "headers"}
    assert (config["file_system_watcher"]["enabled"], config["mount_point_watcher"]["enabled"]) == (True, False)
    assert config["global_params"]["default_headers"] == {"X-Secret": 'a"b\\c\x7f电'}


def test_own_words() -> None:
    config = WebhookConfig("https://nas/{action}", method="GET", time_format="rfc3339", file_body="", mount_body="{reason}\n")
    written = tomllib.loads(config.to_toml())
    assert written["global_params"]["time_format"] == "rfc3339"
    assert (written["file_system_watcher"]["body"], written["mount_point_watcher"]["body"]) == ("", "{reason}\n")
    assert "nas" not in repr(config)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (WebhookConfig("nas:80"), "begins with http"),
        (WebhookConfig("http://nas", files=False, mounts=False), "says nothing"),
    ],
)
def test_what_is_refused(config: WebhookConfig, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        config.to_toml()


def test_text_that_is_no_toml() -> None:
    with pytest.raises(ConfigError, match="this is none: Expected"):
        check_toml("[a")
