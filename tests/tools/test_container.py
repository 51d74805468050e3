"""The Dockerfile: what it says fits the project, and its steps work in a clean folder. No image is built."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest

from book.tools import supported
from book.tools.chapters import ROOT

TEXT = (ROOT / "Dockerfile").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
DEVCONTAINER = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))


def instructions(text):
    """The Dockerfile's instructions in order, each as its word and the rest, continued lines joined."""
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    return [tuple(re.sub(r" +", " ", line).split(" ", 1)) for line in lines]


STEPS = instructions(TEXT)


def the(word):
    return [rest for found, rest in STEPS if found == word]


def test_it_starts_from_the_recommended_python():
    [base] = the("FROM")
    assert base.startswith(f"python:{supported.RECOMMENDED}-slim-")


def test_its_targets_are_makes():
    command = json.loads(the("CMD")[0])
    assert command[:2] == ["make", "lab"]
    assert command[2].startswith("LAB=")
    assert "jupyterlab $(LAB)" in MAKEFILE
    made = [step.split()[1] for step in the("RUN") if step.startswith("make ")]
    assert made == ["venv"]
    assert DEVCONTAINER["postCreateCommand"] == "make venv"
    assert re.search(r"^venv:", MAKEFILE, re.MULTILINE)


def test_the_course_is_installed_and_run_by_the_user_that_hubs_choose():
    words = [word for word, _ in STEPS]
    arguments = dict(rest.split("=") for rest in the("ARG") if "=" in rest)
    assert arguments == {"NB_USER": DEVCONTAINER["remoteUser"], "NB_UID": "1000"}
    assert words.index("USER") < STEPS.index(("RUN", "make venv"))
    assert "--chown=${NB_USER}:${NB_USER}" in the("COPY")[0]


def test_the_choice_of_torch_reaches_make():
    """An argument is seen by the steps after it; make reads it as a variable of the environment."""
    assert STEPS.index(("ARG", "TORCH_INDEX")) < STEPS.index(("RUN", "make venv"))


def test_what_this_machine_made_stays_out_of_the_image():
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {".venv", "_build"} <= set(ignored)
    assert (ROOT / ".devcontainer" / DEVCONTAINER["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"


def test_no_address_is_written_in_it():
    assert "://" not in TEXT + json.dumps(DEVCONTAINER)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url, process):
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"it ended with {process.returncode}")


@pytest.mark.slow
def test_its_steps_build_the_environment_and_start_jupyterlab(tmp_path):
    """Needs a network. The system's packages and the user are those of this machine."""
    course = tmp_path / "course"
    for name in subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines():
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, course / name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "VIRTUAL_ENV"))}
    for step in the("RUN"):
        if not step.startswith(("apt-get", "useradd")):
            subprocess.run(step, shell=True, cwd=course, env=environment, check=True)
    port = free_port()
    own = {"JUPYTER_PORT": str(port), "JUPYTER_TOKEN": "t", "JUPYTER_CONFIG_DIR": str(tmp_path / "jupyter")}
    command = json.loads(the("CMD")[0])
    command[2] += " --allow-root" if os.getuid() == 0 else ""
    with subprocess.Popen(command, cwd=course, env=environment | own) as lab:
        try:
            status = answers(f"http://127.0.0.1:{port}/api/status?token=t", lab)
            assert "started" in status
        finally:
            lab.terminate()
