"""Decisions: settings saved into study.toml, each with its reason in decisions.csv beside it.

Whoever saves holds the lock of the study, reads its file again and refuses what another has changed since the panel was
opened. Both files are written aside and put in place together, so a reader meets the study of before or of after. The
log goes first: what is killed between the two leaves a line too much, never a change without a reason.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import secrets
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Integer, Item, String, Table

from clientbase.errors import SettingError, StudyError
from clientbase.formula_signs import ANY_SIGN
from clientbase.sections import SECTION_OF
from clientbase.settings import STUDY, Settings, near
from clientbase.study_file import StudyFile, read_study

if TYPE_CHECKING:
    from pathlib import Path

DECISIONS = "decisions.csv"
COLUMNS = ["step", "parameter", "old", "new", "reason", "role", "date"]
LOCK_SECONDS = 10
WHOLE_BELOW = 2**53  # beyond it a float does not hold every whole number
BYTE_ORDER_MARK = "\ufeff"  # by which spreadsheets know UTF-8
HINTS = {
    "step": "Name the step of the method, such as purchase_size",
    "reason": "Say in a sentence why it is decided so; it is kept beside the study",
    "role": "Give a role or a code, such as head of sales or M2, not a person's name",
}
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
FORMULA = re.compile(f"'*{ANY_SIGN}")  # apostrophes of the text's own are counted in, so that reading gives it back
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
COMMENT = re.compile(  # a mark within a text is none
    r'"""(?:\\.|.)*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|(#[^\n]*)', re.DOTALL
)


class ConflictError(StudyError):
    """A setting was changed by someone else between being looked at and being saved."""


def save_decision(
    file: StudyFile, changes: Mapping[str, Any], *, seen: Mapping[str, Any], step: str, reason: str, role: str, today: date
) -> pd.DataFrame:
    """Write settings into study.toml, and into decisions.csv who changed them and why.

    A decision is explicit: a value equal to the default, or to the one in force, is written and recorded too.

    Args:
        file: the study; its file is read again, so only the place counts.
        changes: setting -> new value.
        seen: setting -> the value in force when the panel was opened, of at least the settings of changes.
        step: step of the method at which it was decided.
        reason: why, in a sentence.
        role: role or code of who decided, not a person's name.
        today: day of the decision.

    Returns:
        The lines appended, one row per setting in the order of changes: step, parameter, old, new (texts; lists and
        tables as JSON), reason, role, date.

    Raises:
        ConflictError: a setting no longer has the value seen.
        SettingError: an unknown setting, an illegal value, an empty reason or role.
        StudyError: the study cannot be read, locked or written; it is as it was.

    Source: METHOD section 0, notebook protocol.
    """
    texts = {name: needed_text(name, text) for name, text in {"step": step, "reason": reason, "role": role}.items()}
    _refuse_unknown(changes, seen)
    with only_writer(file.folder):
        now = read_study(file.path).settings
        log = read_decisions(file.folder)
        _refuse_conflicts({name: _plain(seen[name]) for name in changes}, now, log)
        decided = now.with_values({name: _plain(value) for name, value in changes.items()}, STUDY)
        values = {name: decided.value(name) for name in changes}
        rows = [
            [texts["step"], name, as_text(now.value(name)), as_text(value), texts["reason"], texts["role"], f"{today:%Y-%m-%d}"]
            for name, value in values.items()
        ]
        study = _changed_file(file.path.read_bytes(), values)
        put_in_place({file.folder / DECISIONS: _appended(file.folder / DECISIONS, rows), file.path: study})
    return as_table(rows, COLUMNS)


def read_decisions(folder: Path) -> pd.DataFrame:
    """Return the decisions saved so far, oldest first; empty when there are none.

    Args:
        folder: folder of the study.

    Returns:
        One row per decision and setting: step, parameter, old, new, reason, role (texts), date.

    Raises StudyError with the line where decisions.csv is damaged.
    """
    return read_log(folder / DECISIONS, COLUMNS)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the lock of a study's files; the system releases it should this process die."""
    from filelock import FileLock, Timeout

    place = folder / ".clientbase"
    lock = FileLock(place / "study.lock", timeout=LOCK_SECONDS)
    try:
        place.mkdir(exist_ok=True)
        lock.acquire()
    except Timeout:
        raise StudyError(
            f"another notebook has been saving into '{folder}' for over {LOCK_SECONDS} seconds. Nothing was saved; try again."
        ) from None
    except OSError as error:
        raise StudyError(
            f"the study in '{folder}' cannot be locked ({error.strerror or error}), so nothing was saved. "
            "Check who may write there, or copy the study to a folder of yours."
        ) from None
    try:
        yield
    finally:
        lock.release()


