"""The rules of preparation (METHOD section 2) through the whole ledger, with numbers typed by hand."""

import datetime as dt

import pytest

from clientbase.errors import DataError, NothingToAnalyseError, SettingError

# returns


RETURNS = """
    order_id,date,client_id,revenue,qty,cost,return_of
    1,2024-03-05,c1,1000,10,600,
    1,2024-03-20,c1,-100,-1,-60,
    2,2023-11-05,c1,400,4,200,
    R,2024-02-05,c1,-150,-1,-90,2
    3,2024-05-05,c2,500,5,300,
    3,2024-05-06,c2,-500,-5,-300,
"""


def test_returns_reduce_on_their_own_date(ledger):
    found = ledger(orders=RETURNS)
    assert found.fact("c1", "revenue", "returned", "qty", "cost", "margin") == (750, -250, 8, 450, 300)
    assert found.fact("c1", "n_orders", "n_deals", "previous_revenue", "previous_n_deals") == (2, 1, 400, 1)
    assert found.fact("c2", "revenue", "n_orders", "n_deals") == (0, 1, 0)  # returned under its own number: no deal
    assert found.check("returns")[["n", "amount", "where"]].tolist() == [3, -750, "own"]


def test_returns_at_the_date_of_their_order(ledger):
    found = ledger(orders=RETURNS, end="[preparation]\nreturns_at = 'origin'")
    assert found.fact("c1", "revenue", "returned", "previous_revenue") == (900, -100, 250)
    assert found.fact("c1", "previous_n_deals", "n_orders") == (1, 1)
    assert found.check("lost_origin")["n"] == 2  # the two that name no order
    assert found.check("returns")["where"] == "origin"


def test_only_lines_that_are_returns_move_to_their_order(ledger):
    orders = """
        order_id,date,client_id,revenue,return_of
        1,2023-03-05,c1,100,
        2,2024-03-05,c1,-40,1
        2,2024-03-05,c1,70,1
        1,2024-04-05,c2,10,
        3,2024-04-06,c2,-3,1
    """
    found = ledger(orders=orders, end="[preparation]\nreturns_at = 'origin'")
    assert found.fact("c1", "revenue", "previous_revenue") == (70, 60)
    assert found.fact("c2", "revenue", "previous_revenue") == (7, 0)  # order 1 of c1 is another


def test_origins_need_their_column(ledger):
    with pytest.raises(DataError, match=r"returns_at = 'origin' needs orders\.return_of.*or set returns_at = 'own'"):
        ledger(orders="date,client_id,revenue,order_id\n2024-03-05,c1,1,1\n", end="[preparation]\nreturns_at = 'origin'")


def test_what_binary_fractions_leave_of_a_returned_order_is_no_deal(ledger):
    lines = "".join(f"1,2024-03-0{day},c1,33333333.33\n" for day in (1, 2, 3))
    found = ledger(orders=f"order_id,date,client_id,revenue\n{lines}1,2024-03-09,c1,-99999999.99\n2,2024-03-09,c1,0.01\n")
    assert found.fact("c1", "n_orders", "n_deals") == (2, 1)
    assert found.fact("c1", "revenue") == pytest.approx(0.01, abs=1e-6)


def test_vector_01_3(ledger):
    orders = """
        order_id,date,client_id,revenue,currency
        1,2024-03-05,c1,1000,RUB
        2,2024-03-06,c1,20,EUR
        3,2024-03-07,c1,-300,rub
        4,2024-03-05,c2,500,RUB
        5,2024-03-06,c2,-500,RUB
    """
    fx = "currency,month,rate\neur,2024-03,95\n"
    found = ledger(orders=orders, fx=fx, clients="client_id\nc1\nc2\nc3\n", currency="RUB")
    assert found.fact("c1", "revenue", "n_deals", "n_orders") == (2600, 2, 3)
    assert found.fact("c2", "revenue", "n_deals", "n_orders") == (0, 1, 2)
    assert found.fact("c3", "revenue", "n_deals", "n_orders") == (0, 0, 0)


# currencies

MONEY = "order_id,date,client_id,revenue,list_revenue,cost,delivery_cost,currency\n"


def test_money_is_converted_by_the_rate_of_its_month(ledger):
    orders = MONEY + "1,2024-03-05,c1,10,12,6,1,usd\n2,2024-04-05,c1,10,12,6,1,USD\n3,2024-04-05,c1,7,8,4,2,EUR\n"
    fx = "currency,month,rate\nUSD,2024-03-01,0.9\nUSD,2024-04,0.8\nEUR,2024-04,5\n"
    found = ledger(orders=orders, fx=fx)
    assert found.fact("c1", "revenue", "list_revenue", "cost", "delivery_cost") == pytest.approx((24, 28.4, 14.2, 3.7))
    assert found.check("converted")["n"] == 2
    assert found.check("lines")["n"] == 3
    assert str(found.check("lines")["amount"]) in ("None", "nan")  # sums of two currencies say nothing


