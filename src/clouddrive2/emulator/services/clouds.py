"""Cloud accounts over the API (protocol.md §12.1): listing, settings, removal, changes made elsewhere, offers."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.cloud_accounts import CloudAccounts
from clouddrive2.emulator.view import View
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["CloudsService"]


class CloudsService:
    """GetAllCloudApis, the configuration, RemoveCloudAPI, event listeners, memberships, promotions."""

    def __init__(self, world: World, accounts: CloudAccounts) -> None:
        self._world = world
        self._accounts = accounts

    async def GetAllCloudApis(self, request: Empty, call: Call) -> pb.CloudAPIList:
        view = View(self._world, call)
        apis = []
        for cloud in self._world.clouds.values():
            api = self._accounts.described(cloud)
            if view.sees(api.path):
                api.path = view.shown(api.path)
            apis.append(api)
        return pb.CloudAPIList(apis=apis)

    async def CanAddMoreCloudApis(self, request: Empty, call: Call) -> pb.FileOperationResult:
        if self._accounts.is_full:
            return pb.FileOperationResult(success=False, errorMessage="the plan allows no more cloud accounts")
        return pb.FileOperationResult(success=True)

    async def GetCloudAPIConfig(self, request: pb.GetCloudAPIConfigRequest, call: Call) -> pb.CloudAPIConfig:
        return self._accounts.config(self._accounts.find(request.cloudName, request.userName))

    async def SetCloudAPIConfig(self, request: pb.SetCloudAPIConfigRequest, call: Call) -> Empty:
        self._accounts.set_config(self._accounts.find(request.cloudName, request.userName), request.config)
        return Empty()

    async def RemoveCloudAPI(self, request: pb.RemoveCloudAPIRequest, call: Call) -> pb.FileOperationResult:
        try:
            cloud = self._accounts.find(request.cloudName, request.userName)
        except CallError as error:
            return pb.FileOperationResult(success=False, errorMessage=f"{error.details}; not found")
        await self._accounts.remove(cloud, permanently=request.permanentRemove)
        return pb.FileOperationResult(success=True)

    async def StartCloudEventListener(self, request: pb.FileRequest, call: Call) -> Empty:
        self._accounts.listen(await View(self._world, call).full(request.path), on=True)
        return Empty()

    async def StopCloudEventListener(self, request: pb.FileRequest, call: Call) -> Empty:
        self._accounts.listen(await View(self._world, call).full(request.path), on=False)
        return Empty()

    async def SyncFileChangesFromCloud(self, request: pb.FileRequest, call: Call) -> pb.FileSystemChangeStatistics:
        path = await View(self._world, call).full(request.path)
        if await self._world.entry(path) is None:
            raise CallError(Status.NOT_FOUND, f"{request.path} not found")
        return await self._accounts.take_over(path)

    async def GetCloudMemberships(self, request: pb.FileRequest, call: Call) -> pb.CloudMemberships:
        path = paths.normalise(await View(self._world, call).full(request.path))
        api = self._world.account_of(self._world.locate(path)[0])
        return pb.CloudMemberships(memberships=self._accounts.memberships.get((api.name, api.userName), []))

    async def GetPromotions(self, request: Empty, call: Call) -> pb.GetPromotionsResult:
        return pb.GetPromotionsResult(promotions=self._accounts.promotions)

    async def GetPromotionsByCloud(self, request: pb.CloudAPIRequest, call: Call) -> pb.GetPromotionsResult:
        offers = [each for each in self._accounts.promotions if each.cloudName == request.cloudName]
        return pb.GetPromotionsResult(promotions=offers)
