import statistics
import subprocess
import sys

HEAVY = ("torch", "transformers", "matplotlib", "sklearn", "diffusers", "torch._dynamo")


def loaded_by(statement):
    code = f"import sys; {statement}; print([m for m in {HEAVY} if m in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_by("import aigc_course").strip() == "[]"


def test_no_module_loads_transformers_or_the_compiler_on_import():
    found = loaded_by(
        "import pkgutil, importlib, aigc_course; "
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(aigc_course.__path__, 'aigc_course.')]"
    )
    assert "transformers" not in found
    assert "torch._dynamo" not in found
    assert "sklearn" not in found


def test_importing_the_package_stays_within_three_times_its_budget_of_150_ms():
    clock = "import time; t = time.perf_counter(); import aigc_course; print(time.perf_counter() - t)"
    runs = [subprocess.run([sys.executable, "-c", clock], capture_output=True, text=True) for _ in range(5)]
    assert statistics.median(float(r.stdout) for r in runs) < 3 * 0.15
