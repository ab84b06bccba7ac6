"""study.toml: what a person may write, and the one sentence for everything else."""

import datetime as dt
from pathlib import Path

import pytest

from clientbase.errors import ClientbaseError, SettingError, StudyError
from clientbase.study_file import Heading, find_study, read_study

TOP = 'name = "mill"\ncurrency = "EUR"\n'
ORDERS = '[sources.orders]\nfile = "orders.csv"\n'


@pytest.fixture
def study(tmp_path):
    """Return a function that reads a study.toml with the given text."""

    def read(text, **how):
        (tmp_path / "study.toml").write_text(text, **{"encoding": "utf-8", **how})
        return read_study(tmp_path)

    return read


def test_the_shortest_study(study, tmp_path):
    found = study(TOP + ORDERS)
    assert found.heading == Heading(name="mill", title="", language="en", currency="EUR", as_of=None, note="")
    assert found.folder == tmp_path
    assert found.sources["orders"].file == "orders.csv"
    assert found.settings.origins == {}


def test_a_full_study(study):
    found = study(
        f"""{TOP}title = "Мельница"
        language = "ru"
        as_of = 2024-12-31  # a day
        note = "invented"
        [preparation]
        window_months = 6
        [flows]
        time_shares = {{ corporate = 0.2, private = 0.8 }}
        [sources.orders]
        files = {{ heads = "heads.csv", lines = {{ file = "book.xlsx", sheet = "Lines", header_row = 3 }} }}
        sql = "select 1"
        decimal = ","
        thousands = " "
        [sources.orders.columns]
        revenue = "Сумма"
        [sources.clients]
        url = "postgres://h/b"
        table = "clients"
        """
    )
    assert found.heading.as_of == dt.date(2024, 12, 31)
    assert found.settings.preparation.window_months == 6
    assert found.settings.origin("window_months") == "study"
    assert found.sources["orders"].files["lines"].header_row == 3
    assert found.sources["orders"].columns == {"revenue": "Сумма"}
    assert found.sources["clients"].parts == {}