RATES = {
    "no table": (
        None,
        r"no rate to EUR for \(empty\) 2024-03, CHF 2024-03, USD 2024-03, USD 2024-04\. Add them to the table fx",
    ),
    "some": ("USD,2024-03,0.9\nCHF,2024-03,1\n", r"no rate to EUR for \(empty\) 2024-03, USD 2024-04\. Add"),
    "zero": ("USD,2024-03,0.9\nCHF,2024-03,0\nUSD,2024-04,-1\n", r"for \(empty\) 2024-03, CHF 2024-03, USD 2024-04"),
    "two of one pair": ("USD,2024-03,0.9\nusd,2024-03,0.8\n", "table 'fx': several rates for USD 2024-03. Keep one rate"),
    "two rows": (
        "USD,2024-03,0.9\nUSD,2024-03,0.8\n",
        r"table 'fx': several rows with different content share currency \+ month",
    ),
}


@pytest.mark.parametrize(("fx", "message"), RATES.values(), ids=RATES)
def test_rates_are_never_assumed(ledger, fx, message):
    orders = MONEY + "1,2024-03-05,c1,1,,,,USD\n2,2024-04-05,c1,1,,,,USD\n3,2024-03-05,c1,1,,,,CHF\n4,2024-03-05,c1,1,,,,\n"
    tables = {} if fx is None else {"fx": f"currency,month,rate\n{fx}"}
    with pytest.raises(DataError, match=message):
        ledger(orders=orders, **tables)


def test_one_foreign_currency_under_another_name_is_not_the_base(ledger):
    with pytest.raises(DataError, match="no rate to EUR for EURO 2024-03"):
        ledger(orders="date,client_id,revenue,currency\n2024-03-05,c1,1,Euro\n")


def test_lines_after_the_last_day_need_no_rate(ledger):
    orders = "date,client_id,revenue,currency\n2024-03-05,c1,1,EUR\n2025-03-05,c1,1,USD\n,c1,1,USD\n"
    assert ledger(orders=orders).fact("c1", "revenue") == 1


# value added tax


@pytest.mark.parametrize(
    ("flags", "message"),
    [(["yes", "no"], r"vat_included differs between lines \(with 1, without 1\)"), (["да", ""], r"\(with 1, unknown 1\)")],
)
def test_mixed_tax_stops(ledger, flags, message):
    lines = "".join(f"2024-03-05,c1,1,{flag}\n" for flag in flags)
    with pytest.raises(DataError, match=message):
        ledger(orders=f"date,client_id,revenue,vat_included\n{lines}")


def test_one_kind_of_tax_passes(ledger):
    assert ledger(orders="date,client_id,revenue,vat_included\n2024-03-05,c1,1,нет\n").fact("c1", "revenue") == 1


# repeats

LINES = "order_id,line_no,date,client_id,revenue\n"


def test_lines_repeated_exactly_are_dropped_and_conflicts_reported(ledger):
    orders = (
        LINES
        + "1,1,2024-03-05,c1,100\n1,1,2024-03-05,c1,100\n1,1,2024-03-05,c1,100\n1,2,2024-03-05,c1,10\n"
        + ("2,1,2024-03-05,c1,5\n2,1,2024-03-05,c1,6\n2,1,2024-03-05,c1,6\n3,1,2024-03-06,c1,1\n")
    )
    found = ledger(orders=orders)
    assert found.fact("c1", "revenue", "n_lines") == (122, 5)
    assert found.check("duplicates")[["n", "amount"]].tolist() == [3, 206]
    assert found.check("conflicts")[["n", "examples", "level"]].tolist() == [2, "2 / 1", "warning"]
    assert found.check("lines")[["n", "amount"]].tolist() == [8, 328]


def test_the_same_line_number_of_two_orders_is_no_repeat(ledger):
    found = ledger(orders=LINES + "1,1,2024-03-05,c1,100\n2,1,2024-03-05,c1,100\n")
    assert found.fact("c1", "revenue") == 200
    assert not found.keys & {"duplicates", "conflicts", "equal_lines"}


