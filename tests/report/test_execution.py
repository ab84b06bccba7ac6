"""Execution: what a notebook was given, what it gives back, and how its failure reads."""

import pytest

from clientbase.report.execution import NotebookFailure, execute

KINDS = ["forked", "ordinary"]


@pytest.fixture
def run(forked):
    """Return a function that executes a notebook."""

    def run(notebook, pool=forked, **options):
        defaults = {
            "parameters": {},
            "pool": pool,
            "environment": {},
            "translate": str,
            "on_cell": lambda *_: None,
            "cell_seconds": 30,
        }
        return execute(notebook, **(defaults | options))

    return run


@pytest.fixture
def failing(write_notebook, text, code):
    """Return a function that writes a notebook whose third code cell, after a parameters cell, is the given one."""

    def write(source, *more):
        cells = [code("x: int = 1  # a number", "parameters"), text("# Size\n\n## Compute"), code("a = 1"), code(source)]
        return write_notebook("02_size.ipynb", text("# 02"), *cells, text("text, no heading"), *map(code, more))

    return write


def printed(done):
    return [output.text for cell in done.notebook.cells for output in cell.get("outputs", []) if output.name == "stdout"]


def test_parameters_arrive_as_they_were_given(run, write_notebook, code):
    odd = "quo'te \"s, back\\slash, {brace}, =, #, \n line, йц, 😀"
    values = {"word": odd, "n": 3, "share": 0.1, "is_on": True}
    cell = "word: str = ''\nn: int = 0\nshare: float = 0.0\nis_on: bool = False"
    notebook = write_notebook("a {b} ю.ipynb", code(cell, "parameters"), code("print(repr((word, n, share, is_on)))"))
    assert printed(run(notebook, parameters=values)) == [repr((odd, 3, 0.1, True)) + "\n"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_names_notebook_cell_heading_and_message(run, failing, request, kind, capfd, caplog):
    notebook = failing("1 / 0", "print(2)")
    with pytest.raises(NotebookFailure) as caught:
        run(notebook, request.getfixturevalue(kind), parameters={"x": 2})
    failure = caught.value
    assert (failure.notebook, failure.cell, failure.heading) == ("02_size.ipynb", 4, "Compute")
    assert (failure.error, failure.message) == ("ZeroDivisionError", "division by zero")
    assert str(failure) == "notebook '02_size.ipynb' failed in cell [4], under 'Compute': ZeroDivisionError: division by zero"
    assert [cell.execution_count for cell in failure.executed.cells if cell.cell_type == "code"] == [1, 2, 3, 4, None]
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_an_error_of_ours_is_its_message_alone(run, failing):
    notebook = failing("from clientbase.errors import DataError\nraise DataError('orders: 3 rows lack a date. Fill them.')")
    with pytest.raises(NotebookFailure, match=r"cell \[3\], under 'Compute': orders: 3 rows lack a date. Fill them.$"):
        run(notebook)


@pytest.mark.parametrize("kind", KINDS)
def test_a_dead_kernel_is_a_failure(run, failing, request, kind):
    with pytest.raises(
        NotebookFailure, match=r"cell \[3\], under 'Compute': the kernel died, most often for want of mem"
    ) as caught:
        run(failing("import os; os._exit(0)", "print(2)"), request.getfixturevalue(kind))
    assert caught.value.executed.cells[2].cell_type == "markdown"


def test_a_cell_that_takes_too_long_is_a_failure(run, failing):
    with pytest.raises(NotebookFailure, match=r"cell \[3\], under 'Compute': the cell was stopped after 1 s."):
        run(failing("import time; time.sleep(60)"), cell_seconds=1)


def test_a_cell_that_ends_the_run_is_a_failure(run, failing):
    with pytest.raises(NotebookFailure, match=r"cell \[3\], under 'Compute': the cell called exit\(\)"):
        run(failing("import sys; sys.exit()", "print(2)"))


def test_a_kernel_that_cannot_start_is_a_failure(run, failing):
    class Closed:
        kind = "forked"

        def arguments(self, **_):
            raise RuntimeError("the kernel pool was closed")

    with pytest.raises(
        NotebookFailure, match="failed before its first cell: RuntimeError: the kernel pool was closed"
    ) as caught:
        run(failing("1"), Closed())
    assert caught.value.executed is None


def test_markdown_is_translated_before_the_run_and_the_source_stays(run, failing):
    notebook = failing("print(1)")
    before = notebook.read_bytes()
    done = run(notebook, translate=lambda words: words.replace("Compute", "Расчёт"))
    assert "## Расчёт" in [cell.source for cell in done.notebook.cells][2]
    assert notebook.read_bytes() == before
    with pytest.raises(NotebookFailure, match="under 'Расчёт'"):
        run(failing("1 / 0"), translate=lambda words: words.replace("Compute", "Расчёт"))


def test_interactive_cells_are_not_run(run, write_notebook, code):
    done = run(write_notebook("a.ipynb", code("print(1)"), code("1 / 0", "interactive"), code("print(2)")))
    assert printed(done) == ["1\n", "2\n"]


def test_cells_are_told_as_they_start(run, failing):
    told = []
    run(failing("print(1)"), on_cell=lambda index, n_cells: told.append((index, n_cells)), parameters={"x": 1})
    assert told == [(index, 7) for index in range(7)]


def test_nothing_of_the_machine_is_kept(run, failing):
    done = run(failing("print(1)"), parameters={"x": 1})
    assert set(done.notebook.metadata) == {"kernelspec", "language_info"}
    assert {key for cell in done.notebook.cells for key in cell.metadata} == {"tags"}
    assert done.seconds > 0


def test_a_failure_can_be_told_without_a_notebook():
    failure = NotebookFailure("a.ipynb", 0, "", "RuntimeError", "no room")
    assert str(failure) == "notebook 'a.ipynb' failed before its first cell: RuntimeError: no room"
    assert failure.executed is None
