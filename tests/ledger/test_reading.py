"""The ledger as a whole: what it keeps of a study's tables, what it refuses, and that nothing is left behind."""

import tempfile

import duckdb
import pytest

from clientbase.errors import DataError, LimitError, SettingError, StudyError
from clientbase.ledger import reading
from clientbase.ledger.checks import SENTENCES
from clientbase.ledger.headings import names_of

ORDERS = "order_id,date,client_id,revenue\n1,2024-03-05,c,5\n2,2024-03-06,,0.1\n"


def test_state_says_what_was_read(ledger):
    state = ledger(orders=ORDERS).result.state
    assert state == {
        "as_of": "2024-12-31",
        "window": ["2024-01-01", "2024-12-31", 12],
        "history_months": 10,
        "n_active_products": None,
        "unassigned_revenue": 0.1,
        "total_revenue": 5.1,
        "columns": {"orders": {"order_id": "order_id", "date": "date", "client_id": "client_id", "revenue": "revenue"}},
        "engine": {"name": "DuckDB", "version": duckdb.__version__},
    }


def test_totals_reconcile_and_the_check_says_so(ledger):
    found = ledger(orders=ORDERS)
    assert found.check("reconciled")[["level", "amount"]].tolist() == ["ok", 5.1]
    assert found.keys <= set(SENTENCES)


def test_a_ledger_that_does_not_reconcile_stops(ledger, monkeypatch):
    import clientbase.ledger.client_facts as module

    whole = module.build_facts

    def losing(*args, **options):
        built = whole(*args, **options)
        built.facts.loc[0, "revenue"] -= 0.02
        return built

    monkeypatch.setattr(module, "build_facts", losing)
    with pytest.raises(
        DataError, match=r"clients and unassigned lines sum to 5\.08, the lines to 5\.10: the ledger does not rec"
    ):
        ledger(orders=ORDERS)


TABLES = {
    "orders": ORDERS,
    "products": "product_id,product_group\np1,A\np1,A\n,B\np2,\n",
    "managers": "manager_id,capacity_minutes,seniority\nm1,9600,senior\n",
    "criteria": "criterion_id,label_en,label_ru,product_group,kind,topic,weight\n"
    "x,X,Х,,objective,volume,1\nx,X,Х,A,objective,other,2\n",
    "departments": "department,period,cost,headcount,hours_per_head\nsales,2024-03,1000,2,160\n",
    "targets": "level,key,period,metric,value\ncompany,,2024,revenue,5\n",
}


def test_rows_keep_the_order_of_their_file_without_repeats(ledger):
    names = [f"m{(7 * place) % 50:02}" for place in range(50)]
    managers = "".join(f"{name},9600,senior\n" for name in [*names, names[3], names[40]])
    found = ledger(orders=TABLES["orders"], managers=f"manager_id,capacity_minutes,seniority\n{managers}")
    assert found.result.tables["managers"]["manager_id"].tolist() == names
    assert found.check("repeated_rows", "managers")["n"] == 2


def test_small_tables_reach_the_steps_checked(ledger):
    found = ledger(**TABLES)
    assert set(found.result.tables) == set(TABLES) - {"orders"}
    assert found.result.tables["products"].to_dict("list") == {"product_id": ["p1"], "product_group": ["A"]}
    assert found.check("repeated_rows", "products")["n"] == 1
    lacking = found.result.checks.query("key == 'incomplete_rows'")
    assert lacking[["table", "column", "n"]].to_numpy().tolist() == [
        ["products", "product_id", 1],
        ["products", "product_group", 1],
    ]
    assert found.result.tables["departments"].loc[0, "period"].month == 3
    assert len(found.result.tables["criteria"]) == 2
    assert found.result.tables["targets"]["value"].tolist() == [5]
    refused = found.result.refused[["table", "line", "problem"]].to_numpy().tolist()
    assert refused == [["products", 4, "no product_id"], ["products", 5, "no product_group"]]


CONFLICTS = {
    "clients": (
        "client_id,region\nc,North\nc,South\n",
        r"table 'clients': several rows .* share client_id \(c\)\. One row each",
    ),
    "products": ("product_id,product_group\np,A\np,B\n", r"share product_id \(p\)"),
    "criteria": (
        "criterion_id,label_en,label_ru,kind,topic,weight\nx,X,Х,objective,volume,1\nx,X,Х,objective,volume,2\n",
        r"share criterion_id \(x\)",
    ),
    "scores": ("client_id,criterion_id,score\nc,x,1\nc,x,2\n", r"share client_id \+ criterion_id \(c, x\)"),
}  # fmt: skip