def test_equal_lines_without_numbers_are_kept_and_reported(ledger):
    found = ledger(orders="order_id,date,client_id,revenue\n" + "1,2024-03-05,c1,100\n" * 3 + "1,2024-03-05,c1,7\n")
    assert found.fact("c1", "revenue") == 307
    assert found.check("equal_lines")[["n", "amount"]].tolist() == [2, 200]


def test_lines_that_lack_their_number_are_told_apart_as_far_as_possible(ledger):
    found = ledger(orders=LINES + "1,1,2024-03-05,c1,100\n" * 2 + "1,,2024-03-05,c1,100\n" * 2 + ",1,2024-03-05,c1,9\n")
    assert found.fact("c1", "revenue") == 309
    assert found.check("duplicates")["n"] == 1
    assert found.check("equal_lines")["n"] == 1


def test_equal_lines_without_an_order_number(ledger):
    found = ledger(orders="date,client_id,revenue\n" + "2024-03-05,c1,100\n" * 2)
    assert found.check("equal_lines")["n"] == 1


# orders without a number


def test_without_order_numbers_a_client_and_a_day_make_an_order(ledger):
    found = ledger(orders="date,client_id,revenue\n2024-03-05,c1,100\n2024-03-05,c1,50\n2024-03-06,c1,7\n2024-03-05,c2,9\n")
    assert found.check("no_order_id")["level"] == "warning"
    assert found.fact("c1", "n_orders", "n_deals", "largest_order") == (2, 2, 150)
    assert found.fact("c2", "n_deals") == 1


def test_single_missing_order_numbers_are_counted(ledger):
    found = ledger(
        orders="order_id,date,client_id,revenue\n7,2024-03-05,c1,1\n,2024-03-05,c1,2\n,2024-03-05,c1,3\n,2024-03-05,c2,4\n"
    )
    assert found.check("missing_order_id")["n"] == 3
    assert found.fact("c1", "n_orders", "largest_order") == (2, 5)


def test_an_order_number_shared_by_two_clients_is_two_orders(ledger):
    found = ledger(orders="order_id,date,client_id,revenue\n7,2024-03-05,c1,1\n7,2024-03-05,c2,-2\n8,2024-03-05,c2,3\n")
    assert (found.fact("c1", "n_deals"), found.fact("c2", "n_deals"), found.fact("c2", "n_orders")) == (1, 1, 2)


# clients


def unassigned(n, *, date="2024-03-05"):
    return f"date,client_id,revenue\n2024-03-05,c1,{100 - n}\n{date},,{n}\n"


@pytest.mark.parametrize(("n", "level"), [(0.5, "note"), (1, "note"), (1.5, "warning"), (5, "warning")])
def test_lines_without_a_client_stand_apart(ledger, n, level):
    found = ledger(orders=unassigned(n))
    check = found.check("unassigned")
    assert (check["level"], check["n"], check["amount"], check["share"]) == (level, 1, n, pytest.approx(n / 100))
    assert list(found.facts.index) == ["c1"]
    assert found.result.state["unassigned_revenue"] == n
    assert found.result.state["total_revenue"] == 100
    assert set(found.result.months["client_id"]) == {"c1", "(unassigned)"}


def test_too_many_of_them_stop_until_a_study_knows(ledger):
    with pytest.raises(
        DataError, match=r"1 lines with 6\.0% of revenue have no client; at most 5\.0% is allowed.*raise max_una"
    ):
        ledger(orders=unassigned(6))
    found = ledger(orders=unassigned(6), end="[preparation]\nmax_unassigned_share = 0.1")
    assert found.check("unassigned")["level"] == "warning"
    assert found.fact("c1", "revenue") == 94


def test_a_gap_of_the_window_is_not_thinned_by_old_years(ledger):
    with pytest.raises(DataError, match=r"20\.0% of revenue have no client"):
        ledger(orders=unassigned(20) + "2020-03-05,c1,100000\n")
    with pytest.raises(DataError, match=r"20\.0% of revenue have no client"):
        ledger(orders=unassigned(20, date="2020-03-05") + "2020-03-05,c1,0\n")


def test_a_base_without_any_client_is_nothing_to_analyse(ledger):
    with pytest.raises(NothingToAnalyseError, match="no order brings a positive net revenue from a client up to 2024-12-31"):
        ledger(orders="date,client_id,revenue\n2024-03-05,,5\n", end="[preparation]\nmax_unassigned_share = 1.0")


GROUPS = """
    client_id,parent_id,region
    head,,North
    a,head,South
    b,a,East
    own,own,West
    c,far,West
"""
GROUPED = """
    order_id,date,client_id,revenue
    1,2024-03-05,head,1
    1,2024-03-05,a,10
    2,2024-03-05,b,100
    3,2024-03-05,own,1000
    4,2024-03-05,c,10000
"""


