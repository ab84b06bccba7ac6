"""The contract of the notebooks: narrative and calls only, typed parameters that are settings, nothing stored."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from clientbase.report.parameters import read_parameters
from clientbase.sections import SECTION_OF
from clientbase.settings import default_of

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
FORBIDDEN = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.With, ast.Lambda,
    ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp,
)  # fmt: skip
MOST_LINES = 16  # the cell that opens a page names each parameter on a line of its own; other cells stay under 8
TAGS = {"parameters", "interactive", "remove-cell"}

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def test_there_are_notebooks():
    assert [path.stem[:2] for path in NOTEBOOKS[:6]] == ["00", "01", "02", "03", "04", "05"]


@each_notebook
def test_a_notebook_is_valid_and_stored_without_results(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}
        assert set(cell.metadata.get("tags", [])) <= TAGS
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@each_notebook
def test_cell_ids_are_unique_and_speak(path):
    ids = [cell.id for cell in read(path).cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(rf"{path.stem[:2]}-[a-z-]+", name) for name in ids), ids


@each_notebook
def test_code_cells_hold_calls_only(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, FORBIDDEN)], cell.id
            most = MOST_LINES if cell.id.endswith(("-open", "-parameters")) else 8
            assert len(cell.source.splitlines()) <= most, cell.id


@each_notebook
def test_a_sentence_stands_before_every_picture(path):
    cells = read(path).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith(f"# {path.stem[:2]} ")
    assert cells[-1].source.startswith("## What these figures do not say")


@each_notebook
def test_parameters_are_settings_with_the_same_defaults(path):
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert code[0].metadata.tags == ["parameters"]
    parameters = read_parameters(path)
    assert next(iter(parameters)) == "study"
    for name, parameter in list(parameters.items())[1:]:
        assert name in SECTION_OF, f"{name} is no setting"
        assert parameter.default == default_of(name)
        assert type(parameter.default) is type(default_of(name))
        assert parameter.help, f"{name} says nothing of its meaning"


@each_notebook
def test_every_parameter_reaches_the_page(path):
    opening = next(cell for cell in read(path).cells if cell.id.endswith("-open"))
    names = {node.id for node in ast.walk(ast.parse(opening.source)) if isinstance(node, ast.Name)}
    assert set(read_parameters(path)) <= names


@each_notebook
def test_prose_types_no_result(path):
    """Numbers in prose would contradict a report with other parameters; names of steps and pages may hold digits."""
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"^# \d\d ", "", cell.source)
            assert not re.findall(r"\d+\s?%|\d{3,}|\d[.,]\d", prose), cell.id