@pytest.mark.parametrize("table", CONFLICTS)
def test_rows_that_claim_one_key_stop(ledger, table):
    rows, message = CONFLICTS[table]
    with pytest.raises(DataError, match=message):
        ledger(orders=ORDERS, **{table: rows})


def test_orders_are_the_one_table_nobody_can_do_without(ledger):
    with pytest.raises(StudyError, match=r"study\.toml has no section \[sources\.orders\]"):
        ledger(clients="client_id\nc\n")


def test_a_column_called_like_the_ledger_s_own_names(ledger):
    orders = "n,line,problem,text,theirs,ours,date,client_id,revenue\n1,2,3,4,5,6,2024-03-05,c,5\n1,2,3,4,5,6,,c,5\n"
    refused = ledger(orders=orders).result.refused
    assert refused[["line", "problem"]].to_numpy().tolist() == [[3, "no date"]]
    assert '"theirs":"5"' in refused.loc[0, "text"]


def test_refused_rows_are_kept_up_to_a_bound_and_all_counted(ledger):
    found = ledger(orders=ORDERS + "3,2024-03-05,c,x\n" * 1500 + "4,2024-03-05,c\n" * 1200)
    assert found.check("no_revenue")["n"] == 1500
    assert found.check("spoiled", "orders")["n"] == 1200
    assert found.result.refused["problem"].value_counts().to_dict() == {"no revenue": 1000, "missing columns": 1000}


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (duckdb.InternalException("damaged\nLINE 1: ..."), DataError, r"cannot be read to their end \(damaged\)\. Check"),
        (
            duckdb.OutOfMemoryException("could not allocate block"),
            LimitError,
            r"need more memory than their limit of .*iB\. Close other programs, or raise the limit: CLIENTBASE_MEMORY=8GB",
        ),
        (
            duckdb.IOException('Could not write file "x": No space left on device'),
            LimitError,
            r"do not fit into memory \(.*iB\) and the disk has no room for temporary files in '.*'\. Make room there",
        ),
        (OSError(28, "No space left on device"), LimitError, r"no room for '.*': No space left on device\. Make room on"),
        (MemoryError(), LimitError, r"the system gives no more memory\. Close other programs"),
    ],
)
def test_what_breaks_in_the_engine_is_one_sentence(ledger, monkeypatch, error, kind, says):
    def breaks(*_args, **_options):
        raise error

    monkeypatch.setattr("clientbase.ledger.facts.reduce_orders", breaks)
    with pytest.raises(kind, match=says):
        ledger(orders=ORDERS)


@pytest.mark.parametrize("n_lines", [1, 30_000])
def test_memory_refused_for_real_names_the_limit_wherever_it_happens(ledger, monkeypatch, n_lines):
    monkeypatch.setenv("CLIENTBASE_MEMORY", "300KB" if n_lines == 1 else "20MB")
    lines = "".join(f"{n},2024-03-05,client {n},{n}\n" for n in range(n_lines))
    with pytest.raises(LimitError, match=r"need more memory than their limit of .*CLIENTBASE_MEMORY=8GB before the command"):
        ledger(orders=ORDERS + lines)


def test_a_limit_that_is_no_amount_is_refused(ledger, monkeypatch):
    monkeypatch.setenv("CLIENTBASE_MEMORY", "lots")
    with pytest.raises(SettingError, match="CLIENTBASE_MEMORY is 'lots', needed is an amount such as 4GB"):
        ledger(orders=ORDERS)


def test_nothing_is_left_behind(ledger, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    ledger(orders=ORDERS.encode("utf-16"))
    assert list(scratch.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["orders.csv", "scratch", "study.toml"]


def test_the_input_is_read_twice_to_the_same_result(ledger):
    first, second = (ledger(**TABLES).result for _ in range(2))
    assert first.facts.equals(second.facts)
    assert first.checks.equals(second.checks)


@pytest.mark.parametrize(
    ("headings", "names"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "", None, "  "], ["a", "column 2", "None", "column 4"]),
        (["a", "A", "b"], ["a (1)", "A (2)", "b"]),
        (["x", "x", "x (1)"], ["x (2)", "x (3)", "x (1)"]),
        ([" Net \n sum\u00a0", 2024, 1.5], ["Net sum", "2024", "1.5"]),
        (["column 2", ""], ["column 2 (1)", "column 2 (2)"]),
    ],
)
def test_every_column_gets_a_name_of_its_own(headings, names):
    assert names_of(headings) == names


def test_the_reading_names_what_it_keeps():
    assert set(reading.REDUCED) == {"orders", "activities", "crm_facts", "clients"}
