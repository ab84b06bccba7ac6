"""Columns of an export made ours: mapped, typed, with every unreadable value counted."""

import pytest

from clientbase.errors import ClientbaseError, MissingColumnsError, SourceError, StudyError

ORDERS = """
    order_id,date,client_id,revenue,cost,vat_included,Name
    1,2024-03-05,c1,100,60,yes,a
    2,2024-04-05,c2,50,x,yes,b
    3,31.04.2024,c2,7,5,yes,b
    4,2024-05-05,c2,?,5,yes,b
"""


def test_unreadable_values_are_counted_with_examples_and_a_remedy(ledger):
    found = ledger(orders=ORDERS)
    unreadable = found.result.checks.query("key == 'unreadable'").set_index("column")
    assert unreadable["n"].to_dict() == {"date": 1, "revenue": 1, "cost": 1}
    assert unreadable["examples"].to_dict() == {"date": "'31.04.2024'", "revenue": "'?'", "cost": "'x'"}
    assert "set date_format" in unreadable.at["date", "hint"]
    assert found.check("no_date")["n"] == 1
    assert found.check("no_revenue")["n"] == 1
    assert found.facts["revenue"].to_dict() == {"c1": 100, "c2": 50}


def test_refused_lines_are_listed_as_the_export_wrote_them(ledger):
    refused = ledger(orders=ORDERS).result.refused
    assert list(refused["problem"]) == ["no date", "no revenue"]
    assert list(refused["line"]) == [4, 5]  # as a spreadsheet numbers them
    assert list(refused["table"]) == ["orders", "orders"]
    assert '"date":"31.04.2024"' in refused.at[0, "text"]
    assert '"Name":"b"' in refused.at[1, "text"]


def test_columns_not_used_are_named(ledger):
    assert ledger(orders=ORDERS).check("ignored_columns", "orders")["examples"] == "Name"


def test_names_of_the_export_may_be_spelled_freely(ledger):
    orders = "Дата ,Код  клиента,СУММА\n2024-03-05,c1,100\n"
    columns = "columns = { date = 'дата', client_id = 'Код клиента', revenue = 'Сумма' }"
    found = ledger(orders=orders, options={"orders": columns})
    assert found.fact("c1", "revenue") == 100
    assert found.result.state["columns"]["orders"] == {"date": "Дата", "client_id": "Код клиента", "revenue": "СУММА"}


def test_a_mapping_wins_over_a_column_spelled_as_ours(ledger):
    orders = "date,client_id,revenue,Net\n2024-03-05,c1,120,100\n"
    found = ledger(orders=orders, options={"orders": "columns = { revenue = 'Net' }"})
    assert found.fact("c1", "revenue") == 100
    assert found.check("ignored_columns", "orders")["examples"] == "revenue"


def test_one_column_may_be_two_texts(ledger):
    clients = "name\nMill\n"
    found = ledger(
        orders="date,client_id,revenue\n2024-03-05,Mill,1\n",
        clients=clients,
        options={"clients": "columns = { client_id = 'name', client_name = 'name' }"},
    )
    assert found.fact("Mill", "client_name") == "Mill"


@pytest.mark.parametrize(
    ("orders", "clients"),
    [("12345.0", "12345"), ("12345.00", "12345"), ("12345", "12345.0")],
    ids=["decimal orders", "two decimals", "decimal clients"],
)
def test_codes_that_data_frames_made_decimals_meet_again(ledger, orders, clients):
    found = ledger(
        orders=f"date,client_id,revenue\n2024-03-05,{orders},1\n2024-03-05,,0\n",
        clients=f"client_id,region\n{clients},North\n",
    )
    assert found.fact("12345", "region", "revenue") == ("North", 1)


def test_an_empty_column_fits_every_kind(study, tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["client_id", "first_purchase_date", "wallet_share", "has_retail"], ["c1", None, None, None]):
        book.active.append(row)
    book.save(tmp_path / "clients.xlsx")
    (tmp_path / "orders.csv").write_text("date,client_id,revenue\n2024-03-05,c1,1\n")
    found = study("[sources.orders]\nfile = 'orders.csv'\n[sources.clients]\nfile = 'clients.xlsx'")
    assert found.facts.loc["c1", ["wallet_share", "has_retail"]].isna().all()