def put_in_place(contents: Mapping[Path, bytes]) -> None:
    """Replace files in their order, all or none: written aside first, then renamed; the caller holds the lock."""
    before = {path: path.read_bytes() if path.exists() else None for path in contents}
    asides = {path: path.with_name(f".{path.name}.{secrets.token_hex(4)}.new") for path in contents}
    placed = []
    try:
        for path, content in contents.items():
            _write(asides[path], content, like=path)
        for path, aside in asides.items():
            aside.replace(path)
            placed.append(path)
    except OSError as error:
        for path in placed:
            _restore(path, before[path])
        names = " and ".join(f"'{path.name}'" for path in contents)
        raise StudyError(
            f"{names} cannot be written ({error.strerror or error}); the study is as it was. Close other programs that have "
            "them open, or make room, and save again."
        ) from None
    finally:
        for aside in asides.values():
            with suppress(OSError):
                aside.unlink(missing_ok=True)


def needed_text(name: str, text: object) -> str:
    """Return a text on one line, or raise SettingError with a hint when there is none."""
    if not isinstance(text, str) or not (line := " ".join(UNPRINTABLE.sub(" ", text).split())):
        raise SettingError(f"{name} is empty. {HINTS[name]}.")
    return line


def read_log(path: Path, columns: Sequence[str], problem: Callable[[dict[str, str]], str] | None = None) -> pd.DataFrame:
    """Read a log as csv_text wrote it: one row per line, texts and a date; empty with its columns when there is no file.

    Raises StudyError with the line that is damaged, or of which problem says what is wrong.
    """
    rows = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            for cells in reader:
                if cells and (wrong := _wrong(cells, columns, is_header=not rows, problem=problem)):
                    raise StudyError(f"{path.name}, line {reader.line_num}: {wrong}. Put it right there, or save it as it was.")
                rows += [[_unmarked(cell) for cell in cells]] if cells else []
    except FileNotFoundError:
        pass
    except UnicodeDecodeError:
        raise StudyError(f"{path.name} is not in UTF-8. Save it as CSV in UTF-8.") from None
    except csv.Error as error:
        raise StudyError(f"{path.name}, line {reader.line_num}: {error}. Put it right there, or save it as it was.") from None
    except OSError as error:
        raise StudyError(f"{path.name} cannot be opened ({error.strerror}). Check who may read it.") from None
    return as_table(rows[1:], columns)


def as_table(rows: list[list[str]], columns: Sequence[str]) -> pd.DataFrame:
    """Return lines of a log as a table: texts, and a date."""
    table = pd.DataFrame(rows, columns=list(columns), dtype="str")
    return table.assign(date=pd.to_datetime(table["date"], format="%Y-%m-%d").astype("datetime64[us]"))


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return lines of CSV in which no spreadsheet finds a formula."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([_marked(cell) for cell in row] for row in rows)
    return stream.getvalue()


def as_text(value: Any) -> str:
    """Return a setting's value as a text: lists and tables as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _refuse_unknown(changes: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
    if not changes:
        raise SettingError("there is nothing to save: no setting was chosen.")
    for name in changes:
        if name not in SECTION_OF:
            raise SettingError(f"there is no setting '{name}'{near(name, SECTION_OF)}.")
        if name not in seen:
            raise SettingError(f"{name}: the value seen before the change is not given. Open the study again.")


def _refuse_conflicts(seen: dict[str, Any], now: Settings, log: pd.DataFrame) -> None:
    """Raise ConflictError for settings that no longer have the value seen, with what the log knows of the change."""
    told = []
    for name, value in seen.items():
        if now.value(name) == value:
            continue
        current = as_text(now.value(name))
        last = log[(log["parameter"] == name) & (log["new"] == current)].tail(1)
        change = [
            f"on {row.date:%Y-%m-%d} it was changed in the role '{row.role}', for the reason '{row.reason}'"
            for row in last.itertuples()
        ] or ["it was changed in study.toml by hand"]
        told.append(f"{name} is now {current}, not {as_text(value)} as shown here: {change[0]}.")
    if told:
        raise ConflictError("\n".join([*told, "Nothing was saved. Open the study again and decide anew."]))


def _plain(value: Any) -> Any:
    """Return a value of controls and tables as TOML knows it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(inner) for inner in value]
    return value.item() if isinstance(value, np.generic) else value


def _appended(path: Path, rows: list[list[str]]) -> bytes:
    """Return the log with rows after what is there, byte for byte."""
    before = path.read_bytes() if path.exists() else b""
    if not before.removeprefix(BYTE_ORDER_MARK.encode()).strip():
        return (BYTE_ORDER_MARK + csv_text([COLUMNS, *rows])).encode()
    return before + (b"" if before.endswith((b"\n", b"\r")) else b"\r\n") + csv_text(rows).encode()


def _write(place: Path, content: bytes, *, like: Path) -> None:
    """Write a file to the disk with the permissions of the one it will replace."""
    with place.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    if like.exists():
        shutil.copymode(like, place)


def _restore(path: Path, content: bytes | None) -> None:
    with suppress(OSError):
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)


