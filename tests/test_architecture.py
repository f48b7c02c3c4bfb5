"""The arrows between modules point one way: no circles, scores and labels without torch, data scripts on top."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TREES = {"course_lib": ROOT, "data_scripts": ROOT / "data_scripts"}  # and from where their modules are imported


def module_name(path: Path, base: Path) -> str:
    return ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")


def named_imports(path: Path, module: str) -> set[str]:
    """Everything that a file imports, wherever in it: `a.b` and `a.b.c` for `from a.b import c`."""
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            names |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
    return names


def import_graph(folder: Path, base: Path) -> dict[str, set[str]]:
    """Module → modules of the same tree that it imports."""
    named = {name: named_imports(path, name) for path in folder.rglob("*.py") if (name := module_name(path, base))}
    return {name: (names & named.keys()) - {name} for name, names in named.items()}


@pytest.mark.parametrize("tree", TREES)
def test_no_module_imports_itself_in_a_circle(tree):
    graph = import_graph(ROOT / tree, TREES[tree])
    assert len(graph) > 50 and sum(map(len, graph.values())) > 100
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("imports in a circle: " + " ← ".join(error.args[1]))


@pytest.mark.parametrize("line", ["import p.b", "from . import b", "from .b import x", "from p.b import x"])
def test_a_circle_is_found_however_it_is_hidden(tmp_path, line):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "__init__.py").touch()
    (tmp_path / "p" / "a.py").write_text(f"def f():\n    {line}\n")
    (tmp_path / "p" / "b.py").write_text("if TYPE_CHECKING:\n    from .a import x\n")
    graph = import_graph(tmp_path / "p", tmp_path)
    assert "p.b" in graph["p.a"] and graph["p.b"] == {"p.a"}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


def test_the_library_knows_no_data_script():
    names = {"data_scripts"} | {path.stem for path in (ROOT / "data_scripts").iterdir()}
    for path in (ROOT / "course_lib").rglob("*.py"):
        first = {name.split(".")[0] for name in named_imports(path, module_name(path, ROOT))}
        assert not first & names, path


@pytest.mark.parametrize("package", ["course_lib.scoring", "course_lib.data"])
def test_scores_and_labels_need_no_torch(package):
    """Whatever they import, directly or not, at the top of a module or in a function of theirs."""
    modules = [module_name(path, ROOT) for path in (ROOT / package.replace(".", "/")).rglob("*.py")]
    code = f"import sys\nimport {', '.join(modules)}\nsys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
    for path in (ROOT / package.replace(".", "/")).rglob("*.py"):
        assert not any(name.split(".")[0] == "torch" for name in named_imports(path, module_name(path, ROOT))), path