RUDE = {
    "no such column": (
        {"revenue": "Sum"}, MissingColumnsError,
        r"there is no column 'Sum' for revenue; there are 'Name', .*\. Correct it in section \[sources\.orders\.columns\]",
    ),
    "near miss": ({"revenue": "revenu"}, MissingColumnsError, r"no column 'revenu' for revenue \(did you mean 'revenue'\?\)"),
    "not ours": ({"revenues": "revenue"}, StudyError, r"table 'orders' has no column 'revenues' \(did you mean 'revenue'"),
    "one amount twice": (
        {"revenue": "cost"}, StudyError, "revenue and cost are both mapped to 'cost'. Correct one of them",
    ),
    "dates of words": (
        {"date": "Name"}, SourceError,
        r"no value of column 'Name' \(date\) is a date; found 'a', 'b'\. Needed: 2024-12-31",
    ),
    "money of words": ({"revenue": "Name"}, SourceError, r"no value of column 'Name' \(revenue\) is a number; found 'a', 'b'"),
}  # fmt: skip


@pytest.mark.parametrize(("mapping", "error", "message"), RUDE.values(), ids=RUDE)
def test_mappings_that_cannot_be(ledger, mapping, error, message):
    columns = ", ".join(f"{ours} = '{theirs}'" for ours, theirs in mapping.items())
    with pytest.raises(error, match=message):
        ledger(orders=ORDERS, options={"orders": f"columns = {{ {columns} }}"})


@pytest.mark.parametrize("date_format", ["dd.mm.yyyy", "%Q", "31.12.2024", "%"])
def test_formats_that_are_none(ledger, date_format):
    with pytest.raises(SourceError, match=rf"date_format = '{date_format}' is no format of dates; write %d\.%m\.%Y"):
        ledger(orders=ORDERS, options={"orders": f"date_format = '{date_format}'"})


def test_the_wrong_format_for_all_dates_stops(ledger):
    with pytest.raises(SourceError, match=r"no value of column 'date' \(date\) is a date; found '03/05/2024'"):
        ledger(orders="date,client_id,revenue\n03/05/2024,c1,1\n", options={"orders": "date_format = '%d.%m.%Y'"})


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "select 45000 as date, client_id, revenue from o",
            r"column 'date' \(date\) holds numbers, needed dates\. Format it as",
        ),
        ("select true as date, client_id, revenue from o", r"column 'date' \(date\) holds values of the kind BOOLEAN, needed"),
        ("select date, client_id, date as revenue from o", r"column 'revenue' \(revenue\) holds dates, needed numbers"),
        ("select date, client_id, true as revenue from o", "holds values of the kind BOOLEAN, needed numbers"),
        ("select date, client_id, [1] as revenue from o", r"holds values of the kind INTEGER\[\], needed numbers"),
        ('select date, client_id, 1 as revenue, 2 as "Date " from o', None),
        ("select date, client_id, revenue, 'maybe' as vat_included from o", None),
        ("select date, client_id as client from o", r"lacks \['client_id', 'revenue'\]; the export has \['client', 'date'\]"),
    ],
)
def test_kinds_that_do_not_fit(study, tmp_path, sql, message):
    (tmp_path / "o.csv").write_text("date,client_id,revenue\n2024-03-05,c1,1\n")
    lines = f"[sources.orders]\nfiles = {{ o = 'o.csv' }}\nsql = '''{sql}'''"
    if message is None:
        assert study(lines).fact("c1", "revenue") == 1
    else:
        with pytest.raises(ClientbaseError, match=message):
            study(lines)


def test_names_that_differ_by_spaces_only_must_be_spelled_exactly(study, tmp_path):
    (tmp_path / "o.csv").write_text("date,client_id,revenue\n2024-03-05,c1,1\n")
    sql = 'select date, client_id, 1 as "Net sum", 2 as "Net  sum" from o'
    lines = f"[sources.orders]\nfiles = {{ o = 'o.csv' }}\nsql = '''{sql}'''\ncolumns = {{ revenue = '%s' }}"
    assert study(lines % "Net  sum").fact("c1", "revenue") == 2
    with pytest.raises(StudyError, match=r"'net sum' for revenue may be 'Net sum' or 'Net  sum'\. Spell it exactly"):
        study(lines % "net sum")
