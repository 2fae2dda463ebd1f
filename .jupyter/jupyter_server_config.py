"""How the lessons' JupyterLab server talks to the page, for kernels on this machine, and how its page looks at first.

`start.py` lets Jupyter look here.
"""

import asyncio
import contextlib
import json
import os
import re
from pathlib import Path

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyterlab.commands import get_workspaces_dir
from jupyterlab_server.workspaces_handler import WorkspacesManager

WORKSPACE = "mini-batch-live"


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Between the page and a kernel: every message goes out at once.

    By default TCP holds a small message back until the page has acknowledged the one before, and a page takes its
    time for that: 40 ms on Linux. A panel would show each new run that much later.
    """

    def connect(self) -> asyncio.Future[None] | None:
        self.websocket_handler.set_nodelay(True)
        return super().connect()


c = get_config()  # noqa: F821  Jupyter puts it here when it reads this file
c.ServerApp.kernel_websocket_connection_class = PromptConnection
c.LanguageServerManager.autodetect = False  # it would ask npm where it lies, at each start; the lessons need none

if codespace := os.environ.get("CODESPACE_NAME"):
    # The browser reaches a Codespace at an address of GitHub's. Without this the page opens and no kernel answers it.
    domain = re.escape(os.environ.get("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "app.github.dev"))
    c.ServerApp.allow_origin_pat = rf"https://{re.escape(codespace)}-\d+\.{domain}$"


def close_the_file_browser_at_first_start() -> None:
    """The lesson has the whole width until the learner opens the file browser; the workspace then remembers that."""
    folder = Path(get_workspaces_dir())
    manager = WorkspacesManager(str(folder))
    if any(each["metadata"]["id"] == WORKSPACE for each in manager.list_workspaces()):
        return
    closed = {"collapsed": True, "visible": True}
    layout = {"main": None, "left": closed | {"widgets": []}, "right": closed | {"widgets": []}}
    workspace = {"data": {"layout-restorer:data": layout}, "metadata": {"id": WORKSPACE}}
    manager.save(WORKSPACE, json.dumps(workspace))


with contextlib.suppress(OSError):  # a folder that cannot be written to: the file browser stays open
    close_the_file_browser_at_first_start()