def test_legal_entities_join_into_groups(ledger):
    tables = {
        "clients": GROUPS,
        "orders": GROUPED,
        "activities": "date,client_id,department,activity_type,minutes\n"
        "2024-03-05,b,sales,call,5\n2024-03-05,head,sales,call,1\n",
        "crm_facts": "client_id,date,fact\na,2024-01-09,inquiry\n",
    }
    found = ledger(**tables, end="[preparation]\nclient_level = 'group'")
    assert found.facts["revenue"].to_dict() == {"far": 10000, "own": 1000, "head": 111}
    assert found.fact("head", "region", "n_orders", "minutes") == ("North", 2, 6)
    assert found.fact("head", "last_inquiry_date") == dt.datetime(2024, 1, 9)
    assert found.check("grouped")["n"] == 3
    assert found.check("unlisted_clients")["n"] == 1  # the head that is not in the list
    assert not found.keys & {"idle_clients", "strangers"}


def test_each_legal_entity_is_a_client_otherwise(ledger):
    assert ledger(clients=GROUPS, orders=GROUPED).facts["revenue"].to_dict() == {
        "c": 10000,
        "own": 1000,
        "b": 100,
        "a": 10,
        "head": 1,
    }


@pytest.mark.parametrize(
    ("clients", "message"),
    [
        ("client_id,parent_id\na,b\nb,c\nc,b\n", "parent_id runs in a circle through b, c. Correct one of them"),
        ("client_id,region\na,North\n", "client_level = 'group' needs clients.parent_id"),
        (None, "client_level = 'group' needs clients.parent_id"),
    ],
)
def test_groups_that_cannot_be(ledger, clients, message):
    tables = {"clients": clients} if clients else {}
    with pytest.raises(DataError, match=message):
        ledger(orders=GROUPED, **tables, end="[preparation]\nclient_level = 'group'")


def test_groups_without_affiliates_change_nothing(ledger):
    found = ledger(clients="client_id,parent_id\nown,own\n", orders=GROUPED, end="[preparation]\nclient_level = 'group'")
    assert found.check("grouped")["n"] == 0
    assert len(found.facts) == 5


# costs

COSTED = """
    order_id,date,client_id,product_id,qty,revenue,cost
    1,2024-03-05,c1,p1,2,100,60
    2,2024-03-05,c1,p2,3,100,
    3,2024-03-05,c2,p3,1,100,80
    4,2024-03-05,c2,p4,,50,
    5,2024-03-05,c2,p5,1,40,
"""
PRODUCTS = "product_id,product_group,unit_cost\np1,A,20\np2,A,10\np3,B,\np4,B,7\n"


def test_a_missing_cost_is_the_product_s_then_the_rate_of_its_group(ledger):
    found = ledger(orders=COSTED, products=PRODUCTS)
    assert found.fact("c1", "cost", "imputed_revenue") == (90, 0)  # 60 + 3 x 10
    # 80, then 50 x 80/100 of group B without a quantity, then 40 x (60 + 30 + 80)/300 of all lines for an unknown product
    assert found.fact("c2", "cost", "imputed_revenue") == pytest.approx((80 + 40 + 40 * 170 / 300, 90))
    assert found.check("imputed_cost")[["n", "level"]].tolist() == [2, "note"]
    assert found.check("imputed_cost")["share"] == pytest.approx(90 / 390)
    assert found.check("indicative_margin")["level"] == "warning"
    assert found.check("unknown_products")["n"] == 1


def test_a_fifth_may_be_imputed_without_a_word(ledger):
    orders = "order_id,date,client_id,revenue,cost\n1,2024-03-05,c1,80,60\n2,2024-03-05,c1,20,\n"
    found = ledger(orders=orders)
    assert found.fact("c1", "cost") == 75
    assert "indicative_margin" not in found.keys
    old = ledger(orders=orders + "3,2020-03-05,c1,1000,600\n4,2024-03-06,c1,1,\n")
    assert "indicative_margin" in old.keys  # 21 of the window's 101, though little of the history


