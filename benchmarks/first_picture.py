"""How long does a learner wait, from the start of a kernel to the first picture of training?

    python -m benchmarks.first_picture

A kernel is started as JupyterLab starts one, the panel's cell is run in it, the panel is seen as soon as it is shown,
and the clock stops when the first picture of training arrives; those before it show the start. "Cold": nothing has ever
been compiled on this machine. "Warm": an earlier session has left its programs.
"""

import os
import tempfile
import time

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from lesson_lib.panel.live import VIEW

REPEATS = 3
CELL = """
import lesson_lib as ll
panel = ll.GdVsSgd(ll.load_dataset("fashion_mnist")).show()
"""


def seconds_to_first_picture(cache: str) -> float:
    """One kernel, from its start to the first picture of training."""
    start = time.perf_counter()
    manager, client = start_new_kernel(env={**os.environ, "JAX_COMPILATION_CACHE_DIR": "", "XDG_CACHE_HOME": cache})
    try:
        client.execute(CELL, allow_stdin=True)
        at_start = True
        while at_start:
            message = client.get_iopub_msg(timeout=120)
            if message["msg_type"] == "error":
                raise RuntimeError("\n".join(message["content"]["traceback"]))
            data = message["content"].get("data", {})
            if VIEW in data:
                say_seen(client, data[VIEW]["model_id"])
            status = data.get("state", {}).get("status", "")
            at_start = not status or "epoch 0.0" in status
        return time.perf_counter() - start
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def say_seen(client: BlockingKernelClient, widget: str) -> None:
    """What the page says when the panel comes into view."""
    content = {"comm_id": widget, "data": {"method": "custom", "content": {"seen": True}}}
    client.shell_channel.send(client.session.msg("comm_msg", content))


def main() -> None:
    """Print the waits, cold and warm."""
    cold, warm = [], []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(seconds_to_first_picture(cache))
            warm.append(seconds_to_first_picture(cache))
    for name, waits in (("cold", cold), ("warm", warm)):
        print(f"{name}: {min(waits):.1f} s at best, {max(waits):.1f} s at worst of {REPEATS}")


if __name__ == "__main__":
    main()
