"""Where settings come from, what they may be, and that secrets in them stay hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest

from clouddrive2.config import DEFAULT_URL, Retry, ServerConfig, Timeouts, UploadConfig
from clouddrive2.errors import ConfigError
from clouddrive2.settings import config_file_path, load_config, state_folder

Load = Callable[..., ServerConfig]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """``load(environ, file="…TOML…", **arguments)`` in a world of its own."""

    def load_it(environ: dict[str, str] | None = None, *, file: str | None = None, mode: int = 0o600, **arguments: Any) -> Any:
        path = tmp_path / "config.toml"
        if file is not None:
            path.write_text(file, encoding="utf-8")
            path.chmod(mode)
        return load_config(environ={"CLOUDDRIVE2_CONFIG_DIR": str(tmp_path), **(environ or {})}, **arguments)

    return load_it


class TestAddresses:
    @pytest.mark.parametrize(
        ("given", "url"),
        [
            ("nas", "http://nas:19798"),
            ("nas:1234", "http://nas:1234"),
            ("http://nas", "http://nas:19798"),
            ("https://nas", "https://nas:19799"),
            ("https://nas:443/", "https://nas:443"),
            ("HTTP://NAS:80", "http://nas:80"),
            (" nas:1 ", "http://nas:1"),
            ("192.168.1.2", "http://192.168.1.2:19798"),
            ("[::1]", "http://[::1]:19798"),
            ("https://[fe80::1]:5", "https://[fe80::1]:5"),
            ("nas:", "http://nas:19798"),
        ],
    )
    def test_every_form(self, given: str, url: str) -> None:
        assert ServerConfig(given).url == url
        assert ServerConfig(url).url == url
        config = ServerConfig(url)
        assert config.is_tls is url.startswith("https")
        assert f"http{'s' if config.is_tls else ''}://{config.target}" == url

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ("", "is no server address; write host:port"),
            ("my nas", "is no server address; write host:port"),
            ("nas:port", "is no server address"),
            ("nas:99999", "is no server address"),
            ("nas:0", "0 is no port"),
            ("::1", "is no server address"),
            ("http://[::1", "is no server address"),
            ("ftp://nas", "only http and https addresses work, not ftp"),
            ("grpc://nas:1", "only http and https addresses work, not grpc"),
            ("http://:80", "names no host"),
            ("http://nas/path", "nothing may follow the port"),
            ("http://nas?x=1", "nothing may follow the port"),
            ("http://user:secret@nas", "must not contain a user name or password"),
            ("http://user:secret@nas:port", "must not contain a user name or password"),
        ],
    )
    def test_what_is_none(self, given: str, sentence: str) -> None:
        with pytest.raises(ConfigError, match=sentence) as caught:
            ServerConfig(given)
        assert "secret" not in str(caught.value)
        assert isinstance(caught.value, ValueError)


class TestEnvironment:
    def test_each_name(self, load: Load) -> None:
        config = load(
            {
                "CLOUDDRIVE2_URL": "https://nas:5",
                "CLOUDDRIVE2_USERNAME": "me",
                "CLOUDDRIVE2_PASSWORD": "secret",
                "CLOUDDRIVE2_MOUNT_POINT": "/mnt/cloud",
            }
        )
        assert config == ServerConfig("https://nas:5", username="me", password="secret", mount_point=Path("/mnt/cloud"))
        assert load({"CLOUDDRIVE2_API_TOKEN": "t"}) == ServerConfig(token="t")
        profile = load({"CLOUDDRIVE2_PROFILE": "b"}, file='[profiles.a]\nurl="a"\n[profiles.b]\nurl="b"\n')
        assert profile.url == "http://b:19798"

    def test_transport(self, load: Load) -> None:
        file = '[profiles.default]\ntransport = "grpc"\n'
        assert load().transport == "auto"
        assert load(file=file).transport == "grpc"
        assert load({"CLOUDDRIVE2_TRANSPORT": "grpc-web"}, file=file).transport == "grpc-web"
        assert load({"CLOUDDRIVE2_TRANSPORT": "grpc-web"}, file=file, transport="auto").transport == "auto"
        with pytest.raises(ConfigError, match="transport must be auto, grpc or grpc-web, not 'http2'"):
            load({"CLOUDDRIVE2_TRANSPORT": "http2"})

    @pytest.mark.parametrize(
        ("environ", "url"),
        [
            ({"CLOUDDRIVE2_HOST": "nas"}, "http://nas:19798"),
            ({"CLOUDDRIVE2_HOST": "nas", "CLOUDDRIVE2_PORT": "80"}, "http://nas:80"),
            ({"CLOUDDRIVE2_HOST": "::1", "CLOUDDRIVE2_PORT": "80"}, "http://[::1]:80"),
            ({"CLOUDDRIVE2_HOST": "[::1]"}, "http://[::1]:19798"),
            ({"CLOUDDRIVE2_URL": "other", "CLOUDDRIVE2_HOST": "nas", "CLOUDDRIVE2_PORT": "80"}, "http://other:19798"),
            # A container manager may set this by itself, to something else.
            ({"CLOUDDRIVE2_PORT": "tcp://10.0.0.1:80"}, DEFAULT_URL),
            ({"CLOUDDRIVE2_URL": "", "CLOUDDRIVE2_HOST": ""}, DEFAULT_URL),
        ],
    )
    def test_host_and_port(self, load: Load, environ: dict[str, str], url: str) -> None:
        assert load(environ).url == url

    def test_a_bad_port(self, load: Load) -> None:
        with pytest.raises(ConfigError, match="'nas:x' is no server address"):
            load({"CLOUDDRIVE2_HOST": "nas", "CLOUDDRIVE2_PORT": "x"})

    def test_folders(self) -> None:
        environ = {"CLOUDDRIVE2_CONFIG_DIR": "/c", "CLOUDDRIVE2_STATE_DIR": "/s"}
        assert config_file_path(environ) == Path("/c/config.toml")
        assert state_folder(environ) == Path("/s")
        assert config_file_path({}).parts[-2:] == ("clouddrive2", "config.toml")
        assert state_folder({}).name == "clouddrive2"


class TestOrder:
    FILE = '[profiles.default]\nurl = "file"\nusername = "from-file"\npassword = "p-file"\nmount_point = "/file"\n'
    ENVIRON = {"CLOUDDRIVE2_URL": "environ", "CLOUDDRIVE2_USERNAME": "from-environ", "CLOUDDRIVE2_PASSWORD": "p-environ"}  # noqa: RUF012

    def test_defaults(self, load: Load) -> None:
        assert load() == ServerConfig()

    def test_profile_over_defaults(self, load: Load) -> None:
        expected = ServerConfig("http://file:19798", username="from-file", password="p-file", mount_point=Path("/file"))
        assert load(file=self.FILE) == expected

    def test_environment_over_profile(self, load: Load) -> None:
        config = load(self.ENVIRON, file=self.FILE)
        assert (config.url, config.username, config.password) == ("http://environ:19798", "from-environ", "p-environ")
        assert config.mount_point == Path("/file")

    def test_arguments_over_all(self, load: Load) -> None:
        config = load(self.ENVIRON, file=self.FILE, url="argument", username="a", password="p", mount_point="/a")
        expected = ServerConfig("http://argument:19798", username="a", password="p", mount_point=Path("/a"))
        assert config == expected

    def test_a_credential_hides_the_other_kind_below_it(self, load: Load) -> None:
        assert load(self.ENVIRON, file=self.FILE, token="t").password is None
        config = load({"CLOUDDRIVE2_API_TOKEN": "t"}, file=self.FILE)
        assert (config.token, config.password) == ("t", None)
        config = load({"CLOUDDRIVE2_API_TOKEN": "t"}, password="p", username="me")
        assert (config.token, config.password, config.username) == (None, "p", "me")

    def test_of_two_on_one_level_the_token_wins(self, load: Load) -> None:
        config = load(token="t", username="me", password="p")
        assert (config.token, config.password) == ("t", None)

    def test_insecure_can_be_switched_off(self, load: Load) -> None:
        file = '[profiles.default]\nurl = "https://nas"\ninsecure = true\n'
        assert load(file=file).insecure
        assert not load(file=file, insecure=False).insecure


class TestFile:
    def test_which_profile(self, load: Load) -> None:
        file = 'default_profile = "b"\n[profiles.a]\nurl="a"\n[profiles.b]\nurl="b"\n[profiles.default]\nurl="d"\n'
        assert load(file=file).url == "http://b:19798"
        assert load(file=file, profile="a").url == "http://a:19798"
        assert load({"CLOUDDRIVE2_PROFILE": "a"}, file=file, profile="default").url == "http://d:19798"

    def test_everything_a_profile_may_hold(self, load: Load, tmp_path: Path) -> None:
        authority = tmp_path / "ca.pem"
        authority.touch()
        file = (
            '[profiles.default]\nurl="https://nas"\napi_token="t"\nusername="me"\ninsecure=false\nmount_point="/m"\n'
            f'path_view="strip"\nroot_folder="/Cloud"\nca_file="{authority}"\n'
        )
        assert load(file=file) == ServerConfig(
            "https://nas:19799",
            token="t",
            username="me",
            ca_file=authority,
            mount_point=Path("/m"),
            path_view="strip",
            root_folder="/Cloud",
        )

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
    @pytest.mark.parametrize("secret", ["token", "api_token", "password"])
    def test_a_secret_others_may_read_is_refused(self, load: Load, mode: int, secret: str) -> None:
        with pytest.raises(ConfigError, match=r"others may read it; run: chmod 600 .*config\.toml") as caught:
            load(file=f'[profiles.default]\n{secret}="very-secret"\n', mode=mode)
        assert "very-secret" not in str(caught.value)
        assert caught.value.path is not None and caught.value.path.endswith("config.toml")

    def test_without_a_secret_anybody_may(self, load: Load) -> None:
        assert load(file='[profiles.default]\nurl="nas"\n', mode=0o644).url == "http://nas:19798"

    @pytest.mark.parametrize(
        ("file", "sentence"),
        [
            ("[profiles", "is no valid TOML"),
            ('[profiles.default]\nport="1"\ncolour="red"\n', "has unknown settings: colour, port"),
            ("[profiles.default]\nurl=5\n", "'url' of profile 'default' in .* must be text in quotes"),
            ('[profiles.default]\ninsecure="false"\n', "'insecure' of profile 'default' in .* must be true or false"),
            ('[profiles]\ndefault="x"\n', r"must be a table, \[profiles.default\]"),
            ('profiles="x"\n', "'profiles' in .* must be a table"),
            ('default_profile="gone"\n[profiles.a]\n', r"there is no profile 'gone' in .* \(profiles there: a\)"),
            ('[profiles.default]\npath_view="upside"\n', "path_view must be as_given, prefix or strip, not 'upside'"),
            ('[profiles.default]\nca_file="/none/ca.pem"\n', "the certificate file /none/ca.pem does not exist"),
            ('[profiles.default]\nurl="ftp://x"\n', "only http and https"),
        ],
    )
    def test_what_cannot_be_used(self, load: Load, file: str, sentence: str) -> None:
        with pytest.raises(ConfigError, match=sentence):
            load(file=file)

    def test_a_missing_profile(self, load: Load) -> None:
        with pytest.raises(ConfigError, match=r"there is no profile 'home' in .* \(profiles there: none\)"):
            load(profile="home")

    def test_a_file_that_cannot_be_read(self, load: Load, tmp_path: Path) -> None:
        (tmp_path / "config.toml").mkdir()
        with pytest.raises(ConfigError, match="cannot be read"):
            load()

    def test_a_file_that_is_no_text(self, load: Load, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
        with pytest.raises(ConfigError, match="cannot be read"):
            load()

    def test_home_is_understood(self, load: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "ca.pem").touch()
        config = load(file='[profiles.default]\nca_file="~/ca.pem"\nmount_point="~/drive"\n')
        assert (config.ca_file, config.mount_point) == (tmp_path / "ca.pem", tmp_path / "drive")


class TestValues:
    def test_secrets_are_hidden(self) -> None:
        config = ServerConfig(username="me", token="token-text", password="password-text", totp_code="totp-text")
        shown = f"{config!r} {config}"
        assert "me" in shown
        assert not any(secret in shown for secret in ("token-text", "password-text", "totp-text"))

    def test_they_are_frozen(self) -> None:
        for value in (ServerConfig(), Timeouts(), Retry(), UploadConfig()):
            with pytest.raises(FrozenInstanceError):
                setattr(value, fields(value)[0].name, None)

    @pytest.mark.parametrize("name", [field.name for field in fields(Timeouts)])
    @pytest.mark.parametrize("seconds", [0, -1, float("nan")])
    def test_timeouts_are_positive(self, name: str, seconds: float) -> None:
        with pytest.raises(ConfigError, match=f"the timeout '{name}' must be more than 0 seconds"):
            Timeouts(**{name: seconds})

    def test_retries_make_sense(self) -> None:
        with pytest.raises(ConfigError, match="attempts must be at least 1, not 0"):
            Retry(attempts=0)
        with pytest.raises(ConfigError, match="must not be negative"):
            Retry(first_delay=-1)

    @pytest.mark.parametrize("name", ["files_at_once", "reads_in_flight", "piece_bytes", "hash_jobs"])
    def test_uploads_need_at_least_one_of_each(self, name: str) -> None:
        with pytest.raises(ConfigError, match=f"{name} must be at least 1, not 0"):
            UploadConfig(**{name: 0})  # type: ignore[arg-type]

    def test_pieces_fit_into_a_message(self) -> None:
        assert UploadConfig(piece_bytes=4 * 1024 * 1024 - 16 * 1024)
        with pytest.raises(ConfigError, match="below 4 MiB"):
            UploadConfig(piece_bytes=4 * 1024 * 1024)