@pytest.mark.parametrize(
    "orders",
    ["date,client_id,revenue\n2024-03-05,c1,5\n", "date,client_id,revenue,cost\n2024-03-05,c1,5,\n",
     "date,client_id,revenue,cost\n2024-03-05,c1,5,\n2024-03-05,c1,-1,-1\n", "date,client_id,revenue,qty\n2024-03-05,c1,5,1\n"],
    ids=["no column", "no values", "no rate to be had", "no unit cost"],
)  # fmt: skip
def test_without_costs_the_margin_stays_closed(ledger, orders):
    found = ledger(orders=orders)
    assert not {"margin", "cost", "imputed_revenue", "previous_margin"} & set(found.facts)
    assert "margin" not in found.result.months


def test_costs_of_products_alone_open_the_margin(ledger):
    orders = "date,client_id,product_id,qty,revenue\n2024-03-05,c1,p1,2,100\n2024-03-05,c1,p1,-1,-50\n"
    found = ledger(orders=orders, products=PRODUCTS)
    assert found.fact("c1", "cost", "margin") == (20, 30)
    assert found.result.months["margin"].tolist() == [30]


# dates


def test_lines_without_a_date_are_refused_and_counted(ledger):
    found = ledger(orders="order_id,date,client_id,revenue\n1,2024-03-05,c1,5\n2,,c1,7\n")
    assert found.fact("c1", "revenue", "n_orders") == (5, 1)
    assert found.check("no_date")["n"] == 1
    assert found.result.refused[["table", "line", "problem"]].to_numpy().tolist() == [["orders", 3, "no date"]]


def test_lines_after_the_last_day_are_left_out_and_counted(ledger):
    found = ledger(orders="date,client_id,revenue\n2024-03-05,c1,5\n2025-01-01,c1,7\n2025-01-02,c1,\n")
    assert found.fact("c1", "revenue") == 5
    assert found.check("after_as_of")[["n", "amount", "date"]].tolist() == [1, 7, "2024-12-31"]


def test_the_incomplete_month_is_left_out_and_counted(ledger):
    found = ledger(orders="date,client_id,revenue\n2024-05-31,c1,5\n2024-06-27,c1,7\n", top="as_of = 2024-06-27")
    assert found.result.state["window"] == ["2023-06-01", "2024-05-31", 12]  # V01.2
    assert found.fact("c1", "revenue", "n_deals_total") == (5, 1)
    assert found.check("incomplete_month")[["n", "amount"]].tolist() == [1, 7]


def test_a_month_is_complete_on_its_last_friday(ledger):
    found = ledger(orders="date,client_id,revenue\n2024-05-31,c1,5\n2024-06-27,c1,7\n", top="as_of = 2024-06-28")
    assert found.result.state["window"] == ["2023-07-01", "2024-06-30", 12]  # V01.1
    assert found.fact("c1", "revenue") == 12


def test_without_a_last_day_the_latest_date_is_taken_with_a_warning(ledger):
    activities = "date,department,activity_type,minutes\n2024-06-28,sales,call,5\n"
    orders = "date,client_id,revenue\n2024-05-31,c1,5\n"
    found = ledger(orders=orders, activities=activities, top="#")
    assert found.result.state["as_of"] == "2024-06-28"
    assert found.check("as_of_from_data")[["level", "date"]].tolist() == ["warning", "2024-06-28"]


@pytest.mark.parametrize(
    ("orders", "top", "message"),
    [
        ("2024-03-05,c1,0\n2024-03-05,c2,-5", "", "no order brings a positive net revenue from a client up to 2024-12-31"),
        (
            "2020-03-05,c1,5",
            "",
            r"no deal lies in the window 2024-01-01 to 2024-12-31; the latest is of 2020-03-05\. Set as_of",
        ),
        ("2024-12-05,c1,5", "as_of = 2024-12-15", "positive net revenue from a client up to 2024-11-30"),
        ("2025-03-05,c1,5", "", "positive net revenue from a client up to 2024-12-31"),
        (",c1,5\n,c1,6\n2024-03-05,c1,", "", "no line has both a date and a revenue"),
    ],
)
def test_nothing_to_analyse(ledger, orders, top, message):
    with pytest.raises(NothingToAnalyseError, match=message):
        ledger(orders=f"date,client_id,revenue\n{orders}\n", top=top)


def test_the_window_may_be_shorter(ledger):
    orders = "date,client_id,revenue\n2024-12-05,c1,5\n2024-09-05,c1,7\n2024-06-05,c1,9\n"
    found = ledger(orders=orders, end="[preparation]\nwindow_months = 3")
    assert found.result.state["window"] == ["2024-10-01", "2024-12-31", 3]
    assert found.fact("c1", "revenue", "previous_revenue", "exposure_months") == (5, 7, 3)
    with pytest.raises(SettingError, match="window_months"):
        ledger(orders=orders, end="[preparation]\nwindow_months = 0")
