"""What is prepared for Kubernetes: the seats are those of the class on one machine."""

import re
from pathlib import Path
from types import SimpleNamespace

import yaml
from traitlets.config import Config

CLASSROOM = Path(__file__).parents[2] / "classroom"
VALUES = yaml.safe_load((CLASSROOM / "kubernetes" / "values.yaml").read_text("utf-8"))
DOCKERFILE = (CLASSROOM / "kubernetes" / "Dockerfile").read_text("utf-8")


def configured():
    """What the hub of one machine is told."""
    config = Config()
    source = (CLASSROOM / "jupyterhub_config.py").read_text("utf-8")
    exec(compile(source, "jupyterhub_config.py", "exec"), {"get_config": lambda: config})
    return config


def test_all_students_are_known_and_none_is_let_in_for_that(monkeypatch):
    groups = [
        SimpleNamespace(gr_name=name, gr_gid=gid, gr_mem=who)
        for name, gid, who in (("students", 7, ["ben", "anna"]), ("teachers", 8, ["tess"]))
    ]
    users = [SimpleNamespace(pw_name="clara", pw_gid=7), SimpleNamespace(pw_name="root", pw_gid=0)]
    monkeypatch.setattr("grp.getgrall", lambda: groups)
    monkeypatch.setattr("pwd.getpwall", lambda: users)
    assert configured()["JupyterHub"]["load_groups"] == {"students": {"users": ["anna", "ben", "clara"]}}
    assert "allowed_users" not in configured()["Authenticator"]
    assert configured()["PAMAuthenticator"]["allowed_groups"] == {"students", "teachers"}


def test_a_seat_is_started_opened_and_limited_as_on_one_machine():
    spawner, seat = configured()["Spawner"], VALUES["singleuser"]
    assert seat["cmd"][1:] == spawner["cmd"][1:] == ["-P", "-m", "classroom.seat"]
    assert str(seat["cmd"]).replace("'", '"') == re.search(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[1]
    assert seat["defaultUrl"] == spawner["default_url"]
    assert seat["memory"]["limit"] == spawner["mem_limit"]
    assert f"--timeout={VALUES['cull']['timeout']}" in configured()["JupyterHub"]["services"][0]["command"]


def test_the_image_has_the_pinned_packages_and_the_home_that_the_volume_is_laid_over():
    assert "--constraint requirements.lock" in DOCKERFILE
    home = re.search(r"^WORKDIR (/home/.*)$", DOCKERFILE, re.MULTILINE)[1]
    assert VALUES["singleuser"]["storage"]["homeMountPath"] == home
    assert VALUES["hub"]["config"]["DummyAuthenticator"]["password"] == "CHANGE-ME"  # nobody's password is shipped
