"""What is written twice about the repository agrees, and nothing is in it that does not belong there."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="the dev extra is not installed")
pytest.importorskip("packaging", reason="the dev extra is not installed")

from packaging.requirements import Requirement  # noqa: E402
from packaging.specifiers import SpecifierSet  # noqa: E402
from packaging.utils import canonicalize_name  # noqa: E402

import textdiff_lite  # noqa: E402

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = SpecifierSet(PROJECT["requires-python"])
MINORS = [f"3.{minor}" for minor in range(40) if PYTHONS.contains(f"3.{minor}")]
LOCK = (ROOT / "requirements.lock.txt").read_text(encoding="utf-8").splitlines()
# Linux builds of torch pin these themselves, and its CPU build needs none.
GPU = re.compile(r"(cuda|nvidia|triton)\b")
PACKAGE = ROOT / "textdiff_lite"
MEGABYTES = 3
SYSTEMS = [
    {"sys_platform": "linux", "os_name": "posix", "platform_machine": "x86_64"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_machine": "arm64"},
    {"sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"},
]
ENVIRONMENTS = [
    system | {"python_version": minor, "python_full_version": f"{minor}.0", "implementation_name": "cpython"}
    for system, minor in product(SYSTEMS, MINORS)
]


def requirements(*parts: str) -> list[Requirement]:
    """The requirements of those extras, or of the core ("") and all extras."""
    lists = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    return [Requirement(line) for part in parts or lists for line in lists[part]]


def pins() -> dict[str, tuple[str, Requirement]]:
    """Version and line of the lock file by name."""
    lines = [Requirement(line) for line in LOCK]
    return {canonicalize_name(line.name): (str(line.specifier).removeprefix("=="), line) for line in lines}


def applies(requirement: Requirement, environment: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": "", **environment})


def files() -> list[Path]:
    """Every file that is in the repository, or would be after `git add .`."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this copy is not a git repository")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [path for name in sorted(set(names)) if name and (path := ROOT / name).is_file()]


def imported(paths: Iterable[Path]) -> set[str]:
    """Top-level names of the foreign modules that the files, and the Python files of the folders, import anywhere."""
    names: set[str] = set()
    for file in (file for path in paths for file in ([path] if path.is_file() else path.rglob("*.py"))):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"textdiff_lite", "tests"}


def document(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


# The lock file


def test_lock_holds_bare_pins_only() -> None:
    pin = re.compile(r"[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.]*( ; .+)?")
    assert not [line for line in LOCK if not pin.fullmatch(line)]


def test_lock_names_each_package_once() -> None:
    assert len(pins()) == len(LOCK)


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_lock_has_a_pin_within_the_range_for_every_system_and_python(requirement: Requirement) -> None:
    version, line = pins()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)
    assert all(applies(line, environment) for environment in ENVIRONMENTS)


def test_lock_is_closed_under_what_the_installed_packages_require() -> None:
    locked, seen, queue = pins(), set(), requirements()
    while queue:
        wanted = queue.pop()
        name = canonicalize_name(wanted.name)
        if GPU.match(name) or str(wanted) in seen:
            continue
        seen.add(str(wanted))
        assert name in locked, f"{wanted} has no pin"
        version = locked[name][0]
        assert wanted.specifier.contains(version, prereleases=True), f"{wanted}, and the lock has {version}"
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of an extra that is not installed here
        if found.version.split("+")[0] == version:
            needs = [Requirement(line) for line in found.requires or []]
            queue += [r for r in needs if any(applies(r, {"extra": extra}) for extra in ("", *wanted.extras))]
    assert len(seen) > len(requirements())


def test_ranges_are_not_pins() -> None:
    assert not [str(r) for r in requirements() if any(part.operator in ("==", "===") for part in r.specifier)]


def test_core_dependencies_are_exactly_what_the_library_imports() -> None:
    library = [p for p in PACKAGE.iterdir() if p.name != "course" and (p.is_dir() or p.suffix == ".py")]
    assert {canonicalize_name(name) for name in imported(library)} == {
        canonicalize_name(requirement.name) for requirement in requirements("")
    }


def test_course_and_tests_import_declared_packages_only() -> None:
    modules = {"yaml": "pyyaml"}  # where the module is not named like its package
    used = {canonicalize_name(modules.get(name, name)) for name in imported([PACKAGE / "course", ROOT / "tests"])}
    assert used <= {canonicalize_name(requirement.name) for requirement in requirements()}


# Other places that name versions


def test_environment_yml_installs_the_lock_file_and_a_python_within_the_range() -> None:
    environment = document("environment.yml")
    assert environment["name"] == PROJECT["name"]
    *plain, with_pip = environment["dependencies"]
    assert "pip" in plain
    assert PYTHONS.contains(next(line for line in plain if line.startswith("python=")).removeprefix("python="))
    assert with_pip == {"pip": ["-r requirements.lock.txt", "-e ."]}


def test_workflow_runs_every_supported_python_and_no_other() -> None:
    jobs = document(".github/workflows/tests.yml")["jobs"]
    assert jobs["linux"]["strategy"]["matrix"]["python"] == MINORS
    steps = [step for job in jobs.values() for step in job["steps"]]
    named = [str(step["with"]["python-version"]) for step in steps if "python-version" in step.get("with", {})]
    assert set(named) - {"${{ matrix.python }}"} <= set(MINORS)


def test_makefile_looks_for_every_supported_python_and_no_other() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    low, high = re.search(r"\((3, \d+)\) <= sys.version_info\[:2\] < \((3, \d+)\)", text).groups()  # type: ignore[union-attr]
    assert SpecifierSet(f">={low},<{high}".replace(", ", ".")) == PYTHONS
    assert all(f"python{minor}" in text for minor in MINORS)


def test_version_is_the_same_everywhere() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    versions = {newest[1], str(document("CITATION.cff")["version"]), textdiff_lite.__version__}
    assert versions == {PROJECT["version"]}


def test_licence_is_the_same_everywhere() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert document("CITATION.cff")["license"] == PROJECT["license"] == "MIT"


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", ".ci/run", ".github/workflows/tests.yml", ".pre-commit-config.yaml"]
)
def test_make_targets_that_are_spoken_of_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    spoken = set(
        re.findall(r"(?:`|^|run: |entry: )make ([a-z]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert spoken
    assert spoken <= targets


# What is in the repository and in the wheel


def test_no_file_is_large() -> None:
    large = [str(path) for path in files() if path.stat().st_size > MEGABYTES * 2**20]
    assert not large


def test_no_file_names_a_path_of_a_machine_or_the_host_of_a_registry() -> None:
    foreign = re.compile(
        rb"/(?:home|root|tmp|work|Users)/|[A-Z]:\\Users|pypi\.org|python[h]osted|npm[j]s|download\.pytorch|anaconda\.org"
    )
    found = {str(path): match[0] for path in files() if (match := foreign.search(path.read_bytes()))}
    assert not found


def test_import_is_light() -> None:
    heavy = ["datasets", "transformers", "accelerate", "matplotlib", "IPython", "ipykernel", "ipywidgets", "nbformat"]
    code = f"import sys, textdiff_lite, textdiff_lite.corpora; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_wheel_holds_the_package_its_data_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", minversion="77", reason="the dev extra is not installed")
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name)
    cache = tmp_path / PACKAGE.name / "weights" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "__init__.cpython-311.pyc").touch()
    build = "import setuptools.build_meta as backend; backend.build_wheel('.')"
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert inside == {path.relative_to(ROOT).as_posix() for path in files() if PACKAGE in path.parents}
