"""The library's layers: nothing imports upward, and the check that says so can fail."""

import pytest

from book.tools import layers


def test_nothing_imports_upward():
    wrong = layers.problems()
    assert not wrong, "\n" + "\n".join(wrong)


def library(root, **modules):
    """A library of one-module packages: `vae="import …"` is aigc_course/vae/module.py."""
    for package, code in modules.items():
        folder = root / "aigc_course" / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
        (folder / "module.py").write_text(code)
    return root


@pytest.mark.parametrize(
    "code",
    [
        "from aigc_course.gan.wasserstein import critic",
        "from aigc_course.gan import wasserstein",
        "from aigc_course import gan",
        "import aigc_course.gan.wasserstein as w",
        "from ..gan import wasserstein",
        "def late():\n    from aigc_course.gan import wasserstein",
    ],
)
def test_an_upward_import_is_found_however_it_is_written(tmp_path, code):
    found = layers.problems(library(tmp_path, metrics=f"import torch\n{code}\n"))
    assert found
    assert all(
        message.startswith("aigc_course/metrics/module.py: metrics imports aigc_course.gan") for message in found
    )


def test_downward_imports_and_other_libraries_pass(tmp_path):
    own = "import gan\nfrom gan import core\nfrom aigc_course.core.train import fit\nfrom .other import x\n"
    assert layers.problems(library(tmp_path, gan=own, museum="from aigc_course.gan import gan\n", core="")) == []


def test_a_package_without_a_layer_is_named(tmp_path):
    (found,) = layers.problems(library(tmp_path, sculpture=""))
    assert "aigc_course/sculpture has no place" in found
