"""Parameters of notebooks: what a notebook declares, checked against what a user gives.

Papermill reads its `parameters` cell with a line pattern, only warns about an unknown name and takes any type.
Here the cell is read as Python, an unknown name is refused and a value becomes the declared type.
"""

from __future__ import annotations

import ast
import json
import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from clientbase.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

TYPES = {"int": int, "float": float, "bool": bool, "str": str, "list": list, "dict": dict}
EXAMPLES = {"int": "12", "float": "0.8", "bool": "true", "str": "text", "list": "[0.03, 0.05]", "dict": '{"volume": 0.1}'}
TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
WHOLE = re.compile(r"[+-]?[0-9]{1,18}")  # int() would also take 1_000 and the digits of other scripts
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")  # and float() takes nan and inf

ParameterValue = int | float | bool | str | list | dict


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `name: type = default  # help`."""

    name: str
    type_name: str
    default: ParameterValue
    help: str


def read_parameters(notebook: Path) -> dict[str, Parameter]:
    """Return the parameters a notebook declares, by name, in the order of its cell; none without such a cell."""
    cells = [cell for cell in _cells(notebook) if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(cells) > 1:
        raise SettingError(f"notebook '{notebook.name}' has {len(cells)} cells tagged 'parameters'; keep one.")
    source = "".join("".join(cell.get("source", "")) for cell in cells)
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise SettingError(f"{_where(notebook, error.lineno)} is not Python: {error.msg}.") from error
    found = [_parameter(notebook, statement, source.splitlines()) for statement in statements]
    return {parameter.name: parameter for parameter in found}


def check_parameters(given: Mapping[str, ParameterValue], notebooks: Iterable[Path]) -> dict[str, ParameterValue]:
    """Return given with every value in the type its notebooks declare.

    Args:
        given: values by name, as typed on a command line; a value that has its type already is left as it is.
        notebooks: files of the notebooks that will run.

    Raises:
        SettingError: a name that no notebook declares, or a value of another type.
    """
    declared: dict[str, Parameter] = {}
    homes: dict[str, list[str]] = {}
    for notebook in notebooks:
        for name, parameter in read_parameters(notebook).items():
            if declared.setdefault(name, parameter).type_name != parameter.type_name:
                raise SettingError(_two_types(declared[name], homes[name][0], parameter, notebook.name))
            homes.setdefault(name, []).append(notebook.name)
    if unknown := [name for name in given if name not in declared]:
        raise SettingError(_unknown(unknown[0], homes))
    return {name: _typed(declared[name], value) for name, value in given.items()}


def _cells(notebook: Path) -> list[dict]:
    """Return the cells of a notebook file."""
    try:
        return json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except OSError as error:
        raise SettingError(f"notebook '{notebook}' cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SettingError(f"'{notebook.name}' is not a notebook of format 4; save it again in JupyterLab.") from error


def _where(notebook: Path, line: int | None) -> str:
    return f"notebook '{notebook.name}', parameters cell, line {line}"


def _parameter(notebook: Path, statement: ast.stmt, lines: list[str]) -> Parameter:
    """Read one statement of a parameters cell."""
    where = _where(notebook, statement.lineno)
    try:
        name, type_name = statement.target.id, statement.annotation.id
        default = ast.literal_eval(statement.value)
        TYPES[type_name]
    except (AttributeError, KeyError, ValueError, TypeError) as error:
        raise SettingError(f"{where}: write `name: type = literal  # help`, type one of {sorted(EXAMPLES)}.") from error
    if type_name == "float" and type(default) is int:
        default = float(default)
    if type(default) is not TYPES[type_name]:
        raise SettingError(f"{where}: the default {default!r} of '{name}' is not of type {type_name}.")
    tail = lines[statement.end_lineno - 1].encode()[statement.end_col_offset :].decode()  # ast counts bytes
    return Parameter(name, type_name, default, tail.partition("#")[2].strip())


def _two_types(first: Parameter, home: str, second: Parameter, other: str) -> str:
    return (
        f"parameter '{first.name}' is {first.type_name} in '{home}' but {second.type_name} in '{other}'; "
        "give it one type in both notebooks."
    )


def _unknown(name: str, homes: dict[str, list[str]]) -> str:
    """Say which names are near the unknown one and where they are declared."""
    spelled = {declared.lower(): declared for declared in homes}
    if near := [spelled[match] for match in get_close_matches(name.lower(), spelled, n=3)]:
        hints = ", ".join(f"'{match}' ({', '.join(homes[match])})" for match in near)
        return f"parameter '{name}' is not declared by any notebook of this run. Nearest: {hints}."
    return f"parameter '{name}' is not declared by any notebook of this run. Declared: {sorted(homes) or 'none'}."


def _typed(parameter: Parameter, value: ParameterValue) -> ParameterValue:
    """Return value in the parameter's type."""
    wanted = TYPES[parameter.type_name]
    read = _parsed(wanted, value.strip()) if isinstance(value, str) and wanted is not str else value
    if wanted is float and type(read) is int:
        read = float(read)
    if type(read) is wanted and (wanted is not float or math.isfinite(read)):
        return read
    hint = _hint(wanted, value.strip()) if isinstance(value, str) else ""
    raise SettingError(
        f"parameter '{parameter.name}' was given as {value!r}, needed is {parameter.type_name}, "
        f"for example {parameter.name}={EXAMPLES[parameter.type_name]}.{hint}"
    )


def _parsed(wanted: type, text: str) -> ParameterValue:
    """Return text as the wanted type, or text itself when it is not one."""
    if wanted is int and WHOLE.fullmatch(text):
        return int(text)
    if wanted is float and DECIMAL.fullmatch(text):
        return float(text)
    if wanted in (list, dict):
        return _literal(text)
    return TRUTHS.get(text.lower(), text) if wanted is bool else text


def _literal(text: str) -> ParameterValue:
    """Return a list or dictionary written as in Python or JSON, or text itself when it is none."""
    for read in (ast.literal_eval, json.loads):
        try:
            return read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            continue
    return text


def _hint(wanted: type, text: str) -> str:
    """Say what a common slip should have been."""
    if wanted is float and DECIMAL.fullmatch(text.replace(",", ".", 1)):
        return f" Write a decimal point, not a comma: {text.replace(',', '.', 1)}."
    if wanted is float and DECIMAL.fullmatch(number := text.removesuffix("%").strip().replace(",", ".", 1)):
        return f" Write the share, not the percent: {float(number) / 100:g}."
    return ""
