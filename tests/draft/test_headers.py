"""Headers as CRM and accounting exports spell them, in English and Russian."""

import pytest

from clientbase.draft.headers import SURE, candidates, is_private, read_header, subject_of
from clientbase.draft.lexicon import PRIVATE, WORDS
from clientbase.draft.vocabulary import DRAFTED, ROLES
from clientbase.ledger.tables import TABLES


def best(header, subject=""):
    found = candidates(header, subject)
    return max(found, key=lambda role: found[role]) if found else None


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("Контрагент", "client_name"),
        ("Клиент", "client_name"),
        ("ИНН", "client_id"),
        ("Код контрагента", "client_id"),
        ("Дата документа", "date"),
        ("Номенклатура", "product_name"),
        ("Номенклатура.Артикул", "product_id"),
        ("Номенклатурная группа", "product_group"),
        ("Сумма без скидки", "list_revenue"),
        ("Сумма со скидкой", "revenue"),
        ("Сумма, руб.", "revenue"),
        ("Выручка", "revenue"),
        ("Кол-во", "qty"),
        ("Количество", "qty"),
        ("Себестоимость", "cost"),
        ("Себестоимость за ед.", "unit_cost"),
        ("Валовая прибыль", "profit"),
        ("Менеджер", "manager_id"),
        ("Регион", "region"),
        ("№ заказа", "order_id"),
        ("Номер заказа", "order_id"),
        ("№ строки", "line_no"),
        ("Канал продаж", "channel"),
        ("Тип клиента", "client_type"),
        ("Отрасль", "industry"),
        ("Скидка, %", "discount"),
        ("Сумма скидки", "discount_money"),
        ("Цена", "unit_price"),
        ("Прайс", "list_price"),
        ("Дата отгрузки", "date"),
        ("Дата оплаты", "paid_date"),
        ("Юр. лицо", "client_name"),
        ("Customer Name", "client_name"),
        ("Cust. No.", "client_id"),
        ("Order Date", "date"),
        ("Sales", "revenue"),
        ("Net amount", "revenue"),
        ("Extended price", "revenue"),
        ("Ext. Price", "revenue"),
        ("Qty", "qty"),
        ("COGS", "cost"),
        ("Profit", "profit"),
        ("Discount", "discount"),
        ("Unit price", "unit_price"),
        ("Segment", "client_type"),
        ("ORDERNUMBER", "order_id"),
        ("ORDERDATE", "date"),
        ("QUANTITYORDERED", "qty"),
        ("ORDERLINENUMBER", "line_no"),
        ("PRODUCTLINE", "product_group"),
        ("CUSTOMERNAME", "client_name"),
        ("salesRepEmployeeNumber", "manager_id"),
        ("buyPrice", "unit_cost"),
        ("MSRP", "list_price"),
        ("Bill-to Customer No.", "client_id"),
        ("Posting Date", "date"),
        ("InvoiceNo", "order_id"),
        ("StockCode", "product_id"),
        ("freight", "delivery_cost"),
        ("wallet_share", "wallet_share"),
        ("TOTALSALESAMT", "revenue"),
    ],
)
def test_header_is_recognised(header, role):
    assert best(header) == role


@pytest.mark.parametrize(
    "header",
    [
        "Сумма НДС",
        "Ставка НДС",
        "Остаток на складе",
        "quantityInStock",
        "creditLimit",
        "Gross Margin %",
        "Supplier ID",
        "DEALSIZE",
        "MONTH_ID",
        "discontinued",
        "Ед. изм.",
        "Weight",
        "requiredDate",
    ],
)
def test_header_of_something_else_is_left_alone(header):
    assert candidates(header) == {}


@pytest.mark.parametrize(
    "header",
    [
        "Телефон",
        "Контактное лицо",
        "E-mail",
        "Эл. почта",
        "Адрес доставки",
        "CONTACTLASTNAME",
        "primary_poc",
        "Postal Code",
        "ФИО",
        "First Name",
    ],
)
def test_people_telephones_and_addresses_are_private(header):
    assert is_private(header)


@pytest.mark.parametrize("header", ["Customer Name", "first_contact_date", "ФИО клиента", "City", "Менеджер"])
def test_what_the_method_needs_is_not_private(header):
    assert not is_private(header)


def test_spelling_case_and_yo_do_not_matter():
    assert read_header("СЧЁТ №").words == read_header("счет номер").words == {"order", "id"}
    assert read_header("Cust. Name").words == read_header("customerName").words == read_header("CUSTNAME").words


def test_a_typo_is_likely_not_exact():
    score = candidates("Custmer Name")["client_name"]
    assert SURE <= score < 0.99


def test_an_unknown_word_makes_a_match_less_sure():
    assert candidates("Gloss amount")["revenue"] < candidates("Total amount")["revenue"]


def test_a_bare_header_is_read_with_the_name_of_its_table():
    assert best("id", subject_of("accounts")) == "client_id"
    assert best("Name", subject_of("Customer")) == "client_name"
    assert best("Наименование", subject_of("Номенклатура")) == "product_name"
    assert subject_of("order_details") == "order"
    assert subject_of("sheet1") == ""


def test_currency_and_thousands_are_read_from_the_header():
    header = read_header("Выручка, тыс. руб.")
    assert (header.words, header.currency, header.is_thousands) == ({"revenue"}, "RUB", True)
    assert read_header("total_amt_usd").currency == "USD"


def test_every_column_of_the_drafted_tables_is_recognised_by_its_own_name():
    for table in DRAFTED:
        for column in TABLES[table].columns:
            assert candidates(column)[column] == 1.0


def test_phrases_use_known_words_only():
    known = {word for plain in WORDS for word in plain.split()} | {"flag", "recommended", "goods"}
    for role in ROLES.values():
        for phrase in role.phrases:
            assert phrase <= known, (role.name, phrase)
    assert known >= PRIVATE
