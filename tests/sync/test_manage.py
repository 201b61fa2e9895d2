"""The namespaces that manage a server: every method of the blocking client, once."""

from __future__ import annotations

from pathlib import Path

import pytest

import clouddrive2 as cd2
from clouddrive2.emulator.logins import QrStep
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.testing import RunningEmulator


def test_clouds(client: cd2.Client, emulator: RunningEmulator, tmp_path: Path) -> None:
    emulator.emulator.cloud_accounts.backed |= {"WebDAV", "S3", "SFTP", "FTP", "SMB", "CloudDrive"}
    emulator.emulator.logins.shares["nas"] = ["films"]
    clouds = client.clouds
    assert clouds.can_add()
    added = [
        clouds.add_local_folder(str(tmp_path), name="local"),
        clouds.add_webdav("https://dav.example", "me", "secret"),
        clouds.add_s3("bucket", "id", "secret"),
        clouds.add_sftp("nas", "me", "secret"),
        clouds.add_ftp("nas", "me", "secret"),
        clouds.add_smb("nas", "films", "me", "secret"),
        clouds.add_clouddrive("https://other.example", "token"),
    ]
    assert clouds.list()[1:] == added
    assert clouds.get("/local") == added[0]
    assert clouds.update("/Cloud", buffer_mib=50) == clouds.settings("/Cloud")
    assert [each.name for each in clouds.smb_servers()] == ["nas"]
    assert clouds.smb_shares("nas") == ["films"]
    assert (clouds.memberships("/Cloud"), clouds.promotions()) == ([], [])
    assert clouds.start_listening("/Cloud").listening
    assert not clouds.stop_listening("/Cloud").listening
    assert clouds.sync_changes("/Cloud").created == 0
    clouds.remove("/local")
    with pytest.raises(cd2.NotFound):
        clouds.get("/local")


def test_cloud_logins(client: cd2.Client, emulator: RunningEmulator) -> None:
    logins = client.cloud_logins
    emulator.emulator.logins.script = (QrStep("SHOW_IMAGE_CONTENT", "code"), QrStep("CLOSE"))
    assert [step.state.value for step in logins.by_qr("115")] == ["show", "done"]
    assert logins.by_tokens("baidu", "refresh")
    assert logins.by_aliyun_refresh_token("refresh")
    assert logins.by_google_refresh_token("id", "secret", "refresh")
    assert logins.by_cookies('[{"name": "UID", "value": "1"}]')
    began = logins.start_google("me.apps.googleusercontent.com", "secret")
    emulator.on_loop(emulator.emulator.logins.settle_google, began.session)
    assert logins.finish_google(began)
    assert logins.oauth_state("onedrive", "https://nas/back").expires_in == 600


def test_backups(client: cd2.Client, emulator: RunningEmulator, tmp_path: Path) -> None:
    source, backups = str(tmp_path), client.backups
    assert backups.can_add()
    assert backups.add(source, ["/Cloud/P"], two_way=True, scan=False) == backups.status(source)
    assert backups.update(source, interval=60).interval == 60
    assert len(backups.add_destination(source, "/Cloud/Q").destinations) == 2
    assert len(backups.remove_destination(source, "/Cloud/Q").destinations) == 1
    assert backups.test_rules(source, [], "a").outcome is cd2.RuleTestOutcome.BACKED_UP
    assert len(backups.preview(source).replicas) == 2
    emulator.on_loop(emulator.emulator.backups.raise_issue, source, pb.BackupSyncIssue())
    backups.resolve(source, [issue.id for issue in backups.issues(source)], cd2.IssueAction.DISMISS)
    emulator.emulator.backups.find(source).passes = 1
    backups.undo(source, confirmed=True)
    backups.reset(source)
    backups.restart(source)
    assert not backups.disable(source).enabled
    assert backups.enable(source).enabled
    backups.remove(source)
    assert backups.list() == []
