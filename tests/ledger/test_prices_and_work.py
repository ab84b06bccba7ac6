"""What prices and work come to by client: money by product group and discount band, minutes by department and activity."""

import pandas as pd

LINES = """
order_id,date,client_id,product_id,revenue,list_revenue,cost
1,2024-02-05,c,p,95,100,60
2,2024-02-06,c,q,45,90,50
3,2024-02-07,c,p,110,100,60
4,2024-02-08,d,p,100,100,60
5,2023-06-08,d,q,80,100,50
6,2024-03-01,d,q,-40,-80,-25
7,2024-03-02,d,q,-10,50,5
8,2022-01-01,d,q,999,999,1
"""
PRODUCTS = "product_id,product_group\np,P\nq,Q\n"
ORDERS = "order_id,date,client_id,revenue\n1,2024-02-05,c,95\n2,2024-02-06,d,10\n"
WORK = """
date,client_id,department,activity_type,minutes,quantity
2024-02-05,c,sales,call,30,
2024-02-06,c,sales,call,,2
2024-03-06,c,store,storage,,5
2024-03-06,,sales,meeting,60,
2023-05-01,c,sales,call,15,
2025-01-05,c,sales,call,99,
"""
STANDARDS = "department,activity_type,standard_minutes\nsales,call,10\n"


def rows(table, *columns):
    return table[list(columns)].astype(object).where(table[list(columns)].notna(), None).to_numpy().tolist()


def test_money_by_client_and_product_group_of_both_windows(ledger):
    money = ledger(orders=LINES, products=PRODUCTS).result.group_money
    names = ["revenue", "list_revenue", "discount", "margin", "previous_revenue", "previous_discount", "previous_margin"]
    assert rows(money, "client_id", "product_group", *names) == [
        ["c", "P", 205, 200, -5, 85, 0, 0, 0],
        ["c", "Q", 45, 90, 45, -5, 0, 0, 0],
        ["d", "P", 100, 100, 0, 40, 0, 0, 0],
        ["d", "Q", -50, -30, 20, -30, 80, 20, 30],
    ]


def test_groups_hold_only_what_the_window_bought(ledger):
    orders = LINES + "9,2023-07-01,e,p,5,5,1\n"
    found = ledger(orders=orders, products=PRODUCTS).result
    assert "e" not in set(found.groups["client_id"])
    assert "e" in set(found.group_money["client_id"])


def test_lines_by_the_band_of_their_own_discount(ledger):
    bands = ledger(orders=LINES, products=PRODUCTS).result.discount_bands
    assert rows(bands, "client_id", "discount_band", "n_lines", "revenue", "list_revenue", "discount", "margin") == [
        ["c", "surcharge", 1, 110, 100, -10, 50],
        ["c", "to 5", 1, 95, 100, 5, 35],
        ["c", "to 50", 1, 45, 90, 45, -5],
        ["d", "beyond list", 1, -10, 50, 60, -15],  # money back for goods that stayed sold
        ["d", "none", 1, 100, 100, 0, 40],
        ["d", "to 50", 1, -40, -80, -40, -15],  # the return of a line that was sold at half price
    ]


def test_a_band_holds_its_upper_edge_whatever_the_last_bit_says(ledger):
    head = "order_id,date,client_id,revenue,list_revenue\n"
    lines = head + "".join(f"{n},2024-02-05,c,{0.9 * price},{price}\n" for n, price in enumerate((19.99, 33.3, 7.77, 100.1)))
    assert ledger(orders=lines).result.discount_bands["discount_band"].tolist() == ["to 10"]


def test_without_list_prices_there_are_no_bands_and_without_groups_no_money_by_group(ledger):
    found = ledger(orders=ORDERS).result
    assert (found.discount_bands, found.group_money) == (None, None)


def test_facts_know_the_discounts_of_the_window_before_and_the_lines_returned(ledger):
    found = ledger(orders=LINES, products=PRODUCTS)
    assert found.fact("d", "previous_list_revenue", "previous_discount", "n_returns") == (100, 20, 2)
    assert found.fact("c", "previous_list_revenue", "n_returns") == (0, 0)


def test_work_by_client_department_and_activity(ledger):
    work = ledger(orders=ORDERS, activities=WORK, activity_standards=STANDARDS).result.work
    assert rows(work, "client_id", "department", "activity_type", "minutes", "quantity", "n_rows", "n_unpriced") == [
        ["c", "sales", "call", 50, 3, 2, 0],  # 30 recorded, 2 x 10 by the standard
        ["c", "store", "storage", 0, 5, 1, 1],
        [None, "sales", "meeting", 60, 1, 1, 0],
    ]


