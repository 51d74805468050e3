"""uv and pip. uv installs several times faster; pip, which every Python has, fetches it and stands in where it fails.

uv does not read pip's configuration: `uv_environment` tells it what a reader has told pip (an index, a folder of
wheels, a certificate). Standard library only.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
# pip's word, uv's variable, and what stands between several values there
SETTINGS = (
    ("index-url", "UV_DEFAULT_INDEX", " "),
    ("extra-index-url", "UV_INDEX", " "),
    ("find-links", "UV_FIND_LINKS", ","),
    ("trusted-host", "UV_INSECURE_HOST", " "),
    ("cert", "SSL_CERT_FILE", " "),
    ("client-cert", "SSL_CLIENT_CERT", " "),
    ("proxy", "ALL_PROXY", " "),
    ("timeout", "UV_HTTP_TIMEOUT", " "),
    ("default-timeout", "UV_HTTP_TIMEOUT", " "),
)
FULL_MB = 500


class InstallError(Exception):
    """The installation cannot go on; the message says what to do."""


def run(python: Path, arguments: list[str], index: str = "") -> None:
    """Do `uv pip ARGUMENTS` in the environment of `python`, or `pip ARGUMENTS` where there is no uv or it fails.

    Args:
        python: The environment's Python.
        arguments: What both programs understand, e.g. `install --no-deps -r FILE`.
        index: Take packages from this index alone, not from those of the reader's configuration.

    Raises:
        InstallError: pip failed as well, or something ended uv in the middle of it.
    """
    uv = python.with_name("uv")
    if uv.exists():
        command = [str(uv), "pip", arguments[0], "--python", str(python), *arguments[1:]]
        code = _do(command, uv_environment(pip_settings(python), dict(os.environ), index), _uv_says)
        if code == 0:
            return
        _stop_if_full(python)
        if code < 0:  # pip would take what is half-written for installed
            raise InstallError(f"uv was ended by signal {-code}: run the same command again, .venv will be made anew.")
        print("uv could not do it, see above; pip tries.", flush=True)
    pip(python, arguments, index)


def pip(python: Path, arguments: list[str], index: str = "") -> None:
    """Do `pip ARGUMENTS` in the environment of `python`; `index` and the error are those of `run`."""
    yes = ["--yes"] if arguments[0] == "uninstall" else []
    environment = {**os.environ, **({"PIP_INDEX_URL": index} if index else {})}
    if _do([str(python), *PIP, arguments[0], *yes, *arguments[1:]], environment, _pip_says):
        _stop_if_full(python)
        raise InstallError(
            "pip failed, see above. Run the same command again once that is mended: it goes on from what was fetched. "
            "The first installation needs a network."
        )


def _stop_if_full(python: Path) -> None:
    free = shutil.disk_usage(python.parent).free / 1e6
    if free < FULL_MB:
        raise InstallError(f"The disk is full ({free:.0f} MB are free): make room, and run the same command again.")


def pip_settings(python: Path) -> dict[str, list[str]]:
    """What pip is told by its files and variables; what is special to `install` and the variables win, as in pip."""
    listed = subprocess.run([str(python), *PIP, "config", "list"], capture_output=True, text=True, check=False).stdout
    found: dict[str, dict[str, list[str]]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in found:
            found[section][key] = str(ast.literal_eval(value)).split()
    return {**found["global"], **found["install"], **found[":env:"]}


def uv_environment(settings: dict[str, list[str]], environment: dict[str, str], index: str = "") -> dict[str, str]:
    """The variables for uv: `environment`, and pip's `settings` where it says nothing; with `index`, no other index."""
    told = {name: between.join(settings[word]) for word, name, between in SETTINGS if word in settings}
    # pip takes a version from whichever index has it; the hashes say whether it is the right file
    told |= {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_SYSTEM_CERTS": "true"}
    if any(name.startswith("UV_") and "INDEX" in name for name in environment):
        told = {name: value for name, value in told.items() if "INDEX" not in name}
    merged = {**told, **environment}
    if index:
        merged = {name: value for name, value in merged.items() if "INDEX" not in name and name != "UV_FIND_LINKS"}
        merged["UV_DEFAULT_INDEX"] = index
    return merged


def _do(command: list[str], environment: dict[str, str], says: Callable[[str], bool]) -> int:
    """Run a command: with its bars on a terminal, and in a log only the lines that `says` keeps."""
    errors = subprocess.STDOUT if says is _uv_says else None  # uv says everything there, pip only what is wrong
    try:
        if sys.stdout.isatty():
            return subprocess.run(command, env=environment, check=False).returncode
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
            assert process.stdout
            for line in filter(says, process.stdout):
                print("  " + line.rstrip()[:400], flush=True)
        return process.returncode
    except OSError as error:
        print(f"  {command[0]}: {error.strerror}", flush=True)
        return 1


def _uv_says(line: str) -> bool:
    """All but a line for each package that is there now."""
    return bool(line.strip()) and line.lstrip()[:2] not in ("+ ", "- ", "~ ")


def _pip_says(line: str) -> bool:
    """A line for each package that is fetched."""
    return line.lstrip().startswith(("Downloading", "Installing", "Building", "Successfully"))
