import pytest

from clientbase.draft.textfiles import delimiter_of, encoding_of, header_row, raw_rows
from clientbase.errors import SourceError

RUSSIAN = "Контрагент;Сумма\nООО «Ромашка»;1\nЗАО Лютик и партнёры;2\n"
WESTERN = "Customer;Sum\nMünchner Gärten;1\nCafé à la carte;2\nPlain;3\n"


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (RUSSIAN, "utf-8", "utf-8"),
        (RUSSIAN, "utf-8-sig", "utf-8-sig"),
        (RUSSIAN, "utf-16", "utf-16"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN.replace("«", '"').replace("»", '"'), "cp866", "cp866"),
        (RUSSIAN.replace("«", '"').replace("»", '"'), "koi8_r", "koi8_r"),
        (WESTERN, "latin-1", "latin-1"),
        (WESTERN + "Price in €;4\n", "cp1252", "cp1252"),
        ("Customer;Sum\nA;1\n", "ascii", "utf-8"),
    ],
)
def test_encoding(tmp_path, text, encoding, expected):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    assert encoding_of(path) == expected


def test_a_letter_late_in_the_file_still_refuses_utf8(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a;b\n" * 2_000_000 + "é;1\n".encode("latin-1"))
    assert encoding_of(path) == "latin-1"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_delimiter(delimiter):
    text = "\n".join(delimiter.join(row) for row in (["Client", "Sum", "Date"], ["A", "1", "x"], ["B", "2", "y"]))
    assert delimiter_of(text) == delimiter


def test_decimal_commas_are_not_delimiters():
    assert delimiter_of("Клиент;Сумма\nА;1,5\nБ;2,5\nВ;3,5\n") == ";"


def test_header_row_under_the_title_of_a_report():
    rows = raw_rows("Ведомость продаж\nПериод: 2024\n\n;;\nКонтрагент;Дата;Сумма\nА;01.01.2024;5\n", ";")
    assert header_row(rows, "x") == 5


def test_first_row_is_the_header_of_a_list_of_words():
    assert header_row([["region", "country"], ["North", "Norway"], ["South", "Spain"]], "x") == 1


def test_data_without_headers_are_refused():
    with pytest.raises(SourceError, match=r"a\.csv has no header row: it begins with '10107', '30'"):
        header_row([["10107", "30", "95.7"], ["10121", "34", "81.35"]], "a.csv")


def test_blank_text_is_refused():
    with pytest.raises(SourceError, match="has no rows"):
        header_row([[""], []], "a.csv")
