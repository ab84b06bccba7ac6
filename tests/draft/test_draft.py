"""Exports as companies really have them, drafted and read back by the ledger."""

import tomllib

import pytest

from clientbase.draft import describe, draft_study
from clientbase.errors import SourceError, StudyError

HEADER_1C = (
    "Номер заказа;Дата документа;Контрагент;Тип клиента;Регион;Номенклатура;Номенклатурная группа;Кол-во;Цена, руб.;"
    "Сумма без скидки;Сумма, руб.;Себестоимость;Менеджер;Контактный телефон"
)


def rubles(amount):
    return f"{amount:,.2f}".replace(",", "\u00a0").replace(".", ",")


def rows_1c():
    """Return 40 lines of 20 orders of four clients, with their revenue."""
    clients = [
        ("ООО «Ромашка»", "Опт", "Москва"),
        ("ИП Петров", "Розница", "Уфа"),
        ("АО Вектор", "Опт", "Уфа"),
        ("ООО Ёлка", "Опт", "Тула"),
    ]
    rows, total = [], 0.0
    for n in range(40):
        client, kind, region = clients[(n // 2) % 4]
        price, quantity = (99.9, 1 + n % 5) if n % 2 else (15_400.55, 1 + n % 3)
        amount = round(price * quantity * 0.95, 2)
        total += amount
        rows.append(
            f"ЦБ-{n // 2:06d};{1 + n // 2:02d}.03.2024 9:0{n % 10}:00;{client};{kind};{region};Товар {n % 2};"
            f"Группа {'АБ'[n % 2]};{quantity};{rubles(price)};{rubles(price * quantity)};{rubles(amount)};"
            f"{rubles(amount * 0.7)};{'Отдел 1' if n < 30 else 'Отдел 2'};8 (495) 123-45-67"
        )
    return rows, total


@pytest.fixture
def export(tmp_path):
    """Return a function that writes a text file and returns its path."""

    def write(name, text, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def lines(n=30, **columns):
    """Return CSV text: columns are functions of the row number, by header."""
    rows = [",".join(columns)] + [",".join(str(value(i)) for value in columns.values()) for i in range(n)]
    return "\n".join(rows) + "\n"


def order(i):
    return f"A-{i // 2}"


def client(i):
    return f"Firm {i // 2 % 5}"


def day(i):
    return f"2024-03-{1 + i // 2:02d}"


BASIC = {"Order ID": order, "Order Date": day, "Customer Name": client}


# --- Russian exports ------------------------------------------------------------------------------------------------


def test_report_of_an_accounting_system(drafted, export):
    rows, total = rows_1c()
    text = "\n".join(["Ведомость по продажам", "Период: 2024 г.", "Организация: Мы", "", HEADER_1C, *rows])
    footer = "\nИтого" + ";" * 10 + rubles(total) + ";;;\n"
    draft, tables = drafted(export("Продажи за год.csv", text + footer, "cp1251"))
    study = tomllib.loads(draft.text)
    assert (study["language"], study["currency"], study["as_of"].isoformat()) == ("ru", "RUB", "2024-03-20")
    source = study["sources"]["orders"]
    assert {key: source[key] for key in ("header_row", "encoding", "delimiter", "decimal", "thousands", "date_format")} == {
        "header_row": 5,
        "encoding": "cp1251",
        "delimiter": ";",
        "decimal": ",",
        "thousands": " ",
        "date_format": "%d.%m.%Y %H:%M:%S",
    }
    orders = tables["orders"].dropna(subset=["date"])
    assert len(orders) == 40
    assert orders["revenue"].sum() == pytest.approx(total)
    assert orders["list_revenue"].sum() == pytest.approx(total / 0.95, rel=1e-4)
    assert orders["cost"].sum() == pytest.approx(0.7 * total, rel=1e-4)
    clients = tables["clients"].set_index("client_id")
    assert list(clients.loc["ИП Петров", ["client_type", "region"]]) == ["Розница", "Уфа"]
    assert "Итого" not in clients.index
    assert set(tables["products"]["product_group"]) == {"Группа А", "Группа Б"}
    assert draft.totals["n_refused"] == 1
    assert draft.decisions == []
    assert draft.private == ["Контактный телефон (Продажи за год.csv)"]
    assert draft.text.count("for privacy") == 1
    assert "no column of client codes was found: the name (Контрагент) is the code" in draft.notes


def test_what_changed_with_time_is_taken_as_it_was_last(drafted, export):
    rows, _ = rows_1c()
    draft, tables = drafted(export("a.csv", "\n".join([HEADER_1C, *rows]), "cp1251"))
    assert set(tables["clients"]["manager_id"]) == {"Отдел 2"}
    assert "Менеджер varies within 4 of 4 clients: the latest is taken" in draft.notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_encodings_and_delimiters(drafted, export, encoding, delimiter):
    rows, total = rows_1c()
    text = "\n".join([HEADER_1C, *rows]).replace(";", delimiter)
    _, tables = drafted(export("a.csv", text, encoding))
    assert tables["orders"]["revenue"].sum() == pytest.approx(total)
    assert len(tables["clients"]) == 4


def test_a_western_encoding(drafted, export):
    text = lines(**BASIC, Sales=lambda _: 10, Country=lambda i: ("Österreich", "Italia")[i % 2]).replace(
        "Firm 0", "Café Müller"
    )
    draft, tables = drafted(export("a.csv", text, "latin-1"))
    assert 'encoding = "latin-1"' in draft.text
    assert "Café Müller" in set(tables["clients"]["client_id"])


def test_amounts_marked_with_a_currency_need_sql(drafted, export):
    text = "Клиент;Дата;Сумма\n" + "".join(f"Фирма {n % 3};0{n}.05.2024;1 23{n},50 руб.\n" for n in range(1, 10))
    draft, tables = drafted(export("a.csv", text))
    assert tables["orders"]["revenue"].sum() == pytest.approx(sum(1230 + n + 0.5 for n in range(1, 10)))
    assert 'currency = "RUB"' in draft.text


def test_tax_number_with_gaps_gives_way_to_the_name(drafted, export):
    text = lines(**BASIC, Sales=lambda _: 5, ИНН=lambda i: "" if i % 3 == 0 else 7701234560 + i // 2 % 5)
    draft, tables = drafted(export("a.csv", text))
    assert set(tables["orders"]["client_id"]) == {f"Firm {n}" for n in range(5)}
    assert any("ИНН is empty in 33 % of the rows" in note for note in draft.notes)


def test_codes_keep_their_leading_zeros_in_both_sources(drafted, export):
    text = lines(**BASIC, **{"Customer ID": lambda i: f"00{i // 2 % 5}", "Sales": lambda _: 5})
    _, tables = drafted(export("a.csv", text))
    assert set(tables["orders"]["client_id"]) == set(tables["clients"]["client_id"]) == {f"00{n}" for n in range(5)}


# --- workbooks ------------------------------------------------------------------------------------------------------


def test_workbook_with_a_sheet_a_year_and_headers_under_a_title(drafted, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for year in (2023, 2024):
        sheet = book.create_sheet(str(year))
        sheet.append(["Отчёт о продажах"])
        sheet.append([])
        sheet.append(["Клиент", None, "Дата", "Номер", "Сумма, руб.", "Менеджер"])
        for n in range(24):
            sheet.append([f"Фирма {n % 4}", None, f"{1 + n:02d}.03.{year}", n, 100.5 + n, "Отдел 1"])
    del book["Sheet"]
    path = tmp_path / "Продажи.xlsx"
    book.save(path)
    draft, tables = drafted(path)
    orders = tables["orders"]
    assert len(orders) == 48
    assert sorted(orders["date"].dt.year.unique()) == [2023, 2024]
    assert orders["revenue"].sum() == pytest.approx(2 * sum(100.5 + n for n in range(24)))
    assert 'sheet = "2023", header_row = 3' in draft.text


# --- several files --------------------------------------------------------------------------------------------------


def test_one_file_a_year_is_read_by_a_pattern(drafted, export):
    first = lines(**BASIC, Sales=lambda i: i)
    second = first.replace("2024-", "2025-").replace("A-", "B-")
    draft, tables = drafted(export("sales_2024.csv", first), export("sales_2025.csv", second))
    assert 'file = "../sales_202*.csv"' in draft.text
    assert len(tables["orders"]) == 60


def test_files_of_one_shape_with_other_encodings_are_put_together_in_sql(drafted, export):
    first = lines(**BASIC, Sales=lambda i: i).replace("Firm", "Фирма")
    second = first.replace("2024-", "2025-").replace("A-", "B-")
    draft, tables = drafted(export("old.csv", first, "cp1251"), export("new.csv", second))
    assert "lines as (from lines_1 union all by name from lines_2)" in draft.text
    assert len(tables["orders"]) == 60
    assert tables["orders"]["client_id"].nunique() == 5


def test_the_same_file_twice_is_refused(drafted, export):
    text = lines(**BASIC, Sales=lambda i: i)
    with pytest.raises(SourceError, match=r"a\.csv and b\.csv hold the same rows"):
        drafted(export("a.csv", text), export("b.csv", text))


def heads(n=15, shift=0):
    return lines(
        n, **{"Order No": lambda i: f"N{i + shift}", "Date": lambda i: f"2024-05-{1 + i:02d}", "Customer No": lambda i: i % 4}
    )


BODY = {
    "Order No": lambda i: f"N{i // 2}",
    "Item No": lambda i: f"P{i % 3}",
    "Qty": lambda i: 1 + i % 4,
    "Unit Price": lambda _: 10.5,
}


def test_heads_and_lines_are_joined(drafted, export):
    draft, tables = drafted(export("heads.csv", heads()), export("details.csv", lines(**BODY)))
    assert tables["orders"]["revenue"].sum() == pytest.approx(sum(10.5 * (1 + i % 4) for i in range(30)))
    assert tables["orders"]["date"].notna().all()
    assert not any("find their order" in decision for decision in draft.decisions)


def test_a_join_that_loses_lines_is_a_decision(drafted, export):
    draft, tables = drafted(export("heads.csv", heads(shift=3)), export("details.csv", lines(**BODY)))
    assert any("only 80 % of the lines find their order in heads.csv" in decision for decision in draft.decisions)
    assert tables["orders"]["date"].isna().sum() == 6


def test_files_that_do_not_belong_together_are_refused(drafted, export):
    with pytest.raises(SourceError, match="two joined by the number of the order"):
        drafted(export("heads.csv", heads(shift=100)), export("details.csv", lines(**BODY)))


def test_client_list_without_all_clients_is_remarked(drafted, export):
    listed = "Customer No,Company,Segment,Phone\n0,Alfa,Trade,1\n1,Beta,Trade,2\n2,Gamma,Office,3\n"
    draft, tables = drafted(export("heads.csv", heads()), export("details.csv", lines(**BODY)), export("firms.csv", listed))
    assert list(tables["clients"]["client_type"]) == ["Trade", "Trade", "Office"]
    assert any("have a client that firms.csv does not list" in note for note in draft.notes)
    assert "phone" not in " ".join(draft.matches["export_column"]).lower()


def test_spaces_around_a_name_do_not_make_two_clients(drafted, export):
    text = lines(
        **BASIC | {"Customer Name": lambda i: f"Firm {i // 2 % 5}{' ' * (i % 2)}"}, Segment=lambda _: "Trade", Sales=lambda _: 1
    )
    _, tables = drafted(export("a.csv", text))
    assert sorted(tables["clients"]["client_id"]) == [f"Firm {n}" for n in range(5)]


def test_a_list_that_repeats_codes_gives_each_client_once(drafted, export):
    listed = "Customer No,Company,Segment,Contact\n0,Alfa,Trade,x\n0,Alfa,Trade,y\n1,Beta,Trade,z\n"
    listed += "2,Gamma,Office,u\n3,Delta,Office,v\n"
    draft, tables = drafted(export("heads.csv", heads()), export("details.csv", lines(**BODY)), export("firms.csv", listed))
    assert sorted(tables["clients"]["client_name"]) == ["Alfa", "Beta", "Delta", "Gamma"]
    assert "firms.csv repeats some codes: each is taken once" in draft.notes


def test_a_headerless_and_a_repeated_column_do_no_harm(drafted, export):
    header, *rows = lines(**BASIC, Sales=lambda i: i).splitlines()
    text = "\n".join([f"{header},,Sales", *(f"{row},x,7" for row in rows)]) + "\n"
    _, tables = drafted(export("a.csv", text))
    assert tables["orders"]["revenue"].sum() == sum(range(30))


# --- money ----------------------------------------------------------------------------------------------------------

PRICED = BASIC | {"Unit price": lambda i: 10 + i % 7, "Qty": lambda i: 1 + i % 4}
GROSS = sum((10 + i % 7) * (1 + i % 4) for i in range(30))


def test_price_times_quantity_less_discount_in_per_cent(drafted, export):
    _, tables = drafted(export("a.csv", lines(**PRICED, Discount=lambda i: 5 * (i % 3))))
    orders = tables["orders"]
    assert orders["list_revenue"].sum() == pytest.approx(GROSS)
    assert orders["revenue"].sum() == pytest.approx(sum((10 + i % 7) * (1 + i % 4) * (1 - 0.05 * (i % 3)) for i in range(30)))


def test_discount_written_with_the_sign_of_per_cent(drafted, export):
    _, tables = drafted(export("a.csv", lines(**PRICED, Discount=lambda i: f"{5 * (i % 3)} %")))
    assert tables["orders"]["revenue"].sum() == pytest.approx(
        sum((10 + i % 7) * (1 + i % 4) * (1 - 0.05 * (i % 3)) for i in range(30))
    )


def test_discount_in_money(drafted, export):
    _, tables = drafted(export("a.csv", lines(**PRICED, **{"Discount amount": lambda i: i % 3})))
    assert tables["orders"]["revenue"].sum() == pytest.approx(GROSS - sum(i % 3 for i in range(30)))


def test_revenue_that_equals_price_times_quantity_despite_a_discount_is_before_it(drafted, export):
    amount = {"Amount": lambda i: (10 + i % 7) * (1 + i % 4), "Discount": lambda i: 0.1 * (i % 2)}
    draft, tables = drafted(export("a.csv", lines(**PRICED, **amount)))
    assert tables["orders"]["list_revenue"].sum() == pytest.approx(GROSS)
    assert tables["orders"]["revenue"].sum() < GROSS
    assert any("so it is before discount" in note for note in draft.notes)


def test_revenue_shown_to_be_net_is_not_asked_about(drafted, export):
    amount = {"Amount": lambda i: (10 + i % 7) * (1 + i % 4) * (1 - 0.1 * (i % 2)), "Discount": lambda i: 0.1 * (i % 2)}
    draft, tables = drafted(export("a.csv", lines(**PRICED, **amount)))
    assert tables["orders"]["list_revenue"].sum() == pytest.approx(GROSS)
    assert not any("net of Discount" in decision for decision in draft.decisions)


def test_sales_and_discount_without_prices_is_a_decision(drafted, export):
    draft, tables = drafted(export("a.csv", lines(**BASIC, Sales=lambda _: 90, Discount=lambda i: 0.1 if i else 1)))
    assert tables["orders"]["list_revenue"].tolist()[1] == pytest.approx(100)
    assert tables["orders"]["list_revenue"].isna().sum() == 1  # a discount of 100 % tells nothing of the price
    assert any("Sales is read as net of Discount" in decision for decision in draft.decisions)


def test_profit_gives_cost_and_a_rate_of_profit_does_not(drafted, export):
    _, tables = drafted(export("a.csv", lines(**BASIC, Sales=lambda i: 100 + i, Profit=lambda _: 25)))
    assert (tables["orders"]["revenue"] - tables["orders"]["cost"] == 25).all()


def test_a_rate_called_profit_is_left_out(drafted, export):
    draft, tables = drafted(export("a.csv", lines(**BASIC, Sales=lambda i: 100 + i, Profit=lambda _: 0.25)))
    assert "cost" not in tables["orders"]
    assert any("holds rates, not money" in note for note in draft.notes)


def test_the_cost_of_the_line_stays_as_it_is(drafted, export):
    text = lines(**BASIC, Sales=lambda i: 20 * (50 + i), Qty=lambda i: 50 + i, Cost=lambda i: 12 * (50 + i))
    draft, tables = drafted(export("a.csv", text))
    assert tables["orders"]["cost"].sum() == pytest.approx(sum(12 * (50 + i) for i in range(30)))
    assert not any("one unit" in decision for decision in draft.decisions)


def test_a_cost_far_too_small_is_read_as_the_cost_of_one_unit(drafted, export):
    text = lines(**BASIC, Sales=lambda i: 20 * (50 + i), Qty=lambda i: 50 + i, Cost=lambda _: 12)
    draft, tables = drafted(export("a.csv", text))
    assert tables["orders"]["cost"].sum() == pytest.approx(sum(12 * (50 + i) for i in range(30)))
    assert any("Cost is read as the cost of one unit" in decision for decision in draft.decisions)


def test_amount_before_discount_alone(drafted, export):
    draft, tables = drafted(export("a.csv", lines(**BASIC, **{"Сумма без скидки": lambda _: 70})))
    assert "list_revenue" not in tables["orders"]
    assert any("no column of revenue after discount was found" in decision for decision in draft.decisions)


def test_brackets_and_minus_behind_are_losses(drafted, export):
    values = ["(10.50)", "15.00-", "20.00"]
    _, tables = drafted(export("a.csv", lines(**BASIC, Sales=lambda i: values[i % 3])))
    assert tables["orders"]["revenue"].sum() == pytest.approx(10 * (20 - 10.5 - 15))


def test_delivery_repeated_on_every_line_is_shared(drafted, export):
    text = lines(60, **BASIC | {"Order Date": lambda _: "2024-03-05"}, Sales=lambda _: 10, Freight=lambda i: 4 + i // 2)
    _, tables = drafted(export("a.csv", text))
    assert tables["orders"]["delivery_cost"].sum() == pytest.approx(sum(4 + n for n in range(30)))


def test_currency_column(drafted, export):
    draft, tables = drafted(export("a.csv", lines(**BASIC, Sales=lambda _: 10, Currency=lambda _: "CHF")))
    assert 'currency = "CHF"' in draft.text
    assert set(tables["orders"]["currency"]) == {"CHF"}


def test_several_currencies_are_a_decision(drafted, export):
    draft, _ = drafted(export("a.csv", lines(**BASIC, Sales=lambda _: 10, Currency=lambda i: "CHF" if i % 3 else "EUR")))
    assert any("Currency holds CHF, EUR" in decision for decision in draft.decisions)


def test_a_currency_column_of_strange_words_is_asked_about_and_the_study_stays_readable(drafted, export):
    draft, tables = drafted(export("a.csv", lines(**BASIC, Sales=lambda _: 10, Currency=lambda _: "Talr")))
    assert any("Currency holds TALR" in decision for decision in draft.decisions)
    assert "currency" not in tables["orders"]  # a plain mapping would take it, being spelled as ours


# --- dates ----------------------------------------------------------------------------------------------------------


def test_dates_the_engine_would_read_otherwise_are_put_right_in_sql(drafted, export):
    text = lines(**BASIC | {"Order Date": lambda i: f"{1 + i // 3}/{1 + i % 11}/2024"}, Sales=lambda _: 10, Profit=lambda _: 1)
    draft, tables = drafted(export("a.csv", text))
    assert tables["orders"]["date"].dt.month.max() == 10
    assert tables["orders"]["date"].dt.day.max() == 11
    assert any("day and month could not be told apart: put %d/%m/%Y" in decision for decision in draft.decisions)


def test_day_and_month_are_put_right_with_a_time_of_day_too(drafted, export):
    write = {"Order Date": lambda i: f"{1 + i // 3}/{1 + i % 11}/2024 10:30"}
    _, tables = drafted(export("a.csv", lines(**BASIC | write, Sales=lambda _: 10, Profit=lambda _: 1)))
    assert (tables["orders"]["date"].dt.month.max(), tables["orders"]["date"].dt.day.max()) == (10, 11)


def test_points_between_thousands_that_sql_cannot_see_are_a_decision(drafted, export):
    text = "Клиент;Дата;Выручка;Прибыль\n" + "".join(f"Ф{n % 3};0{n}.05.2024;1.23{n};100,5\n" for n in range(1, 10))
    draft, _ = drafted(export("a.csv", text))
    assert any("Выручка cannot be read rightly in sql" in decision for decision in draft.decisions)


def test_points_between_thousands_are_no_trouble_without_sql(drafted, export):
    text = "Клиент;Дата;Выручка;Себестоимость\n" + "".join(f"Ф{n % 3};0{n}.05.2024;1.23{n};100,5\n" for n in range(1, 10))
    draft, tables = drafted(export("a.csv", text))
    assert tables["orders"]["revenue"].sum() == sum(1230 + n for n in range(1, 10))
    assert not any("cannot be read rightly" in decision for decision in draft.decisions)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda i: f"202403{1 + i // 2:02d}", "2024-03-01"),
        (lambda i: 45_352 + i // 2, "2024-03-01"),
        (lambda i: f"{1 + i // 2}-Mar-24", "2024-03-01"),
        (lambda i: f"2024-03-{1 + i // 2:02d}T10:00:00Z", "2024-03-01"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"Profit": lambda _: 1}])
def test_dates_of_other_kinds(drafted, export, write, expected, more):
    _, tables = drafted(export("a.csv", lines(**BASIC | {"Order Date": write}, Sales=lambda _: 10, **more)))
    assert tables["orders"]["date"].min().isoformat()[:10] == expected
    assert tables["orders"]["date"].nunique() == 15


# --- decisions ------------------------------------------------------------------------------------------------------


def test_the_line_that_leaves_out_cancelled_orders_works_when_its_dashes_are_taken(drafted, export, ledger_tables):
    text = lines(**BASIC, Sales=lambda _: 10, Status=lambda i: "Отменён" if i < 4 else "Отгружен")
    draft, tables = drafted(export("a.csv", text))
    assert len(tables["orders"]) == 30
    assert any("Отгружен 26, Отменён 4" in decision for decision in draft.decisions)
    draft.path.write_text(draft.text.replace("--  and", "and"), encoding="utf-8")
    assert len(ledger_tables(draft.path)["orders"]) == 26


def test_description_lists_columns_totals_and_decisions(drafted, export):
    draft, _ = drafted(export("a.csv", lines(**BASIC, Sales=lambda _: 10, Phone=lambda i: i)))
    text = describe(draft)
    assert "When drafted: 30 lines, 5 clients, revenue 300.00, 2024-03-01 to 2024-03-15." in text
    assert "To decide (marked DECIDE in the file):" in text
    assert "Phone (a.csv)" in text
    assert list(draft.matches.columns) == ["source", "column", "export_column", "certainty", "sure", "sample"]
    assert set(draft.matches["sure"]) == {"exact"}


def test_headers_with_quotes_and_odd_letters(drafted, export):
    header = 'Customer Name,Date,"Sales ""net"" \\ C:"\n'
    _, tables = drafted(export("a.csv", header + "A,2024-01-05,1\nB,2024-01-06,2\nA,2024-01-07,3\n"))
    assert tables["orders"]["revenue"].sum() == 6


def test_a_draft_is_the_same_twice(tmp_path, export):
    path = export("a.csv", lines(**BASIC, Sales=lambda _: 1, Region=lambda i: f"R{i % 3}"))
    texts = [draft_study("x", [path], tmp_path / folder).text for folder in ("one", "two")]
    assert texts[0] == texts[1]


def test_paths_start_from_the_folder_of_the_study(tmp_path, export, ledger_tables):
    draft = draft_study("x", [export("my sales.csv", lines(**BASIC, Sales=lambda _: 1))], tmp_path / "studies" / "x")
    assert 'file = "../../my sales.csv"' in draft.text
    assert ledger_tables(draft.path)["orders"]["revenue"].sum() == 30


# --- refusals -------------------------------------------------------------------------------------------------------


def test_an_existing_study_is_not_overwritten(drafted, export):
    path = export("a.csv", lines(**BASIC, Sales=lambda _: 1))
    draft, _ = drafted(path)
    draft.path.write_text("mine", encoding="utf-8")
    with pytest.raises(StudyError, match="exists and would be lost"):
        drafted(path)
    assert draft.path.read_text(encoding="utf-8") == "mine"


def test_an_illegal_name(tmp_path, export):
    with pytest.raises(StudyError, match="name 'my study': a study is named with up to 60 letters"):
        draft_study("my study", [export("a.csv", "a")], tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("empty.csv", "", r"empty\.csv is empty"),
        ("head.csv", "Client,Date,Amount\n", "no rows under"),
        ("page.xls", "<html><table><tr><td>1</td></tr></table></html>", r"page\.xls is a web page"),
        (
            "sales.xls",
            "Client\tDate\tAmount\nA\t2024-01-01\t5\n",
            r"sales\.xls is in truth a text table; rename it to end in \.csv",
        ),
        ("data.csv", "1,2,3\n4,5,6\n", "has no header row"),
        ("odd.csv", "foo,bar\nx,y\nz,w\n", r"no header was recognised\. Found odd\.csv: foo, bar"),
        ("nodate.csv", "Client,Amount\nA,1\nB,2\n", r"nodate\.csv has no column that could be a date \(recognised: "),
        ("noclient.csv", "Date,Amount\n2024-01-01,1\n2024-01-02,2\n", "no column that could be a client"),
        ("nomoney.csv", "Date,Client\n2024-01-01,A\n2024-01-02,B\n", "no column that could be an amount"),
        (
            "bad.csv",
            "Date,Client,Amount\nsoon,A,1\nlater,B,2\n",
            r"Date has a header like date, but its values \('soon'\) are no dates",
        ),
    ],
)
def test_what_cannot_be_drafted_is_said(tmp_path, export, name, text, message):
    with pytest.raises(SourceError, match=message):
        draft_study("x", [export(name, text)], tmp_path / "out")
    assert not (tmp_path / "out" / "study.toml").exists()


def test_a_missing_file(tmp_path):
    with pytest.raises(SourceError, match=r"there is no file '.*nothing\.csv'"):
        draft_study("x", [tmp_path / "nothing.csv"], tmp_path)


def test_no_files(tmp_path):
    with pytest.raises(SourceError, match="no files were named"):
        draft_study("x", [], tmp_path)


# --- exports of well-known systems ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (  # a CRM of deals
            "ID,Название сделки,Компания,Сумма,Дата закрытия,Стадия сделки,Ответственный,Контакт: телефон",
            lambda i: f"{i},Сделка {i},Фирма {i % 4},{100 + i},2024-02-{1 + i % 28:02d},В работе,Отдел продаж,+7",
            {
                "order_id": "ID",
                "client_id": "Компания",
                "revenue": "Сумма",
                "date": "Дата закрытия",
                "manager_id": "Ответственный",
            },
        ),
        (
            "Account Name,Opportunity Name,Amount,Close Date,Stage,Opportunity Owner,Lead Source",
            lambda i: f"Firm {i % 4},Deal {i},{100 + i},{1 + i % 12}/{1 + i % 28}/2024,Closed Won,Team {i % 2},Web",
            {"client_id": "Account Name", "revenue": "Amount", "date": "Close Date", "manager_id": "Opportunity Owner"},
        ),
        (  # accounting for small firms
            "Date,Transaction Type,Num,Name,Memo/Description,Item,Qty,Sales Price,Amount,Balance",
            lambda i: (
                f"2024-02-{1 + i % 28:02d},Invoice,{1000 + i // 2},Firm {i % 4},x,Part {i % 3},{1 + i % 4},5,{5 + i % 4},0"
            ),
            {"order_id": "Num", "client_id": "Name", "product_id": "Item", "qty": "Qty", "revenue": "Amount", "date": "Date"},
        ),
        (  # an ERP
            "Billing Document,Billing Date,Sold-to party,Material,Billed Quantity,Net Value,Doc. Currency,Cost",
            lambda i: f"9{i // 2:05d},{1 + i % 28:02d}.02.2024,1000{i % 4},M-{i % 3},{1 + i % 4},{100 + i},EUR,{50 + i}",
            {"order_id": "Billing Document", "client_id": "Sold-to party", "product_id": "Material", "revenue": "Net Value"},
        ),
        (
            "Posting Date,Document No.,Bill-to Customer No.,Item No.,Item Category Code,Quantity,Line Amount,Salesperson Code",
            lambda i: f"2024-02-{1 + i % 28:02d},INV{i // 2},C{i % 4},I{i % 6},G{i % 2},{1 + i % 4},{100 + i},S{i % 2}",
            {
                "order_id": "Document No.",
                "client_id": "Bill-to Customer No.",
                "product_id": "Item No.",
                "revenue": "Line Amount",
            },
        ),
    ],
)
def test_exports_of_systems(drafted, export, header, row, expected):
    draft, tables = drafted(export("export.csv", "\n".join([header, *(row(i) for i in range(60))]) + "\n"))
    found = draft.matches[draft.matches["source"] == "orders"].set_index("column")["export_column"]
    assert {column: found.get(column) for column in expected} == expected
    assert len(tables["orders"]) == 60
    assert tables["orders"]["revenue"].notna().all()


def test_totals_of_heads_that_differ_from_their_lines_are_a_decision(drafted, export):
    text = "\n".join(f"{line},{'99' if n else 'Total'}" for n, line in enumerate(heads().splitlines())) + "\n"
    draft, _ = drafted(export("heads.csv", text), export("details.csv", lines(**BODY)))
    assert any("Total of heads.csv to 1,485.00" in decision for decision in draft.decisions)
