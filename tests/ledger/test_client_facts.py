"""One row per client: attributes, first purchase, exposure, minutes and contacts."""

import pandas as pd
import pytest

HEAD = "order_id,date,client_id,revenue\n"
CLIENTS = """
    client_id,client_name,client_type,first_purchase_date,wallet_share,has_retail,business_size
    old,Old Mill,corporate,2019-05-20,0.5,yes,Large
    new,New Mill,corporate,,,no,
    idle,Idle Mill,private,,1,,tiny
    early,Early Mill,private,2024-07-01,,,
"""
ORDERS = (
    HEAD
    + "1,2022-01-10,start,1\n2,2022-04-09,soon,1\n3,2022-04-10,later,1\n4,2024-05-05,new,10\n5,2024-05-06,old,20\n"
    + ("6,2024-06-05,early,5\n7,2024-06-06,start,3\n8,2022-01-11,zero,0\n")
)


@pytest.fixture
def found(ledger):
    return ledger(orders=ORDERS, clients=CLIENTS)


def test_clients_of_the_list_and_of_the_orders_are_all_there(found):
    assert sorted(found.facts.index) == ["early", "idle", "later", "new", "old", "soon", "start", "zero"]
    assert found.check("idle_clients")["n"] == 1
    assert found.check("unlisted_clients")[["n", "level"]].tolist() == [4, "warning"]
    assert list(found.facts.index[:4]) == ["old", "new", "early", "start"]  # by falling revenue, then code
    assert list(found.facts.index[4:]) == ["idle", "later", "soon", "zero"]


def test_a_client_that_never_bought_has_zeros_and_no_dates(found):
    idle = found.facts.loc["idle"]
    assert (
        idle[["revenue", "n_orders", "n_deals", "n_lines", "largest_order", "exposure_months", "exposure_periods_1"]]
        .eq(0)
        .all()
    )
    assert idle[["first_deal_date", "first_purchase_date", "avg_purchase", "median_gap_days", "days_since_deal"]].isna().all()
    assert not idle["is_one_order"]
    assert not idle["is_before_data"]


def test_attributes_keep_their_gaps(found):
    assert found.fact("old", "wallet_share", "business_size", "client_name") == (0.5, "large", "Old Mill")
    assert found.facts.loc["new", ["wallet_share", "business_size"]].isna().all()
    assert found.facts.loc["start", ["client_name", "client_type"]].isna().all()
    assert found.check("unreadable", "clients")[["column", "n"]].tolist() == ["business_size", 1]


def test_first_purchase_is_the_given_or_the_first_deal(found):
    first = found.facts["first_purchase_date"]
    assert [str(first[client].date()) for client in ("old", "new", "early")] == ["2019-05-20", "2024-05-05", "2024-06-05"]


def test_who_bought_soon_after_the_data_begin_may_have_bought_before(found):
    known = ["start", "soon", "later", "old", "zero"]
    assert found.facts.loc[known, "is_before_data"].tolist() == [True, True, False, False, False]


def test_exposure_begins_with_the_first_purchase(found):
    assert found.facts.loc[["old", "new", "early", "start"], "exposure_months"].tolist() == [12, 8, 7, 12]
    assert found.facts.loc[["old", "new"], "exposure_periods_3"].tolist() == [12, 3]
    assert found.facts.loc["new", "days_since_deal"] == 240  # 5 May to 31 December


def test_one_order_makes_most_of_a_client(ledger):
    shares = [("a", 51), ("a", 49), ("b", 50), ("b", 50), ("c", 0.3), ("c", 0.1), ("c", 0.2)]
    found = ledger(orders=HEAD + "".join(f"{n},2024-03-05,{client},{share}\n" for n, (client, share) in enumerate(shares)))
    assert found.facts["is_one_order"].to_dict() == {"a": True, "b": False, "c": False}
    assert found.check("one_order")["n"] == 1


ACTIVITIES = """
    date,client_id,department,activity_type,minutes,quantity
    2024-03-05,c,sales,call,10,
    2024-03-06,c,sales,call,,3
    2024-03-06,c,sales,meeting,,
    2024-03-07,,sales,other,60,
    2024-03-07,d,store,shipment,,
    2023-03-07,c,sales,call,500,
    2024-03-08,x,sales,call,7,
    2024-03-08,c,sales,dinner,9,
    2024-03-08,c,sales,call,-5,
"""
STANDARDS = "department,activity_type,standard_minutes\nsales,call,12\nstore,shipment,25\n"
BOUGHT = HEAD + "1,2024-03-05,c,5\n2,2024-03-05,d,4\n3,2024-03-05,e,3\n"


def test_minutes_are_recorded_or_the_standard_times_the_quantity(ledger):
    found = ledger(orders=BOUGHT, activities=ACTIVITIES, activity_standards=STANDARDS)
    assert found.facts["minutes"].to_dict() == {"c": 10 + 3 * 12 + 12, "d": 25, "e": 0}  # a negative time is none
    assert found.facts["is_minutes_known"].to_dict() == {"c": True, "d": True, "e": False}
    assert found.check("unpriced_work")[["n", "level"]].tolist() == [1, "warning"]  # the meeting
    assert found.check("incomplete_rows", "activities")[["n", "column"]].tolist() == [1, "activity_type"]
    assert found.check("strangers", "activities")[["n", "examples"]].tolist() == [1, "x"]
    refused = found.result.refused.query("table == 'activities'")
    assert refused[["line", "problem"]].to_numpy().tolist() == [[9, "no activity_type"]]


