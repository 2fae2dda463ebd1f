"""The server of a seat: JupyterHub's own for one user, without what costs a class its first minute.

Thirty of them start within a minute, on few cores. So each loads the extensions that a lesson needs, and leaves out
what takes much of the processor and is used by nobody here.
"""

import asyncio
import sys
from typing import Any

# jsonschema can check addresses with letters of all alphabets, builds a parser for them as soon as it is imported, and
# no schema of Jupyter's has any. Building it took almost half of the processor time of a server's start.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # Python's way to say: not there

from jupyter_client.provisioning.local_provisioner import LocalProvisioner  # noqa: E402
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager  # noqa: E402
from jupyterhub.singleuser.extension import JupyterHubSingleUser  # noqa: E402
from jupyterlab import commands  # noqa: E402

from classroom.seat import KERNEL, give_way  # noqa: E402

EXTENSIONS = ("jupyterlab", "jupyter_server_terminals")
"""The only ones that are loaded, whatever else is installed."""


class SeatKernelManager(ServerKernelManager):
    """Starts kernels that give way to the servers of all seats, which relay what a learner wants next."""

    async def start_kernel(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        await super().start_kernel(*args, **kwargs)
        await self._give_way()

    async def restart_kernel(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        await super().restart_kernel(*args, **kwargs)
        await self._give_way()

    async def _give_way(self) -> None:
        assert isinstance(self.provisioner, LocalProvisioner)
        assert self.provisioner.pid is not None
        await asyncio.to_thread(give_way, KERNEL, self.provisioner.pid)


def main() -> None:
    """Serve, until the hub ends it."""
    # JupyterLab asks Node where packages for building a JupyterLab come from. No seat builds one.
    commands._yarn_config = lambda _logger: {"yarn config": {}}
    JupyterHubSingleUser.serverapp_config = {"jpserver_extensions": dict.fromkeys(EXTENSIONS, True)}
    JupyterHubSingleUser.launch_instance()


if __name__ == "__main__":
    main()
