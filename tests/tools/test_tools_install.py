"""Installing: the lock, the stamp, uv with pip's configuration, and the Pythons and platforms that are refused."""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from book.tools import install, installers, supported
from book.tools.chapters import ROOT

LOCK = """\
nvidia-cublas==13.4 ; sys_platform == 'linux' \\
    --hash=sha256:aa \\
    --hash=sha256:ab
    # via torch
torch==2.15.0 \\
    --hash=sha256:bb
    # via
    #   aigc-course (pyproject.toml)
    #   torchvision
torchmetrics==1.9.0 \\
    --hash=sha256:cc
torchvision==0.29.2 \\
    --hash=sha256:dd
triton==3.9.0 ; sys_platform == 'linux' \\
    --hash=sha256:ee
cuda-toolkit==13.2.2 ; sys_platform == 'linux' \\
    --hash=sha256:ff
uv==0.13.9 \\
    --hash=sha256:99
"""


def test_a_lock_without_torch():
    assert set(install.requirements(install.without_torch(LOCK))) == {"torchmetrics", "uv"}
    assert install.without_torch(LOCK).startswith("torchmetrics==1.9.0 \\\n    --hash=sha256:cc\n")
    assert install.version(install.requirements(LOCK)["torch"]) == "torch==2.15.0"


