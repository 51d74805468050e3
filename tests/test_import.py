"""What an import loads: `import aigc_course` nothing heavy, its modules no library that takes seconds by itself."""

import json
import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "diffusers", "matplotlib", "sklearn", "scipy", "torchvision")
SLOW = ("transformers", "diffusers", "torch._dynamo", "sklearn", "torchvision", "skimage")
# A process of its own: in this one other tests have loaded everything.
LOADED = """
import importlib, json, pkgutil, sys
import aigc_course
package = sorted(sys.modules)
names = [m.name for m in pkgutil.walk_packages(aigc_course.__path__, 'aigc_course.')]
for name in names:
    importlib.import_module(name)
print(json.dumps({'package': package, 'modules': sorted(sys.modules), 'names': names}))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_the_package_loads_nothing_heavy(loaded):
    assert "aigc_course" in loaded["package"]
    assert not set(HEAVY) & set(loaded["package"])


def test_no_module_loads_a_library_on_import_that_only_some_of_its_functions_need(loaded):
    assert {"aigc_course.core.train", "aigc_course.language.pretrained"} <= set(loaded["names"])
    assert not set(SLOW) & set(loaded["modules"])
