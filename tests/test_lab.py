"""`clientbase lab`: whose copy of a notebook is whose, and a JupyterLab that starts and ends in order."""

import ast
import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_study import write_study

from clientbase import lab
from clientbase.errors import ClientbaseError, SettingError, StudyError
from clientbase.lab import OURS, open_lab, prepare_lab
from clientbase.report.parameters import read_parameters
from clientbase.study_file import read_study

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


@pytest.fixture
def study(tmp_path):
    return read_study(write_study(tmp_path / "mill"))


@pytest.fixture
def package(tmp_path):
    """Two notebooks of a package that a test may bring a newer version of."""
    folder = tmp_path / "package"
    folder.mkdir()
    return [Path(shutil.copy(path, folder)) for path in NOTEBOOKS[:2]]


@pytest.fixture
def told():
    return []


@pytest.fixture
def prepare(study, package, told):
    return lambda: prepare_lab(study, package, tell=told.append)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def run_and_save(path: Path) -> None:
    """Add what JupyterLab adds to a notebook that is run and saved, in its own spelling of the file."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, start=1):
        cell["execution_count"] = number
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["ran\n"]}]
        cell["metadata"]["execution"] = {"iopub.status.busy": "2026-01-01T00:00:00Z"}
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.11.7"}
    path.write_text(json.dumps(notebook, indent=2, sort_keys=True), encoding="utf-8")


# Copies


def test_every_notebook_opens_the_study_it_lies_beside_and_differs_in_that_line_alone(study, told):
    folder = prepare_lab(study, NOTEBOOKS, tell=told.append)
    assert folder == study.folder / "notebooks"
    assert sorted(path.name for path in folder.glob("*.ipynb")) == [path.name for path in NOTEBOOKS]
    for original in NOTEBOOKS:
        copy = (folder / original.name).read_text(encoding="utf-8").splitlines()
        lines = original.read_text(encoding="utf-8").splitlines()
        changed = [after for before, after in zip(lines, copy, strict=True) if before != after]
        assert len(changed) == 1
        assert read_parameters(folder / original.name)["study"].default == ".."
        assert read_parameters(folder / original.name).keys() == read_parameters(original).keys()
    assert told == []


def test_a_study_file_of_another_name_is_named(tmp_path, package, told):
    folder = write_study(tmp_path / "mill")
    (folder / "study.toml").rename(folder / "мельница.toml")
    notebooks = prepare_lab(read_study(folder / "мельница.toml"), package, tell=told.append)
    assert read_parameters(notebooks / "00_data.ipynb")["study"].default == "../мельница.toml"


def test_an_edited_copy_is_never_touched_again_and_named(prepare, told, package):
    edited = prepare() / "00_data.ipynb"
    edit(edited, "window_months: int = 12", "window_months: int = 6")
    before = edited.read_bytes()
    prepare()
    assert edited.read_bytes() == before
    assert len(told) == 1
    assert "Kept as edited" in told[0]
    assert "00_data.ipynb. Move one away" in told[0]
    edit(package[0], "length of the analysed window", "length of the window")
    prepare()
    assert edited.read_bytes() == before
    assert "00_data.ipynb (the package has a newer one)" in told[1]
    assert "01_flow" not in told[0] + told[1]


def test_a_copy_that_was_only_run_gives_way_to_a_newer_one(prepare, told, package):
    copy = prepare() / "00_data.ipynb"
    run_and_save(copy)
    kept = copy.read_bytes()
    prepare()
    assert copy.read_bytes() == kept  # the package's own is no newer: results stay
    edit(package[0], "length of the analysed window", "length of the window")
    prepare()
    assert "# length of the window, complete months" in copy.read_text(encoding="utf-8")
    assert told == []


def test_a_copy_whose_tags_were_changed_was_edited(prepare, told):
    copy = prepare() / "00_data.ipynb"
    notebook = json.loads(copy.read_text(encoding="utf-8"))
    notebook["cells"][-1]["metadata"]["tags"] = ["remove-cell"]
    copy.write_text(json.dumps(notebook), encoding="utf-8")
    prepare()
    assert "00_data.ipynb" in told[0]


def test_a_copy_that_was_moved_away_comes_back(prepare, told):
    copy = prepare() / "01_flow_separation.ipynb"
    edit(copy, "separate_from: float = 2.0", "separate_from: float = 3.0")
    copy.rename(copy.with_name("mine.ipynb"))
    prepare()
    assert read_parameters(copy)["separate_from"].default == 2.0
    assert copy.with_name("mine.ipynb").exists()
    assert told == []


@pytest.mark.parametrize("record", ["", "{", "[]", '"text"'])
def test_without_a_record_what_is_there_is_taken_for_edited_unless_it_is_the_same(prepare, told, package, record):
    folder = prepare()
    (folder / OURS / "copies.json").write_text(record, encoding="utf-8")
    edit(package[1], "contrast of returns per hour", "contrast of returns")
    prepare()
    assert "01_flow_separation.ipynb. Move" in told[0]
    assert "00_data" not in told[0]


@pytest.mark.parametrize("text", ["", "not a notebook", "[1]", '{"cells": [3]}', '{"cells": [{"cell_type": "code"}]}'])
def test_a_file_that_is_no_notebook_is_left_alone(prepare, told, text):
    copy = prepare() / "00_data.ipynb"
    copy.write_text(text, encoding="utf-8")
    prepare()
    assert copy.read_text(encoding="utf-8") == text
    assert "00_data.ipynb" in told[0]


def test_the_notebooks_of_an_installed_demo_go_to_the_users_cache(study, package, told, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(lab, "PACKAGE", tmp_path / "mill")
    folder = prepare_lab(study, package, tell=told.append)
    assert folder.is_relative_to(tmp_path / "cache" / "clientbase")
    assert read_parameters(folder / "00_data.ipynb")["study"].default == study.folder.as_posix()
    assert str(folder) in told[0]
    assert not (study.folder / "notebooks").exists()


def test_two_studies_that_cannot_be_written_do_not_share_a_folder(package, told, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(lab.os, "access", lambda *_: False)
    studies = [read_study(write_study(tmp_path / name)) for name in ("one", "two")]
    folders = [prepare_lab(study, package, tell=told.append) for study in studies]
    assert folders[0] != folders[1]


def test_a_full_disk_leaves_no_half_notebook(study, package, told, monkeypatch):
    def full(self, *_, **__):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StudyError, match=r"cannot be copied into '.*notebooks' \(No space left on device\)"):
        prepare_lab(study, package, tell=told.append)
    assert [path for path in (study.folder / "notebooks").rglob("*") if path.is_file()] == []


@given(study=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1))
def test_any_path_is_read_back_as_it_is(study):
    notebook = json.loads(lab._opening(NOTEBOOKS[0].read_text(encoding="utf-8"), study))
    source = "".join(next(cell for cell in notebook["cells"] if cell["id"] == "00-parameters")["source"])
    values = {node.target.id: node.value.value for node in ast.parse(source).body}
    assert values["study"] == study
    assert values["window_months"] == 12
    assert re.search(r"# folder or file of the study\n", source)


# The server


def test_a_taken_port_is_said_before_anything_is_copied(study, package, told):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingError, match=rf"port {port} is not free \(Address already in use\)\. Name"):
            open_lab(study, package, port=port, browser=False, tell=told.append)
    assert not (study.folder / "notebooks").exists()


def test_a_port_that_is_asked_for_is_taken_and_otherwise_any_free_one():
    port = lab._free_port(None)
    assert port > 1023
    assert lab._free_port(port) == port


def test_without_jupyterlab_it_says_how_to_get_it(study, package, told, monkeypatch):
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ClientbaseError, match=r"JupyterLab is not installed here\. Install it: pip install jupyterlab"):
        open_lab(study, package, port=None, browser=False, tell=told.append)


def test_a_jupyterlab_that_does_not_start_gives_its_status_and_no_address(study, package, told, monkeypatch):
    monkeypatch.setattr(lab, "_command", lambda *_, **__: [sys.executable, "-c", "raise SystemExit(3)"])
    before = signal.getsignal(signal.SIGTERM)
    assert open_lab(study, package, port=None, browser=False, tell=told.append) == 3
    assert told == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_ctrl_c_while_it_starts_ends_it_at_once(study, package, told, monkeypatch):
    monkeypatch.setattr(lab, "_command", lambda *_, **__: [sys.executable, "-c", "import time; time.sleep(600)"])
    started = []

    def interrupted(*given):
        started.append(given[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(lab, "_is_listening", interrupted)
    assert open_lab(study, package, port=None, browser=False, tell=told.append) == 0
    assert started[0].returncode == -signal.SIGTERM


def test_the_command_line_names_this_machine_alone_and_root_only_where_it_is_needed(monkeypatch, tmp_path):
    monkeypatch.setattr(lab.os, "geteuid", lambda: 1000, raising=False)
    command = lab._command(tmp_path, "/lab/tree/00_data.ipynb", 8888, browser=True)
    assert {"--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", "--LabApp.news_url=None"} <= set(command)
    assert not {"--allow-root", "--no-browser"} & set(command)
    monkeypatch.setattr(lab.os, "geteuid", lambda: 0, raising=False)
    assert {"--allow-root", "--no-browser"} <= set(lab._command(tmp_path, "/lab", 8888, browser=False))


def test_the_users_own_paths_stay_behind_ours(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_PATH", "/theirs")
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    (tmp_path / OURS).mkdir()
    given = lab._environment(tmp_path, "secret")
    assert given["JUPYTER_PATH"].endswith(":/theirs")
    assert given["JUPYTER_CONFIG_PATH"] == str(tmp_path / OURS)
    assert given["JUPYTER_TOKEN"] == "secret"
    assert "inline" in given["MPLBACKEND"]


def ask(port: int, path: str, token: str = "") -> tuple[int, dict]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path, headers={"Authorization": f"token {token}"} if token else {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM])
def test_it_opens_for_who_has_the_address_and_ends_quietly(tmp_path, ended_by):
    """As a user starts it; Ctrl+C in a terminal is SIGINT."""
    study = write_study(tmp_path / "mill")
    command = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from clientbase.cli import app; app()"
    process = subprocess.Popen(  # the first part: a test run in the background may have Ctrl+C turned off
        [sys.executable, "-c", command, "lab", str(study), "--no-browser"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        port, token = re.search(r"http://127\.0\.0\.1:(\d+)/lab/tree/00_data\.ipynb\?token=(\w+)", line).groups()
        assert ask(int(port), "/api/contents")[0] == 403
        status, folder = ask(int(port), "/api/contents", token)
        assert status == 200
        assert sorted(item["name"] for item in folder["content"]) == [path.name for path in NOTEBOOKS]
    finally:
        process.send_signal(ended_by)
        rest, _ = process.communicate(timeout=60)
    assert (process.returncode, rest) == (0, "")
    with pytest.raises(ConnectionRefusedError):
        ask(int(port), "/api")