def test_work_by_month_reaches_back_and_ends_with_the_window(ledger):
    months = ledger(orders=ORDERS, activities=WORK, activity_standards=STANDARDS).result.work_months
    assert rows(months.assign(month=months["month"].dt.strftime("%Y-%m")), "month", "department", "minutes") == [
        ["2023-05", "sales", 15],
        ["2024-02", "sales", 50],
        ["2024-03", "store", 0],
    ]
    assert set(months["client_id"]) == {"c"}


def test_vector_13_14_a_standard_is_minutes_for_one_unit(ledger):
    work = "date,client_id,department,activity_type,quantity\n2024-02-06,c,sales,call,3\n"
    standards = "department,activity_type,standard_minutes\nsales,call,12\n"
    assert ledger(orders=ORDERS, activities=work, activity_standards=standards).fact("c", "minutes") == 36


def test_activities_without_clients_are_all_internal(ledger):
    work = "date,department,activity_type,minutes\n2024-02-06,sales,call,7\n"
    found = ledger(orders=ORDERS, activities=work).result
    assert found.work["client_id"].isna().all()
    assert found.work["minutes"].tolist() == [7]
    assert found.work_months.empty


def test_months_know_the_cost_of_delivery(ledger):
    orders = "order_id,date,client_id,revenue,delivery_cost\n1,2024-02-05,c,95,4\n1,2024-02-05,c,5,\n2,2024-03-06,c,10,3\n"
    months = ledger(orders=orders).result.months
    assert months["delivery_cost"].tolist() == [4, 3]


def test_a_standard_may_say_what_to_count_in_the_orders(ledger):
    standards = "department,activity_type,standard_minutes,driver\nsales,order_processing,20,order\nstore,shipment,3,line\n"
    table = ledger(orders=ORDERS, activity_standards=standards).result.tables["activity_standards"]
    assert table["driver"].tolist() == ["order", "line"]


def test_another_driver_is_not_known(ledger):
    standards = "department,activity_type,standard_minutes,driver\nsales,order_processing,20,truck\n"
    found = ledger(orders=ORDERS, activity_standards=standards)
    assert "'truck'" in found.check("unreadable", "activity_standards")["examples"]


def test_what_was_kept_of_prices_and_work_is_read_back_as_it_was(tmp_path, ledger):
    from clientbase.ledger import cache

    found = ledger(orders=LINES, products=PRODUCTS, activities=WORK).result
    cache.save(found, tmp_path / "facts-x")
    again = cache.load(tmp_path / "facts-x")
    for name in ("group_money", "discount_bands", "work", "work_months", "months"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name))


def test_a_line_without_a_price_counts_as_sold_without_a_discount(ledger):
    head = "order_id,date,client_id,revenue,list_revenue,cost\n"
    rows_ = "1,2024-02-05,c,90,100,50\n2,2024-02-06,c,50,,20\n3,2024-02-07,c,60,0,20\n4,2024-02-08,c,40,-100,20\n5,2024-02-09,c,-5,0,0\n"
    found = ledger(orders=head + rows_)
    assert found.fact("c", "list_revenue", "discount", "revenue") == (
        100 + 50 + 60 + 40 + 0,
        10 + 5,
        235,
    )  # a credit note is one
    assert found.check("no_list_price")[["n", "level"]].tolist() == [3, "warning"]


def test_prices_that_are_all_missing_close_the_gate(ledger):
    found = ledger(orders="order_id,date,client_id,revenue,list_revenue\n1,2024-02-05,c,90,\n2,2024-02-06,c,50,0\n")
    assert "list_revenue" not in found.facts
    assert found.result.discount_bands is None


def test_direct_costs_of_strangers_are_told(ledger):
    costs = "client_id,date,cost_type,amount\nc,2024-02-05,claims,3\nZZZ,2024-02-05,claims,99\n"
    assert ledger(orders=ORDERS, direct_costs=costs).check("strangers", "direct_costs")[["n", "examples"]].tolist() == [
        1,
        "ZZZ",
    ]


def test_absurd_credit_days_are_taken_as_missing(ledger):
    orders = "order_id,date,client_id,revenue,pay_days\n1,2024-02-05,c,95,9999\n2,2024-02-06,c,10,30\n"
    found = ledger(orders=orders)
    assert found.fact("c", "credit_days") == 30
    assert "9999" in found.check("unreadable", "orders")["examples"]