@pytest.mark.parametrize("mark", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_does_no_harm(study, mark):
    assert study(TOP + ORDERS, encoding=mark).heading.name == "mill"


RUDE = {
    "empty": ("", "study.toml: name is missing. It is the short name of letters"),
    "no sources": (TOP, "study.toml: there are no sources. Add a section [sources.orders] with file = "),
    "no heading": (ORDERS, "study.toml: name is missing. It is the short name of letters"),
    "no TOML": (
        "name = mill\n",
        "study.toml is not valid TOML: .*line 1.*Texts need quotes; a path with backslashes needs single",
    ),
    "backslashes": (
        TOP + '[sources.orders]\nfile = "C:\\users\\o.csv"\n',
        "is not valid TOML: .*backslashes needs single ones",
    ),
    "open bracket": (TOP + "[sources.orders\n", "is not valid TOML"),
    "twice": (TOP + ORDERS + ORDERS, "is not valid TOML: .*[Cc]annot declare"),
    "key twice": (TOP + 'name = "x"\n' + ORDERS, "is not valid TOML: .*[Cc]annot overwrite"),
    "unknown word": (TOP + 'langauge = "ru"\n' + ORDERS, r"there is no 'langauge' \(did you mean 'language'\?\)"),
    "unknown section": (TOP + ORDERS + "[sizes]\nlarge_from = 3\n", "study.toml: there is no 'sizes'; there are as_of"),
    "section as a value": (
        TOP + "preparation = 3\n" + ORDERS,
        r"preparation is a section; write \[preparation\] and its values",
    ),
    "sources as a value": (TOP + "sources = 3\n", "there are no sources"),
    "source as a value": (TOP + "[sources]\norders = 'o.csv'\n", r"sources\.orders is a section; write \[sources\.orders\]"),
    "unknown table": (TOP + "[sources.order]\nfile = 'o.csv'\n", r"there is no table 'order' \(did you mean 'orders'"),
    "unknown key": (
        TOP + ORDERS + "column = {}\n",
        r"section \[sources\.orders\]: there is no 'column' \(did you mean 'columns'\?\)",
    ),
    "heading below": (
        TOP + ORDERS + "as_of = 2024-12-31\n",
        "there is no 'as_of'.*Move it to the top of the file, above the first",
    ),
    "setting below": (TOP + ORDERS + "window_months = 6\n", "there is no 'window_months'"),
    "name with a slash": (TOP.replace("mill", "../mill") + ORDERS, r"name = '\.\./mill' is not accepted \(string should match"),
    "empty name": (TOP.replace("mill", "") + ORDERS, "name = '' is not accepted"),
    "small currency": (
        TOP.replace("EUR", "eur") + ORDERS,
        "currency = 'eur' is not accepted .*three capital letters such as EUR",
    ),
    "language": (
        TOP + 'language = "de"\n' + ORDERS,
        r"language = 'de' is not accepted .*It is the language of the report: en or ru",
    ),
    "no day": (TOP + 'as_of = "yesterday"\n' + ORDERS, "as_of = 'yesterday' is not accepted .*such as 2025-12-31"),
    "number as a day": (TOP + "as_of = 20241231\n" + ORDERS, r"as_of = 20241231 is not accepted \(needs to be a day\)"),
    "moment": (TOP + "as_of = 2024-12-31T10:00:00\n" + ORDERS, r"as_of = datetime\.datetime\(2024.* is not accepted"),
    "title": (TOP + f'title = "{"x" * 200}"\n' + ORDERS, r"title = 'x{79}\.\.\. is not accepted .*at most 120"),
    "no origin": (
        TOP + "[sources.orders]\ncolumns = {}\n",
        r"section \[sources\.orders\] needs one of file, files or url; it has none",
    ),
    "two origins": (
        TOP + ORDERS + "url = 'postgres://h'\ntable = 't'\n",
        "needs one of file, files or url; it has file and url",
    ),
    "files without a query": (
        TOP + "[sources.orders]\nfiles = { a = 'a.csv' }\n",
        r"files need a query over them: sql = '\.\.\.'",
    ),
    "file of another kind": (TOP + "[sources.orders]\nfile = 5\n", r"file = 5 is not accepted \(needs to be a valid string\)"),
    "empty file": (TOP + "[sources.orders]\nfile = ''\n", "file = '' is not accepted"),
    "files of another kind": (
        TOP + "[sources.orders]\nfiles = { a = 5 }\nsql = 'x'\n",
        r"files\.a = 5 is not accepted \(needs to be a section",
    ),
    "columns of another kind": (TOP + ORDERS + "columns = 'x'\n", r"columns = 'x' is not accepted \(needs to be a section"),
    "column of another kind": (
        TOP + ORDERS + "columns = { revenue = 5 }\n",
        r"columns\.revenue = 5 is not accepted \(needs to be a valid",
    ),
    "encoding without a file": (
        TOP + "[sources.orders]\nfiles = { a = 'a.csv' }\nsql = 'x'\nencoding = 'cp1251'\n",
        r"encoding belongs to a file: files = \{ name = \{ file = '\.\.\.', encoding = \.\.\. \} \}",
    ),
    "header row": (TOP + ORDERS + "header_row = 0\n", "header_row = 0 is not accepted .*greater than or equal to 1"),
    "delimiter": (TOP + ORDERS + "delimiter = ';;'\n", "delimiter = ';;' is not accepted .*at most 1 character"),
    "decimal": (TOP + ORDERS + "decimal = ';'\n", "decimal = ';' is not accepted"),
    "marks": (TOP + ORDERS + "decimal = ','\nthousands = ','\n", "thousands and decimal cannot be the same mark"),
    "date format": (TOP + ORDERS + "date_format = ''\n", "date_format = '' is not accepted"),
    "several at once": (
        TOP + ORDERS + "delimeter = ';'\nheader_row = 'x'\n",
        r"header_row = 'x' .*\n.*no 'delimeter' \(did you mean 'delimiter'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), RUDE.values(), ids=RUDE)
def test_what_cannot_be_is_said_in_one_sentence(study, text, message):
    message = (
        message if "\\" in message or "*" in message or "?" in message else message.replace("[", r"\[").replace("]", r"\]")
    )
    with pytest.raises(StudyError, match=message) as caught:
        study(text)
    assert str(caught.value).startswith("study.toml")
    assert "pydantic" not in str(caught.value)


SETTINGS = {
    "unknown": ("[preparation]\nwindow = 6\n", r"section \[preparation\]: there is no setting 'window'"),
    "of another section": (
        "[flows]\nwindow_months = 6\n",
        r"there is no setting 'window_months' \(did you mean 'window_months'",
    ),
    "illegal": (
        "[preparation]\nwindow_months = 0\n",
        r"window_months = 0 needs to be greater than or equal to 1\. It is the length of",
    ),
    "choice": ("[preparation]\nreturns_at = 'mine'\n", "returns_at = 'mine' needs to be 'own' or 'origin'"),
    "order": ("[share_classes]\nshare_a = 0.97\n", r"section \[share_classes\]: the bounds must rise"),
    "sum": ("[flows]\ntime_shares = { a = 0.5, b = 0.4 }\n", "must lie between 0 and 1 and sum to 1; they sum to 0.9"),
    "kind": ("[preparation]\nwindow_months = 'six'\n", "window_months = 'six' needs to be a valid integer"),
}


@pytest.mark.parametrize(("text", "message"), SETTINGS.values(), ids=SETTINGS)
def test_settings_are_checked_on_reading(study, text, message):
    with pytest.raises(SettingError, match=message):
        study(TOP + ORDERS + text)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "study.toml").write_bytes('title = "Мельница"'.encode("cp1251"))
    with pytest.raises(StudyError, match=r"study\.toml is not in UTF-8\. Save it as UTF-8"):
        read_study(tmp_path)


def test_a_study_nobody_may_open(monkeypatch):
    def closed(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", closed)
    with pytest.raises(StudyError, match=r"study\.toml cannot be opened \(Permission denied\)"):
        read_study(find_study("demo"))


PLACES = {
    "nowhere": ("nowhere", r"there is no study '.*nowhere'\. Name a study\.toml or the folder it is in, or demo"),
    "empty folder": ("empty", r"the folder '.*empty' holds no study\.toml\. Draft one: clientbase new NAME FILE"),
    "a table": (
        "orders.csv",
        r"'.*orders\.csv' is no study; a study is a file study\.toml\. Draft one: clientbase new NAME orders",
    ),
}


@pytest.mark.parametrize(("place", "message"), PLACES.values(), ids=PLACES)
def test_places_without_a_study(tmp_path, place, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "orders.csv").touch()
    with pytest.raises(ClientbaseError, match=message):
        find_study(tmp_path / place)


def test_a_home_that_does_not_exist():
    with pytest.raises(StudyError, match="there is no study '~nobody-of-that-name/study'"):
        find_study("~nobody-of-that-name/study")


def test_a_study_is_found_by_its_file_its_folder_or_as_the_demo(tmp_path, monkeypatch):
    (tmp_path / "mill.toml").write_text(TOP + ORDERS)
    (tmp_path / "study.toml").write_text(TOP + ORDERS)
    assert find_study(tmp_path) == tmp_path / "study.toml"
    assert find_study(tmp_path / "mill.toml") == tmp_path / "mill.toml"
    monkeypatch.chdir(tmp_path)
    assert find_study("mill.toml") == tmp_path / "mill.toml"
    for name in ("demo", "data/demo", "../data/demo"):
        assert find_study(name).parent.name == "demo"
