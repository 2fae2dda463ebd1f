"""The hub of a class on one machine; README.md says how to start it, Kubernetes has its own values.

Its proxy is configurable-http-proxy, JupyterHub's own and the one that it is tested with: npm installs it in seconds,
and every system has npm. Traefik would be one more program to fetch. The proxy of the same name that is written in
Python lets ten requests through at a time, and each answer only as a whole.
"""

import grp
import pwd
import sys

from classroom.places import HUB, PROXY
from classroom.ports import give_port

HUB.mkdir(parents=True, exist_ok=True)
HUB.chmod(0o700)

c = get_config()  # noqa: F821  JupyterHub puts it here when it reads this file

c.JupyterHub.bind_url = "http://:8000"
c.JupyterHub.db_url = f"sqlite:///{HUB}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(HUB / "cookie_secret")
c.ConfigurableHTTPProxy.command = ["node", str(PROXY)]
c.ConfigurableHTTPProxy.pid_file = str(HUB / "proxy.pid")

# Each student is a user of this machine: the system itself keeps their files and processes apart.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"students", "teachers"}
c.PAMAuthenticator.admin_groups = {"teachers"}
# Known before they first log in, so that a teacher can start all servers before the class. Whether they are still in
# the system's group is looked up at each login.
groups = [group for group in grp.getgrall() if group.gr_name == "students"]
members = {name for group in groups for name in group.gr_mem}
members |= {user.pw_name for user in pwd.getpwall() if user.pw_gid in [group.gr_gid for group in groups]}
c.JupyterHub.load_groups = {"students": {"users": sorted(members)}}
c.JupyterHub.spawner_class = "localprocess"

# -P: a file of the student's with the name of a module does not come before that module.
c.Spawner.cmd = [sys.executable, "-P", "-m", "classroom.seat"]
c.Spawner.pre_spawn_hook = give_port
c.Spawner.notebook_dir = "~"
c.Spawner.default_url = "/lab/workspaces/mini-batch-live/tree/my-lessons/00_start_here.ipynb"
c.Spawner.mem_limit = "2G"  # of each process of a seat: an endless list ends one kernel, and not the class
# When all come at once, they wait for each other. That is no failure.
c.Spawner.start_timeout = c.Spawner.http_timeout = 300

# A server that nobody has used for an hour is stopped; lessons and progress are on the disk.
c.JupyterHub.services = [
    {"name": "idle-culler", "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]}
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