def _wrong(
    cells: list[str], columns: Sequence[str], *, is_header: bool, problem: Callable[[dict[str, str]], str] | None
) -> str:
    """Say what is wrong with a line of a log; empty when nothing is."""
    if is_header:
        return "" if cells == list(columns) else f"the columns are {cells}, need {list(columns)}, separated by commas"
    if len(cells) != len(columns):
        return f"it has {len(cells)} values, needs {len(columns)}, separated by commas"
    row = dict(zip(columns, map(_unmarked, cells), strict=True))
    try:
        is_day = f"{date.fromisoformat(row['date']):%Y-%m-%d}" == row["date"]
    except ValueError:
        is_day = False
    if not is_day:
        return f"the date is '{row['date']}', needs to be a day such as 2025-12-31"
    return problem(row) if problem else ""


def _marked(text: str) -> str:
    """Return a text with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def _unmarked(text: str) -> str:
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def _changed_file(before: bytes, values: dict[str, Any]) -> bytes:
    """Return study.toml with settings changed; its mark, line ends and everything else stay."""
    text = before.decode("utf-8-sig")
    mark = BYTE_ORDER_MARK if before.startswith(BYTE_ORDER_MARK.encode()) else ""
    line_end = "\r\n" if 0 < text.count("\r\n") == text.count("\n") else "\n"
    text = text.replace(line_end, "\n")
    try:
        expected, changed = tomllib.loads(text), text
        for name, value in values.items():
            expected.setdefault(SECTION_OF[name], {})[name] = value
            changed = _with_setting(changed, name, value)
        is_changed = tomllib.loads(changed) == expected
    except (TOMLKitError, tomllib.TOMLDecodeError):
        is_changed = False
    if not is_changed:  # rather nothing than another study: TOML has more ways to write a section than an edit can follow
        lines = "; ".join(f"[{SECTION_OF[name]}] {name} = {_item(value).as_string()}" for name, value in values.items())
        raise StudyError(f"study.toml is written in a way that cannot be changed from here. Write it there by hand: {lines}")
    return (mark + changed.replace("\n", line_end)).encode()


def _with_setting(text: str, name: str, value: Any) -> str:
    """Return TOML with one setting changed where it stands, or put after the last line of its section."""
    text = text if text.endswith("\n") else f"{text}\n"
    section = SECTION_OF[name]
    document = tomlkit.parse(text)
    parts = [item for key, item in document.body if key is not None and key.key == section]
    if not parts:
        return f"{text.rstrip()}\n\n[{section}]\n{name} = {_item(value).as_string()}\n"
    for part in parts:
        if name in part:
            _put(part, name, value)
            return _with_comments(document, text, part.value.item(name))
    _add(next((part for part in parts if _has_header(part)), parts[0]), name, value)
    return tomlkit.dumps(document)


def _has_header(part: Item) -> bool:
    return isinstance(part, Table) and not part.is_super_table()


def _add(table: Table, name: str, value: Any) -> None:
    """Put a new value behind the last line of its table: the remarks after that are of what follows."""
    if not _has_header(table):
        table[name] = _item(value)
        return
    lines = [item for key, item in table.value.body if key is not None and not isinstance(item, Table | AoT)]
    indent = lines[-1].trivia.indent if lines else ""
    (lines or [table])[-1].trivia.trail += f"{indent}{tomlkit.key(name).as_string()} = {_item(value).as_string()}\n"


def _put(table: Table, name: str, value: Any) -> None:
    """Change one value of a table: what is written on several lines is changed line by line, what is equal not at all."""
    old = table.value.item(name)
    if old.unwrap() == value:
        return
    if not (isinstance(old, Table) and value and isinstance(value, dict)):
        table[name] = _item(value, like=old)
        return
    has_tables = any(isinstance(item, Table) for _, item in old.value.body)
    for gone in [key for key in old if key not in value]:
        old.remove(gone)
    for key, inner in value.items():
        if key in old:
            _put(old, key, inner)
        elif has_tables and isinstance(inner, dict):
            old[key] = tomlkit.item(inner)
        else:
            _add(old, key, inner)


def _item(value: Any, *, like: Item | None = None) -> Item:
    """Return a value as TOML on one line, in the manner of the one it replaces: its quotes, no fraction where it had none."""
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        for key, inner in value.items():
            table.append(key, _item(inner))
        return table
    if isinstance(like, String) and like.as_string().startswith("'") and value.isprintable() and "'" not in value:
        return tomlkit.string(value, literal=True)
    if isinstance(like, Integer) and isinstance(value, float) and value.is_integer() and abs(value) < WHOLE_BELOW:
        return tomlkit.item(int(value))
    return tomlkit.item(value)


def _with_comments(document: tomlkit.TOMLDocument, before: str, changed: Item) -> str:
    """Return the document as text, with the comments that a change would lose above it, or else at the end."""
    if lost := _comments(before) - _comments(tomlkit.dumps(document)):
        lines = "".join(f"{comment}\n" for comment in lost.elements())
        changed.trivia.indent = lines + changed.trivia.indent
    text = tomlkit.dumps(document)
    return text + "".join(f"{comment}\n" for comment in (_comments(before) - _comments(text)).elements())


def _comments(text: str) -> Counter[str]:
    return Counter(comment for comment in COMMENT.findall(text) if comment)
