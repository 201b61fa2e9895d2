"""Webhooks of the server (protocol.md §16)."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.errors import NotFound
from clouddrive2.models.paths import check_name
from clouddrive2.models.webhooks import Webhook, WebhookConfig, check_toml
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncWebhooks"]

# ``list`` is a method below.
WebhookList = list[Webhook]


class AsyncWebhooks:
    """``client.webhooks``. No source names the permission; ``allow_get_system_settings`` and ``allow_modify_system_settings`` are
    likely. Without the account's membership the server takes configurations and sends nothing.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def template(self) -> str:
        """The server's own example of a configuration. May be repeated."""
        return (await self._caller.unary("GetWebhookConfigTemplate", Empty(), pb.StringResult)).result

    async def list(self) -> WebhookList:
        """Every configuration. May be repeated."""
        reply = await self._caller.unary("GetWebhookConfigs", Empty(), pb.WebhookList)
        return [Webhook.from_proto(webhook) for webhook in reply.webhooks]

    async def get(self, name: str) -> Webhook:
        """One configuration. May be repeated.

        Raises:
            NotFound: There is none of this name.
        """
        for webhook in await self.list():
            if webhook.name == name:
                return webhook
        raise NotFound(f"there is no webhook '{name}'", rpc="GetWebhookConfigs")

    async def add(self, name: str, config: WebhookConfig | str) -> Webhook:
        """A new configuration, as the server has it afterwards: look at :attr:`Webhook.is_valid`.

        It is not sent twice. When the answer is lost, look with :meth:`get`.

        Args:
            name: Of its file.
            config: What it says, or TOML.

        Raises:
            ConfigError: The name is none, or the text is no TOML.
            AlreadyExists: The name is taken.
        """
        request = pb.WebhookRequest(fileName=check_name(name), content=_content(config))
        await self._caller.unary("AddWebhookConfig", request, Empty)
        return await self.get(name)

    async def change(self, name: str, config: WebhookConfig | str) -> Webhook:
        """Another content for a configuration, as the server has it afterwards. May be repeated.

        Args:
            name: Of its file.
            config: What it says, or TOML.

        Raises:
            ConfigError: The text is no TOML.
            NotFound: There is none of this name.
        """
        request = pb.WebhookRequest(fileName=check_name(name), content=_content(config))
        await self._caller.unary("ChangeWebhookConfig", request, Empty)
        return await self.get(name)

    async def remove(self, name: str) -> None:
        """Remove a configuration; nothing more is sent by it.

        Raises:
            NotFound: There is none of this name, perhaps since an earlier try whose answer was lost.
        """
        await self._caller.unary("RemoveWebhookConfig", pb.StringValue(value=check_name(name)), Empty)


def _content(config: WebhookConfig | str) -> str:
    return config.to_toml() if isinstance(config, WebhookConfig) else check_toml(config)