def test_the_real_lock_survives_being_taken_apart():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    pins = re.findall(r"^[\w.-]+(?===)", text, re.MULTILINE)
    # a package may stand there twice, for different versions of Python
    assert list(install.requirements(text)) == list(dict.fromkeys(name.lower() for name in pins))
    assert "".join(install.requirements(text).values()).count("--hash=") == text.count("--hash=")
    left = install.requirements(install.without_torch(text))
    assert not {"torch", "torchvision", "triton"} & left.keys()
    assert {"torchmetrics", "transformers", "uv"} <= left.keys()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A project whose installations are written down instead of made; `machine.fails` makes them fail."""
    (tmp_path / "requirements.lock").write_text(LOCK)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    venv = tmp_path / ".venv"
    venv.mkdir()
    calls = []

    def run(python, arguments, index=""):
        assert not (venv / "installed.json").exists(), "the stamp must go before anything changes"
        assert (venv / "installing").exists(), "a killed installation must be known by its mark"
        if machine.fails:
            raise install.InstallError("pip failed")
        file = arguments[arguments.index("-r") + 1] if "-r" in arguments else None
        locked = install.requirements(Path(file).read_text()) if file else {}
        assert bool(file) == ("--require-hashes" in arguments)
        calls.append((arguments[0], [one for one in arguments if "==" in one], index, set(locked)))

    def make_venv(venv, anew):
        machine.anew = anew
        return venv / "bin" / "python"

    def machine(torch_index=None):
        calls.clear()
        install.install(tmp_path, venv, torch_index)
        return list(calls)

    machine.fails, machine.root, machine.stamp, machine.anew = False, tmp_path, venv / "installed.json", None
    monkeypatch.setattr(installers, "run", run)
    monkeypatch.setattr(installers, "pip", lambda *a: run(*a))
    monkeypatch.setattr(install, "make_venv", make_venv)
    return machine


def test_uv_comes_first_and_with_its_hashes(machine):
    uv, everything, course = machine()
    assert uv[3] == {"uv"}
    assert everything[3] == set(install.requirements(LOCK))
    assert course[0] == "install"


def test_an_installation_is_made_once_for_each_lock_and_project_file(machine):
    assert [call[0] for call in machine()] == ["install", "install", "install"]
    assert machine() == []
    (machine.root / "requirements.lock").write_text(LOCK + "x==1\n")
    assert machine() != []
    (machine.root / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert machine() != []
    assert not machine.anew


def test_a_failed_installation_leaves_no_stamp_and_is_not_built_upon(machine):
    machine()
    (machine.root / "requirements.lock").write_text(LOCK + "x==1\n")
    machine.fails = True
    with pytest.raises(install.InstallError):
        machine()
    assert not machine.stamp.exists()
    machine.fails = False
    assert machine() != []
    assert machine.anew
    assert not (machine.stamp.with_name("installing")).exists()


def test_the_index_for_torch_is_used_for_torch_alone_and_remembered(machine):
    pair = ("install", ["torch==2.15.0", "torchvision==0.29.2"], "https://example.org/cpu", set())
    _, torch, *others = machine("https://example.org/cpu")
    assert torch == pair
    assert [index for _, _, index, _ in others] == ["", ""]
    assert others[0][3] == {"torchmetrics", "uv"}
    assert machine() == []
    (machine.root / "requirements.lock").write_text(LOCK + "x==1\n")
    assert machine()[1] == pair
    assert machine("")[1][0] == "uninstall"


def test_an_environment_is_kept_if_it_works_and_made_anew_if_it_may_be_half_written(tmp_path, monkeypatch):
    made = []
    answers = {"-c": 0, "-m": 0}

    def run(command, **_):
        made.append(command[1])
        return subprocess.CompletedProcess(command, answers[command[1]], "", "no ensurepip")

    monkeypatch.setattr(subprocess, "run", run)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    assert install.make_venv(tmp_path, anew=False) == tmp_path / "bin" / "python"
    assert made == ["-c"]
    install.make_venv(tmp_path, anew=True)
    assert made == ["-c", "-c", "-m"]
    answers.update({"-c": 1, "-m": 1})
    with pytest.raises(install.InstallError, match="python3-venv"):
        install.make_venv(tmp_path, anew=False)


# uv and pip

SAYS = """#!/bin/sh
echo "$0 $*" >> {log}
echo "UV_DEFAULT_INDEX=$UV_DEFAULT_INDEX PIP_INDEX_URL=$PIP_INDEX_URL" >> {log}
echo "Resolved 3 packages" >&2
echo " + numpy==2.4.6" >&2
exit {code}
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A python and a uv that write down what they are asked; `programs(uv=0, pip=1)` says how they end."""
    log = tmp_path / "log"
    monkeypatch.setattr(installers, "pip_settings", lambda python: {"index-url": ["https://mirror.example/simple"]})
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)

    def make(**codes):
        log.write_text("")
        for name, code in codes.items():
            program = tmp_path / {"pip": "python"}.get(name, name)
            program.write_text(SAYS.format(log=log, code=code))
            program.chmod(0o755)
        return tmp_path / "python", lambda: log.read_text().replace(f"{tmp_path}/", "").splitlines()

    return make


def test_uv_is_used_where_it_is_there_and_knows_pips_index(programs, capsys):
    python, asked = programs(uv=0, pip=1)
    installers.run(python, ["install", "--no-deps", "x==1"])
    assert asked()[0].startswith("uv pip install --python")
    assert "UV_DEFAULT_INDEX=https://mirror.example/simple" in asked()[1]
    said = capsys.readouterr().out
    assert "Resolved 3 packages" in said
    assert "numpy" not in said, "a line for each package is too many"


def test_pip_stands_in_for_a_uv_that_fails(programs, capsys):
    python, asked = programs(uv=2, pip=0)
    installers.run(python, ["uninstall", "torch"], "https://example.org/cpu")
    uv, _, pip, told = asked()
    assert uv.endswith("torch")
    assert "--yes" not in uv
    assert pip.split()[-3:] == ["uninstall", "--yes", "torch"]
    assert "PIP_INDEX_URL=https://example.org/cpu" in told
    assert "pip tries" in capsys.readouterr().out


def test_pip_does_not_build_upon_what_a_killed_uv_left(programs):
    python, asked = programs(uv=0, pip=0)
    python.with_name("uv").write_text("#!/bin/sh\nkill -9 $$\n")
    with pytest.raises(installers.InstallError, match=r"signal 9.*made anew"):
        installers.run(python, ["install", "x"])
    assert asked() == []


def test_pip_stands_in_for_a_uv_that_cannot_be_started(programs, capsys):
    python, asked = programs(uv=0, pip=0)
    python.with_name("uv").chmod(0o644)
    installers.run(python, ["install", "x"])
    assert next(line for line in asked() if "install" in line).startswith("python -m pip")
    assert "Permission denied" in capsys.readouterr().out


def test_without_uv_pip_installs_and_its_failure_says_what_to_do(programs):
    python, asked = programs(pip=1)
    with pytest.raises(installers.InstallError, match="Run the same command again"):
        installers.run(python, ["install", "x"])
    assert len(asked()) == 2


def test_a_full_disk_is_not_taken_for_a_missing_network(programs, monkeypatch):
    python, asked = programs(uv=2, pip=1)
    usage = shutil.disk_usage(python.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=3_000_000))
    with pytest.raises(installers.InstallError, match=r"disk is full \(3 MB are free\)") as error:
        installers.run(python, ["install", "x"])
    assert "network" not in str(error.value)
    assert len(asked()) == 2, "pip must not fetch it all again"


def test_pips_configuration_is_read_as_pip_reads_it(tmp_path, monkeypatch):
    """Variables win over files, and what is special to `install` over what is for all commands."""
    file = tmp_path / "pip.conf"
    file.write_text(
        "[global]\nindex-url = https://one.example\nextra-index-url = https://two.example\n  file:///three\n"
    )
    with file.open("a") as more:
        more.write("timeout = 7\n[install]\nindex-url = https://four.example\n[download]\nproxy = https://no.example\n")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("PIP_TIMEOUT", "9")
    settings = installers.pip_settings(Path(sys.executable))
    assert settings["index-url"] == ["https://four.example"]
    assert settings["extra-index-url"] == ["https://two.example", "file:///three"]
    assert settings["timeout"] == ["9"]
    assert "proxy" not in settings


def test_uv_is_told_what_pip_was_told_unless_the_reader_told_uv():
    settings = {
        "index-url": ["https://one.example"],
        "extra-index-url": ["https://two.example", "file:///three"],
        "find-links": ["/four", "/five"],
        "cert": ["/six.pem"],
    }
    told = installers.uv_environment(settings, {"HOME": "/home/someone"})
    assert told["UV_DEFAULT_INDEX"] == "https://one.example"
    assert told["UV_INDEX"] == "https://two.example file:///three"
    assert told["UV_FIND_LINKS"] == "/four,/five"
    assert told["SSL_CERT_FILE"] == "/six.pem"
    assert told["HOME"] == "/home/someone"
    own = {"UV_INDEX_URL": "https://seven.example", "SSL_CERT_FILE": "/eight.pem"}
    told = installers.uv_environment(settings, own)
    assert {name: value for name, value in told.items() if "INDEX" in name} == {"UV_INDEX_URL": "https://seven.example"}
    assert told["SSL_CERT_FILE"] == "/eight.pem"


def test_with_an_index_of_its_own_torch_comes_from_nowhere_else():
    settings = {"extra-index-url": ["https://two.example"], "find-links": ["/four"], "cert": ["/six.pem"]}
    told = installers.uv_environment(settings, {"UV_INDEX_URL": "https://seven.example"}, "https://example.org/cpu")
    indexes = {name: value for name, value in told.items() if "INDEX" in name or "LINKS" in name}
    assert indexes == {"UV_DEFAULT_INDEX": "https://example.org/cpu"}
    assert told["SSL_CERT_FILE"] == "/six.pem"


# What is supported


def test_supported_pythons_have_no_problem():
    for python in supported.PYTHONS:
        major, minor = map(int, python.split("."))
        assert supported.python_problem((major, minor, 2)) == ""


@pytest.mark.parametrize(("version", "free"), [((3, 10, 9), False), ((3, 15, 0), False), ((3, 14, 1), True)])
def test_another_python_gets_one_sentence_with_the_cure(version, free):
    said = supported.python_problem(version, free)
    assert said.count(". ") == 0
    assert f"Python {version[0]}.{version[1]}" in said
    assert f"PYTHON=python{supported.RECOMMENDED}" in said
    assert "network" not in said


@pytest.mark.parametrize(
    ("here", "word"),
    [
        (("Darwin", "x86_64", "15.1"), "Intel"),
        (("Darwin", "arm64", "13.7"), "macOS 14"),
        (("Linux", "riscv64"), "riscv64"),
        (("Linux", "x86_64", "", "musl"), "musl"),
        (("Windows", "AMD64"), "WSL"),
    ],
)
def test_another_platform_gets_one_sentence_with_the_cure(here, word):
    said = supported.platform_problem(*here)
    assert word in said
    assert "container" in said
    assert "Colab" in said
    assert said.count(". ") == 0
    assert "network" not in said


@pytest.mark.parametrize("here", [("Darwin", "arm64", "14.0"), ("Linux", "x86_64"), ("Linux", "aarch64")])
def test_a_supported_platform_has_no_problem(here):
    assert supported.platform_problem(*here) == ""


def test_an_intel_mac_is_refused_before_anything_is_made(monkeypatch, capsys):
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(install, "install", lambda *_: pytest.fail("something was installed"))
    assert install.main() == 1
    assert "Intel" in capsys.readouterr().err


def make_venv(path, *arguments):
    make = shutil.which("make")
    assert make
    # an outer make passes its own choices down, which are not these
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        [make, "-s", "venv", *arguments],
        env=environment | {"PATH": f"{path}:/bin:{os.path.dirname(make)}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def names():
    """The Pythons that make looks for, in its order."""
    found = re.search(r"\(or \$\(PYTHON\),([^)]*)\)", (ROOT / "Makefile").read_text("utf-8"))
    assert found
    return found[1].split()


def test_make_looks_for_every_supported_python():
    assert {f"python{python}" for python in supported.PYTHONS} == set(names()) - {"python", "python3"}
    assert f"No Python {supported.PYTHONS[0]} to {supported.PYTHONS[-1]} was found" in (ROOT / "Makefile").read_text()


def test_make_takes_the_first_python_that_is_supported(tmp_path):
    for name in names():
        script(tmp_path / name, "exit 1")
    script(tmp_path / "python3", "echo too new; exit 1")
    script(tmp_path / "python3.12", 'echo "$0 $*"')
    ran = make_venv(tmp_path, "PYTHON=")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == f"{tmp_path}/python3.12 -m book.tools.install\n"


def test_make_says_what_the_first_python_says_when_none_is_supported(tmp_path):
    for name in names():
        script(tmp_path / name, f"echo {name} is wrong; exit 1")
    ran = make_venv(tmp_path, "PYTHON=")
    assert ran.returncode
    assert ran.stderr.splitlines()[0] == "python3 is wrong"


def test_make_uses_no_other_python_than_the_one_it_is_given(tmp_path):
    script(tmp_path / "python3", "exit 0")
    script(tmp_path / "mine", "echo mine is wrong; exit 1")
    ran = make_venv(tmp_path, f"PYTHON={tmp_path / 'mine'}")
    assert ran.returncode
    assert ran.stderr.splitlines()[0] == "mine is wrong"


def test_make_says_what_to_install_when_there_is_no_python(tmp_path):
    for name in names():
        script(tmp_path / name, "exit 127")
    ran = make_venv(tmp_path, "PYTHON=")
    assert ran.returncode
    assert "No Python 3.11 to 3.14 was found" in ran.stderr


def test_installing_needs_the_standard_library_alone():
    code = "import runpy, sys; sys.path.insert(0, '.'); runpy.run_module('book.tools.install', run_name='tried')"
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
