"""Parameters: the declared ones are read as Python reads them, the given ones refused or typed."""

import subprocess
import sys

import pytest

from clientbase.errors import SettingError
from clientbase.report.parameters import Parameter, check_parameters, read_parameters


@pytest.fixture
def declaring(write_notebook, code, text):
    """Return a function that writes a notebook with the given parameters cell."""
    return lambda source, name="02_size.ipynb": write_notebook(name, text("# Size"), code(source, "parameters"), code("a = 1"))


ALL_TYPES = """study: str = "data/demo#1"  # folder: a=b or c
# a comment on its own line
abc_a: float = 1  # доля выручки
n_months: int = -12
is_open: bool = False
"""


def test_name_type_default_and_help_are_read(declaring):
    assert list(read_parameters(declaring(ALL_TYPES)).values()) == [
        Parameter("study", "str", "data/demo#1", "folder: a=b or c"),
        Parameter("abc_a", "float", 1.0, "доля выручки"),
        Parameter("n_months", "int", -12, ""),
        Parameter("is_open", "bool", False, ""),
    ]


def test_a_notebook_without_a_parameters_cell_has_none(write_notebook, code):
    assert read_parameters(write_notebook("a.ipynb", code("x: int = 1"))) == {}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1", "line 1: write `name: type = literal"),
        ("x: int = 1\ny: set = {1}", "line 2: write"),
        ("x: int = 1 + n", "write `name: type"),
        ("print(1)", "write `name: type"),
        ("x: int", "write `name: type"),
        ("x: int = 'a'", "default 'a' of 'x' is not of type int"),
        ("x: int = True", "default True of 'x' is not of type int"),
        ("x: int = = 1", "line 1 is not Python"),
    ],
)
def test_anything_but_a_typed_literal_is_refused(declaring, source, message):
    with pytest.raises(SettingError, match=message):
        read_parameters(declaring(source))


def test_two_parameters_cells_are_refused(write_notebook, code):
    notebook = write_notebook("a.ipynb", code("x: int = 1", "parameters"), code("y: int = 1", "parameters"))
    with pytest.raises(SettingError, match=r"'a.ipynb' has 2 cells tagged 'parameters'"):
        read_parameters(notebook)


def test_what_is_not_a_notebook_is_named(tmp_path):
    (tmp_path / "a.ipynb").write_text("{}")
    with pytest.raises(SettingError, match=r"'a.ipynb' is not a notebook"):
        read_parameters(tmp_path / "a.ipynb")
    with pytest.raises(SettingError, match=r"b.ipynb' cannot be read: No such file"):
        read_parameters(tmp_path / "b.ipynb")


def test_values_get_the_declared_type(declaring):
    given = {"study": "007", "abc_a": "1e-1", "n_months": "+6", "is_open": "Yes"}
    typed = {"study": "007", "abc_a": 0.1, "n_months": 6, "is_open": True}
    notebooks = [declaring(ALL_TYPES)]
    assert check_parameters(given, notebooks) == typed
    assert check_parameters(typed, notebooks) == typed
    assert check_parameters({"abc_a": 1}, notebooks) == {"abc_a": 1.0}
    assert [type(value) for value in check_parameters(given, notebooks).values()] == [str, float, int, bool]


def test_lists_and_dictionaries_are_read_as_in_python_or_json(declaring):
    notebooks = [declaring("discounts: list = [0.03]\noffers: dict = {}  # what is offered")]
    for given in ("{'volume': 0.1}", '{"volume": 0.1}', {"volume": 0.1}):
        assert check_parameters({"offers": given}, notebooks) == {"offers": {"volume": 0.1}}
    assert check_parameters({"discounts": " [0.05, 0.1] "}, notebooks) == {"discounts": [0.05, 0.1]}
    for wrong in ("volume=0.1", "[0.1]", "{'a': open}", "(" * 300):
        with pytest.raises(SettingError, match="needed is dict, for example offers="):
            check_parameters({"offers": wrong}, notebooks)


def test_an_unknown_name_is_answered_with_the_nearest_and_its_notebooks(declaring):
    notebooks = [declaring("abc_a: float = 0.8"), declaring("abc_b: float = 0.9\nabc_a: float = 0.8", "05_score.ipynb")]
    with pytest.raises(SettingError, match=r"'abc_A' is not .*: 'abc_a' \(02_size.ipynb, 05_score.ipynb\)"):
        check_parameters({"abc_A": "1"}, notebooks)
    with pytest.raises(SettingError, match=r"'zzz' is not declared.*Declared: \['abc_a', 'abc_b'\]"):
        check_parameters({"zzz": "1"}, notebooks)
    with pytest.raises(SettingError, match="Declared: none"):
        check_parameters({"zzz": "1"}, [])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_months", "0.5", "given as '0.5', needed is int, for example n_months=12"),
        ("n_months", "1_000", "needed is int"),
        ("n_months", "٣", "needed is int"),
        ("n_months", True, "given as True, needed is int"),
        ("abc_a", "0,8", "needed is float, for example abc_a=0.8. Write a decimal point, not a comma: 0.8"),
        ("abc_a", "80 %", "Write the share, not the percent: 0.8"),
        ("abc_a", "nan", "needed is float"),
        ("abc_a", "1e999", "needed is float"),
        ("abc_a", float("inf"), "needed is float"),
        ("is_open", "maybe", "needed is bool, for example is_open=true"),
        ("is_open", "2", "needed is bool"),
        ("study", 7, "needed is str"),
    ],
)
def test_a_value_of_another_type_is_refused_with_an_example(declaring, name, value, message):
    with pytest.raises(SettingError, match=message):
        check_parameters({name: value}, [declaring(ALL_TYPES)])


def test_a_name_with_two_types_is_refused(declaring):
    notebooks = [declaring("a: float = 0.8"), declaring("a: int = 1", "05_score.ipynb")]
    with pytest.raises(SettingError, match=r"'a' is float in '02_size.ipynb' but int in '05_score.ipynb'"):
        check_parameters({}, notebooks)


def test_importing_is_light():
    heavy = "{'pandas', 'nbformat', 'papermill', 'zmq', 'jinja2', 'matplotlib'}"
    program = f"import sys, clientbase.report.parameters, clientbase.report.run; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "set()\n"
