"""Configurations of webhooks (protocol.md §16.1)."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.webhooks import Webhooks, is_valid
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["WebhooksService"]

TEMPLATE = '''\
[global_params]
base_url = "http://127.0.0.1:8000"
enabled = true

[global_params.default_headers]
"Content-Type" = "application/json"

[file_system_watcher]
url = "{base_url}/files"
method = "POST"
enabled = true
body = """
{
  "event_category": "{event_category}",
  "event_name": "{event_name}",
  "event_time": "{event_time}",
  "data": [
    {
      "action": "{action}",
      "is_dir": "{is_dir}",
      "source_file": "{source_file}",
      "destination_file": "{destination_file}"
    }
  ]
}
"""

[file_system_watcher.headers]

[mount_point_watcher]
url = "{base_url}/mounts"
method = "POST"
enabled = false
body = """
{
  "event_category": "{event_category}",
  "event_name": "{event_name}",
  "event_time": "{event_time}",
  "data": [{"action": "{action}", "mount_point": "{mount_point}", "status": "{status}", "reason": "{reason}"}]
}
"""

[mount_point_watcher.headers]
'''


class WebhooksService:
    """GetWebhookConfigTemplate, GetWebhookConfigs, Add-, Change-, RemoveWebhookConfig. What cannot be used is kept and marked."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def GetWebhookConfigTemplate(self, request: Empty, call: Call) -> pb.StringResult:
        return pb.StringResult(result=TEMPLATE)

    async def GetWebhookConfigs(self, request: Empty, call: Call) -> pb.WebhookList:
        reply = pb.WebhookList()
        for name, content in self._webhooks.configs.items():
            reply.webhooks.add(fileName=name, content=content, isValid=is_valid(content))
        return reply

    async def AddWebhookConfig(self, request: pb.WebhookRequest, call: Call) -> Empty:
        if problem := paths.check_name(request.fileName):
            raise CallError(Status.INVALID_ARGUMENT, problem)
        if request.fileName in self._webhooks.configs:
            raise CallError(Status.ALREADY_EXISTS, f"the webhook {request.fileName} already exists")
        self._webhooks.configs[request.fileName] = request.content
        self._webhooks.arrange()
        return Empty()

    async def ChangeWebhookConfig(self, request: pb.WebhookRequest, call: Call) -> Empty:
        self._known(request.fileName)
        self._webhooks.configs[request.fileName] = request.content
        self._webhooks.arrange()
        return Empty()

    async def RemoveWebhookConfig(self, request: pb.StringValue, call: Call) -> Empty:
        self._known(request.value)
        del self._webhooks.configs[request.value]
        self._webhooks.arrange()
        return Empty()

    def _known(self, name: str) -> None:
        if name not in self._webhooks.configs:
            raise CallError(Status.NOT_FOUND, f"there is no webhook {name}")
