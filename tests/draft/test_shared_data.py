"""The published bases: a draft must run as it is and give the totals their SOURCE.txt states."""

import pytest

from clientbase.draft import describe


def n_decisions(draft):
    return draft.text.count("# DECIDE")


def test_superstore_needs_no_edit_and_gives_sales_and_profit(drafted, shared):
    draft, tables = drafted(*shared("superstore/Sample-Superstore.xls"), name="superstore")
    orders = tables["orders"]
    assert len(orders) == 9994
    assert orders["revenue"].sum() == pytest.approx(2_297_200.86, abs=0.01)
    assert (orders["revenue"] - orders["cost"]).sum() == pytest.approx(286_397.02, abs=0.01)
    assert len(tables["clients"]) == tables["clients"]["client_id"].nunique() == 793
    assert tables["clients"]["client_type"].value_counts().to_dict() == {"Consumer": 409, "Corporate": 236, "Home Office": 148}
    assert len(tables["products"]) == tables["products"]["product_id"].nunique() == 1862
    assert tables["products"]["product_group"].nunique() == 17
    assert 'currency = "USD"' in draft.text
    assert "as_of = 2014-12-31" in draft.text
    assert n_decisions(draft) == 1
    assert "Region varies within 766 of 793 clients: the most frequent is taken" in draft.notes


def test_superstore_list_revenue_undoes_the_discount(drafted, shared):
    orders = drafted(*shared("superstore/Sample-Superstore.xls"))[1]["orders"]
    line = orders[(orders["order_id"] == "CA-2013-152156")].iloc[0]
    assert line["list_revenue"] == pytest.approx(line["revenue"])
    assert (orders["list_revenue"] >= orders["revenue"] - 1e-9).all()


def test_sales_data_sample_reads_two_digit_years_and_offers_to_leave_out_cancelled_orders(drafted, shared):
    draft, tables = drafted(*shared("classicmodels/sales_data_sample.csv"))
    orders = tables["orders"]
    assert (len(orders), orders["order_id"].nunique(), orders["client_id"].nunique()) == (2823, 307, 92)
    assert orders["revenue"].sum() == pytest.approx(10_032_628.85, abs=0.01)
    assert orders["date"].min().isoformat()[:10] == "2003-01-06"
    assert tables["products"]["product_group"].nunique() == 7
    assert n_decisions(draft) == 2
    assert "--  and coalesce(lines.\"STATUS\", '') not in ('Cancelled')" in draft.text
    assert any("CONTACTLASTNAME" in columns for columns in draft.private)


def test_northwind_joins_heads_lines_products_and_categories(drafted, shared):
    names = ("orders", "order_details", "products", "customers", "categories")
    draft, tables = drafted(*shared(*(f"northwind/{name}.csv" for name in names)))
    orders = tables["orders"]
    assert orders["revenue"].sum() == pytest.approx(1_265_793.04, abs=0.01)
    assert orders["list_revenue"].sum() == pytest.approx(1_354_458.59, abs=0.01)
    assert orders["delivery_cost"].sum() == pytest.approx(64_942.69, abs=0.01)
    assert len(tables["clients"]) == 91
    assert tables["products"]["product_group"].nunique() == 8
    assert "Beverages" in set(tables["products"]["product_group"])
    assert n_decisions(draft) == 1


def test_northwind_from_its_database_file(drafted, shared):
    _, tables = drafted(*shared("northwind/northwind.sqlite"))
    assert tables["orders"]["revenue"].sum() == pytest.approx(1_265_793.04, abs=0.01)
    assert len(tables["clients"]) == 91


def test_classicmodels_takes_the_list_price_from_the_products_and_leaves_payments_alone(drafted, shared):
    names = ("orders", "orderdetails", "products", "customers", "payments", "employees", "offices", "productlines")
    draft, tables = drafted(*shared(*(f"classicmodels/{name}.csv" for name in names)))
    orders = tables["orders"].merge(tables["products"].astype({"unit_cost": float}), on="product_id")
    assert orders["revenue"].sum() == pytest.approx(9_604_190.61, abs=0.01)
    assert (orders["qty"] * orders["unit_cost"]).sum() == pytest.approx(5_778_310.36, abs=0.01)
    discount = 1 - orders["revenue"] / orders["list_revenue"]
    assert discount.min() >= 0
    assert discount.max() < 0.21
    assert len(tables["clients"]) == 122
    assert set(tables["clients"]["manager_id"].dropna()) >= {"1370", "1166"}
    assert "all of payments.csv" in draft.ignored


def test_parch_and_posey_takes_the_total_and_finds_the_region_through_the_sales_rep(drafted, shared):
    names = ("orders", "accounts", "sales_reps", "region", "web_events")
    draft, tables = drafted(*shared(*(f"parch_posey/{name}.csv" for name in names)))
    assert tables["orders"]["revenue"].sum() == pytest.approx(23_141_511.83, abs=0.01)
    assert set(tables["clients"]["region"]) == {"Northeast", "Midwest", "Southeast", "West"}
    assert 'currency = "USD"' in draft.text
    assert "qty: gloss_qty, poster_qty fit alike; none was taken" in draft.notes


def test_online_retail_keeps_returns_and_asks_about_lines_without_a_client(drafted, shared):
    draft, tables = drafted(*shared("online_retail/onlineretail.parquet"))
    orders = tables["orders"]
    assert len(orders) == 541_909
    assert orders["revenue"].sum() == pytest.approx(9_747_747.93, abs=0.01)
    assert orders["client_id"].nunique() == len(tables["clients"]) == 4372
    assert "17850" in set(tables["clients"]["client_id"])
    assert any("max_unassigned_share" in decision for decision in draft.decisions)
    assert "products" not in tables


def test_chinook_follows_its_foreign_keys_to_the_genre(drafted, shared):
    draft, tables = drafted(*shared("chinook/Chinook_Sqlite.sqlite"))
    assert tables["orders"]["revenue"].sum() == pytest.approx(2328.60, abs=0.01)
    assert tables["products"]["product_group"].nunique() == 25
    assert not {"FirstName", "LastName", "Email"} & set(draft.matches["export_column"])


def test_description_for_the_terminal(drafted, shared):
    draft, _ = drafted(*shared("northwind/orders.csv", "northwind/order_details.csv"))
    text = describe(draft)
    assert "orders   order_id       order_id " in text
    assert "To decide (marked DECIDE in the file):" in text
    assert "exact" in text
