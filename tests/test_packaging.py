"""What gets installed: three files that must agree, and a wheel that works away from the clone."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"matplotlib-base": "matplotlib", "python-duckdb": "duckdb", "ibis-framework-core": "ibis-framework"}
HEAVY = ("pandas", "numpy", "duckdb", "ibis", "matplotlib", "seaborn", "scipy", "papermill", "nbconvert", "IPython")


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [re.match(r"([\w.-]+)==([^ ;]+)", line) for line in lines if line and not line.startswith("#")]
    assert all(found), [line for line, match in zip(lines, found, strict=False) if not match]
    return {match[1].lower().replace("_", "-"): match[2] for match in found}


def conda() -> dict[str, str]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    by_conda = [item for item in listed if isinstance(item, str) and item not in ("pip", "python>=3.11")]
    by_pip = [
        item.replace("==", "=")
        for part in listed
        if isinstance(part, dict)
        for item in part["pip"]
        if not item.startswith("-e")
    ]
    pairs = [item.split("=") for item in by_conda + by_pip]
    return {CONDA_NAMES.get(name, name).partition("[")[0]: version for name, version in pairs}


def requirements(*extras: str) -> list[Requirement]:
    return [
        Requirement(text)
        for group in (project()["dependencies"], *(project()["optional-dependencies"][extra] for extra in extras))
        for text in group
    ]


@pytest.mark.parametrize("requirement", requirements("test", "spark", "postgres"), ids=str)
def test_every_dependency_is_pinned_to_a_version_it_allows(requirement):
    assert requirement.name.lower() in pins(), "add it to constraints.txt"
    assert requirement.specifier.contains(Version(pins()[requirement.name.lower()]))


def test_conda_installs_the_same_versions():
    wanted = {requirement.name.lower(): pins()[requirement.name.lower()] for requirement in requirements("test")}
    assert conda() == wanted


def test_constraints_hold_versions_only():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "@" not in text


def test_the_command_starts_without_the_heavy_libraries():
    code = f"import sys, clientbase.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_wheel_carries_notebooks_words_pages_and_the_demo(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    notebooks = {f"clientbase/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    needed = {
        "clientbase/demo/study.toml",
        "clientbase/demo/orders.csv",
        "clientbase/locale/ru/LC_MESSAGES/clientbase.po",
        "clientbase/report/template/style.css",
    }
    assert notebooks | needed <= set(names)
    assert not [name for name in names if ".clientbase" in name or name.startswith(("tests/", "data/"))]


def test_ci_runs_the_test_command_of_the_readme():
    commands = re.findall(r"```sh\n(python3 .*)\n```", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(commands) == 2
    assert commands[0].endswith("clientbase report data/demo")
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
