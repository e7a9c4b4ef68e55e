"""Rules about the code that nobody should have to remember."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from core.settings import ROOT

PACKAGES = ("core", "origination", "scoring", "repayment", "demo")
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
# Solvers of rates work in floats and round at their door; numpy projections are checked against the exact generator.
FLOAT_ALLOWED = {"repayment/domain/irr.py", "repayment/domain/projection.py"}
FRAMEWORKS = ("flask", "sqlalchemy", "marshmallow", "xgboost", "shap", "apscheduler", "weasyprint", "procrastinate")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [*sources(*PACKAGES, "tests", "bench"), ROOT / "wsgi.py"], ids=name_of)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= FILE_LINES_MAX, f"{name_of(path)} is longer than {FILE_LINES_MAX} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= FUNCTION_LINES_MAX, f"{name_of(path)}:{node.lineno} {node.name} has {length} lines"


def test_only_the_database_module_commits() -> None:
    """The one exemption is the identity library's own session (docs/decisions)."""
    allowed = {"core/db.py", "core/auth/datastore.py"}
    guilty = []
    for path in sources(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"} and name_of(path) not in allowed:
                guilty.append(f"{name_of(path)}:{node.lineno}")
    assert guilty == []


def test_no_float_touches_an_amount() -> None:
    guilty = []
    for path in [*sources("repayment/domain"), ROOT / "core/domain/money.py"]:
        if name_of(path) in FLOAT_ALLOWED:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
            if is_literal or is_call:
                guilty.append(f"{name_of(path)}:{node.lineno}")
    assert guilty == []


def test_domain_loads_without_any_framework() -> None:
    modules = [
        name_of(path)[:-3].replace("/", ".").removesuffix(".__init__")
        for package in PACKAGES[:4]
        for path in sources(f"{package}/domain")
    ]
    program = (
        "import sys\n"
        f"for name in {FRAMEWORKS!r}: sys.modules[name] = None\n"
        "from importlib import import_module\n"
        f"for name in {modules!r}: import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_web_process_starts_without_the_heavy_libraries() -> None:
    program = (
        "import sys, wsgi\n"
        "heavy = {'xgboost', 'shap', 'weasyprint', 'pandas', 'sklearn', 'numba', 'pyhanko', 'apscheduler',\n"
        "         'pypdfium2', 'pypdfium2_raw'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_every_job_is_registered() -> None:
    wsgi = import_module("wsgi")
    defined = {
        name_of(path)[:-3].replace("/", ".")
        for package in PACKAGES
        for path in sources(package)
        if path.name == "jobs.py"
    } - {"core.jobs"}
    assert defined == set(wsgi.JOBS)


def test_every_table_module_is_registered() -> None:
    wsgi = import_module("wsgi")
    for name in wsgi.TABLES:
        import_module(name)
    from core.db import Row

    homes = {mapper.class_.__module__ for mapper in Row.registry.mappers if mapper.inherits is None}
    registered = set(wsgi.TABLES)
    assert all(any(home == name or home.startswith(f"{name}.") for name in registered) for home in homes), homes


def test_nothing_is_loaded_from_a_foreign_host() -> None:
    guilty = []
    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "css").rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        for marker in ('src="http', "src='http", 'href="http', "url(http", "@import"):
            if marker in text:
                guilty.append(f"{name_of(path)}: {marker}")
    assert guilty == []


def test_templates_have_no_inline_style_or_handler() -> None:
    """The content security policy would silently drop them. PDFs are printed without it."""
    inline = re.compile(r"<style\b|<[a-z][^<>{%]*\s(?:style|on[a-z]+)=\"")
    guilty = []
    for path in (ROOT / "templates").rglob("*.html"):
        if "contract" not in path.parts and "message" not in path.parts:
            guilty += [f"{name_of(path)}: {found}" for found in inline.findall(path.read_text(encoding="utf-8"))]
    assert guilty == []