def test_without_standards_work_without_minutes_has_none(ledger):
    found = ledger(orders=BOUGHT, activities=ACTIVITIES)
    assert found.facts["minutes"].to_dict() == {"c": 10, "d": 0, "e": 0}
    assert found.check("unpriced_work")["n"] == 4


def test_few_rows_without_time_are_a_note(ledger):
    work = (
        "date,client_id,department,activity_type,minutes\n" + "2024-03-05,c,sales,call,1\n" * 19 + "2024-03-05,c,sales,call,\n"
    )
    assert ledger(orders=BOUGHT, activities=work).check("unpriced_work")["level"] == "note"


@pytest.mark.parametrize(
    "work",
    ["date,department,activity_type,minutes\n2024-03-05,sales,call,5\n",
     "date,client_id,department,activity_type\n2024-03-05,c,sales,call\n",
     "date,client_id,department,activity_type,minutes\n2023-03-05,c,sales,call,5\n"],
    ids=["no clients", "no minutes", "before the window"],
)  # fmt: skip
def test_work_that_tells_nothing_of_clients(ledger, work):
    facts = ledger(orders=BOUGHT, activities=work).facts
    assert facts["minutes"].eq(0).all()
    assert facts["is_minutes_known"].sum() == ("c,sales,call\n" in work)


def test_without_activities_there_are_no_minutes(ledger):
    assert not {"minutes", "is_minutes_known", "first_fact_date"} & set(ledger(orders=BOUGHT).facts)


def test_contacts_up_to_the_window_s_end(ledger):
    facts = """
        client_id,date,fact
        c,2022-03-05,mailed
        c,2024-03-05,Quote
        c,2024-04-05,called
        c,2025-03-05,inquiry
        d,2024-04-06,called
        x,2024-04-06,called
        x,2024-04-07,called
        d,2024-04-06,danced
    """
    found = ledger(orders=BOUGHT, crm_facts=facts)
    first, last = found.facts["first_fact_date"], found.facts["last_inquiry_date"]
    assert (first["c"], last["c"]) == (pd.Timestamp("2022-03-05"), pd.Timestamp("2024-03-05"))
    assert (first["d"], last["d"] is pd.NaT) == (pd.Timestamp("2024-04-06"), True)
    assert pd.isna(first["e"])
    assert found.check("strangers", "crm_facts")[["n", "examples", "level"]].tolist() == [2, "x", "warning"]
    assert found.check("incomplete_rows", "crm_facts")["n"] == 1


CRM = """
    client_id,date,fact
    c,2022-03-05,called
    c,2024-03-05,visited
    c,2024-03-25,called
    c,2024-03-26,mailed
    d,2024-04-06,complaint
    d,2023-04-06,complaint
    c,2025-03-05,called
"""


def monthly(found):
    return [tuple(row) for row in found.result.contacts.assign(month=lambda t: t["month"].astype("str")).to_numpy()]


def test_contacts_by_month_are_calls_and_meetings(ledger):
    found = ledger(orders=BOUGHT, activities=ACTIVITIES, crm_facts=CRM)  # both recorded: the CRM would count many twice
    assert monthly(found) == [("c", "2023-03-01", 1), ("c", "2024-03-01", 4), ("x", "2024-03-01", 1)]


def test_contacts_by_month_are_calls_and_visits_of_the_crm_where_no_work_is_recorded(ledger):
    found = ledger(orders=BOUGHT, crm_facts=CRM)
    assert monthly(found) == [("c", "2022-03-01", 1), ("c", "2024-03-01", 2)]
    assert ledger(orders=BOUGHT).result.contacts is None


def test_complaints_of_the_window_come_from_the_crm_or_else_from_the_work_on_them(ledger):
    work = ACTIVITIES + "    2024-03-09,e,sales,complaint,5,\n    2023-03-09,e,sales,complaint,5,\n"
    assert ledger(orders=BOUGHT, activities=work).facts["n_complaints"].to_dict() == {"c": 0, "d": 0, "e": 1}
    assert ledger(orders=BOUGHT, activities=work, crm_facts=CRM).facts["n_complaints"].to_dict() == {"c": 0, "d": 1, "e": 0}
    assert "n_complaints" not in ledger(orders=BOUGHT).facts


def test_credit_days_weigh_the_days_of_each_sale_by_its_money(ledger):
    lines = """
        order_id,date,client_id,revenue,pay_days
        1,2024-03-05,c,300,30
        2,2024-03-06,c,100,10
        3,2024-03-07,c,50,
        4,2024-03-08,c,-60,90
        5,2023-03-08,c,900,0
        6,2024-03-08,d,5,
    """
    found = ledger(orders=lines).facts["credit_days"]
    assert found["c"] == 25.0  # (300 x 30 + 100 x 10) / 400: no terms, no sale and another year do not weigh
    assert pd.isna(found["d"])
    assert "credit_days" not in ledger(orders=BOUGHT).facts
