"""The source's example as a worked case: arithmetic typed by hand, and the training base against METHOD V08.6 to V09.6."""

import math
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from small_study import write_study

from clientbase import notebook as notebook_module
from clientbase import worked_examples
from clientbase.cli import _notebooks
from clientbase.errors import ClientbaseError, MissingColumnsError
from clientbase.findings.worked import WorkedFindings
from clientbase.method import concentration, share_classes
from clientbase.study import open_study
from clientbase.words import Words
from clientbase.worked_examples import SourceExample, arithmetic, lowest_share, printed_claims, verdicts

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "training" / "01_the_source_s_example.ipynb"
CLAIMS = [
    "largest_tenth", "largest_fifth", "small_clients", "small_revenue", "dust_revenue", "last_year", "regions", "delivered",
    "delivered_core", "delivered_core_revenue", "delivered_rest",
]  # fmt: skip


@pytest.fixture
def printed():
    return printed_claims()


@pytest.fixture
def computed(printed):
    return verdicts(arithmetic(printed)).set_index("claim")


@pytest.fixture(scope="module")
def demo():
    return SourceExample(open_study(ROOT / "data" / "demo").structure)


@pytest.fixture(scope="module")
def found(demo):
    return demo.claims.set_index("claim")


@pytest.fixture
def shown(monkeypatch):
    """Collect what a notebook displays: pictures as such, the rest as HTML."""
    things = []
    monkeypatch.setattr(
        notebook_module,
        "display",
        lambda thing, metadata=None, raw=False: things.append(metadata if raw else thing.data),
    )
    return things


def run(study=None):
    """Run the notebook's cells, with another study as papermill puts it: after the parameters."""
    scope = {}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), scope)
            if study is not None:
                scope["study"] = str(study)
    return scope


def example_of(engagement):
    return SourceExample(engagement.structure)


# -- what is printed ----------------------------------------------------------------------------------------------------------
def test_the_printed_figures_are_those_of_the_source(printed):
    assert list(printed["claim"]) == CLAIMS
    missing = math.nan
    columns = ["n_printed", "n_base_printed", "printed_client_share", "printed_revenue_share"]
    expected = [
        [35, 350, 0.10, 0.80],
        [70, 350, 0.20, 0.90],
        [320, 350, 0.99, missing],
        [320, 350, missing, 0.01],
        [70, 350, missing, 0.0001],
        [150, 350, missing, 0.10],
        [12, missing, missing, 0.80],
        [220, 350, 0.65, 0.60],
        [30, 70, 0.46, 0.60],
        [missing, missing, missing, 0.55],
        [190, missing, missing, 0.05],
    ]
    np.testing.assert_array_equal(printed[columns].to_numpy(), np.array(expected))


def test_each_claim_has_words_in_both_languages(printed):
    assert (printed["text_en"].str.endswith(".") & printed["text_ru"].str.endswith(".")).all()
    assert printed["text_en"].is_unique
    assert printed["text_ru"].is_unique
    assert not printed["text_ru"].str.contains("[A-Za-z]").any()


def test_examples_that_are_not_there_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(worked_examples, "PLACES", (tmp_path,))
    with pytest.raises(ClientbaseError, match="worked examples are not installed"):
        printed_claims()


# -- arithmetic ---------------------------------------------------------------------------------------------------------------
def test_numbers_that_the_printed_shares_give(computed):  # V08.6, V09.5
    number = computed["computed_number"].dropna().to_dict()
    assert number == pytest.approx(
        {
            "largest_tenth": 35, "largest_fifth": 70, "small_clients": 346.5, "delivered": 227.5, "delivered_core": 32.2,
            "delivered_rest": 195.3,
        }
    )  # fmt: skip


def test_shares_that_the_printed_numbers_are(computed):  # V08.6, V09.1, V09.6
    share = computed["computed_client_share"].dropna().to_dict()
    assert share == pytest.approx(
        {
            "largest_tenth": 0.1, "largest_fifth": 0.2, "small_clients": 0.9142857, "small_revenue": 0.9142857,
            "dust_revenue": 0.2, "last_year": 0.4285714, "delivered": 0.6285714, "delivered_core": 0.4285714,
        }
    )  # fmt: skip


def test_revenue_that_the_printed_shares_give(computed):  # V09.5; of the small clients METHOD section 9: at least 20 %
    revenue = computed["computed_revenue_share"].dropna().to_dict()
    assert revenue == pytest.approx({"small_revenue": 0.20, "delivered_core_revenue": 0.54, "delivered_rest": 0.06})


def test_the_verdicts(computed):
    assert computed["verdict"].to_dict() == {
        "largest_tenth": "right",
        "largest_fifth": "right",
        "small_clients": "wrong",
        "small_revenue": "cannot be meant jointly",
        "dust_revenue": "meant each",
        "last_year": "nothing against it",
        "regions": "nothing against it",
        "delivered": "rounded",
        "delivered_core": "rounded",
        "delivered_core_revenue": "rounded",
        "delivered_rest": "rounded",
    }


@pytest.mark.parametrize(
    ("n", "least"),
    [(320, 0.20), (315, 0.20), (314, 0.10), (280, 0.10), (279, 0.0), (70, 0.0)],  # 30, 35, 36, 70, 71, 280 stand above
)
def test_what_the_lowest_bring_at_least(printed, n, least):
    assert lowest_share(printed, n, 350) == pytest.approx(least)


@pytest.mark.parametrize(
    ("n", "verdict"),
    [(346.5, "right"), (347, "rounded"), (337, "rounded"), (336.6, "rounded"), (336.5, "wrong"), (356.5, "wrong")],
)
def test_rounding_ends_at_ten_clients(printed, n, verdict):  # 346.5 are 99 % of 350
    printed.loc[printed["claim"] == "small_clients", "n_printed"] = n
    assert verdicts(arithmetic(printed)).set_index("claim").loc["small_clients", "verdict"] == verdict


@pytest.mark.parametrize(("share", "verdict"), [(0.54, "right"), (0.58, "rounded"), (0.59, "wrong"), (0.49, "wrong")])
def test_rounding_ends_at_five_percent(printed, share, verdict):  # 0.60 x 0.90 = 0.54
    printed.loc[printed["claim"] == "delivered_core_revenue", "printed_revenue_share"] = share
    assert verdicts(arithmetic(printed)).set_index("claim").loc["delivered_core_revenue", "verdict"] == verdict


def test_a_bound_that_the_lowest_keep_together_is_read_like_the_other(printed):
    printed.loc[printed["claim"] == "small_revenue", "printed_revenue_share"] = 0.21
    assert verdicts(arithmetic(printed)).set_index("claim").loc["small_revenue", "verdict"] == "meant each"


def test_input_is_untouched(printed):
    before = printed.copy(deep=True)
    verdicts(arithmetic(printed))
    pd.testing.assert_frame_equal(printed, before)


def test_a_missing_column_is_named(printed):
    with pytest.raises(MissingColumnsError, match=r"'printed_claims' lacks \['n_printed'\]"):
        arithmetic(printed.drop(columns="n_printed"))


# -- the training base --------------------------------------------------------------------------------------------------------
def test_the_training_base_has_the_sizes_of_the_example(demo, found):  # V08.7, V08.8
    assert found.loc[["largest_tenth", "largest_fifth"], "n_found"].tolist() == [35, 70]
    assert found.loc[["largest_tenth", "largest_fifth"], "found_client_share"].tolist() == pytest.approx([0.10, 0.20])
    assert found.loc[["largest_tenth", "largest_fifth"], "found_revenue_share"].tolist() == pytest.approx([0.80, 0.90])
    assert found.loc[["small_clients", "small_revenue", "dust_revenue"], "n_found"].tolist() == [320, 320, 70]
    assert found.loc["small_clients", "found_client_share"] == pytest.approx(320 / 350)  # V08.6
    assert found.loc[["small_revenue", "dust_revenue"], "found_revenue_share"].tolist() == pytest.approx([0.245, 0.0035])
    company = demo.structure.steps.company
    assert concentration.concentration(company, "revenue").n_for_80_whole == 35
    classes = share_classes.share_classes(
        company, value="revenue", a=0.80, b=0.96, c=0.999, d_rule="cum", own_share=0.001, ties="share"
    )
    assert (classes["share_class"] == "A").sum() == 35
    assert len(demo.ranked) == 350
    assert demo.has_its_sizes


def test_the_training_base_has_the_last_cohort_of_the_example(found):  # V09.1
    assert found.loc["last_year", "n_found"] == 150
    assert found.loc["last_year", "found_client_share"] == pytest.approx(0.4286, abs=5e-5)
    assert found.loc["last_year", "found_revenue_share"] / found.loc["last_year", "found_client_share"] == pytest.approx(
        0.2333, abs=5e-5
    )


def test_twelve_regions_carry_the_training_base(found):  # as V09.3: the fewest that reach 80 %
    assert found.loc["regions", "n_found"] == 12
    assert 0.80 <= found.loc["regions", "found_revenue_share"] < 0.85


def test_the_training_base_has_the_delivery_of_the_example(found):  # V09.5: 227.5, 32.2, 195.3 in whole clients
    rows = ["delivered", "delivered_core", "delivered_rest"]
    assert found.loc[rows, "n_found"].tolist() == [227, 32, 195]
    assert found.loc[rows[:2], "found_client_share"].tolist() == pytest.approx([227 / 350, 32 / 70])
    assert found.loc[[*rows, "delivered_core_revenue"], "found_revenue_share"].tolist() == pytest.approx(
        [0.60, 0.60, 0.06, 0.54], abs=5e-5
    )


def test_the_printed_differences_are_those_of_rounded_figures(found):  # V09.6
    printed = found[["n_printed", "printed_revenue_share"]]
    assert printed.loc["delivered", "n_printed"] - printed.loc["delivered_core", "n_printed"] == 190
    assert printed.loc["delivered_rest", "n_printed"] == 190
    rest = printed.loc["delivered", "printed_revenue_share"] - printed.loc["delivered_core_revenue", "printed_revenue_share"]
    assert rest == pytest.approx(printed.loc["delivered_rest", "printed_revenue_share"])


def test_another_base_has_other_figures(tmp_path):
    example = example_of(open_study(write_study(tmp_path / "company")))
    table = example.claims.set_index("claim")
    assert list(example.claims["claim"]) == CLAIMS
    assert not example.has_its_sizes
    assert table.loc["largest_tenth", "n_found"] == 1
    assert table.loc["largest_tenth", "found_revenue_share"] == example.ranked["own_share"].iloc[0]


# -- what is said -------------------------------------------------------------------------------------------------------------
def test_the_slips_are_said_plainly(demo):
    said = WorkedFindings(demo, Words("en", "EUR")).wrong()
    assert [sentence.split(". ", 1)[1] for sentence in said] == [
        "320 of 350 is 91.4%; 99% would be 346.5, too far to be rounding.",
        "The 30 above them belong to the 35 that bring 80%, so the lowest 320 together bring at least 20%. It can only be "
        "meant of each: each less than 1%.",
        "Arithmetic alone would allow it of all of them together. But the same words on the small clients can only be meant of "
        "each, so they are read alike: each less than 0.01%.",
    ]


def test_every_claim_has_its_reason(demo):
    reasons = WorkedFindings(demo, Words("en", "EUR")).verdicts().set_index(demo.claims["claim"])["reason"]
    assert reasons["largest_tenth"] == "35 of 350 is 10%; no other printed figure tells what they bring."
    assert reasons["last_year"].startswith("150 of 350 is 42.9%, so 10% of revenue is 0.2333 of an even share.")
    assert reasons["regions"] == "No other printed figure tells it."
    assert reasons["delivered"] == "220 of 350 is 62.9%; 65% would be 227.5. The printed figures are rounded."
    assert reasons["delivered_core"] == "30 of 70 is 42.9%; 46% would be 32.2. The printed figures are rounded."
    assert reasons["delivered_core_revenue"] == "60% of the 90% that the core brings is 54%; 55% is rounded."
    assert reasons["delivered_rest"].startswith("The printed shares give 195.3 clients with 6%; 190 and 5% are what is left")


def test_the_base_shows_that_all_sizes_hold_at_once(demo):
    said = WorkedFindings(demo, Words("en", "EUR")).sizes()
    assert said[:2] == [
        "Here 320 clients bring less than 1% of revenue each; together that is 24.5%.",
        "Here 70 clients bring less than 0.01% of revenue each; together that is 0.35%.",
    ]
    assert said[2].startswith("So one base can meet all that is printed on sizes")


def test_a_base_that_differs_proves_nothing(tmp_path):
    example = example_of(open_study(write_study(tmp_path / "company")))
    assert len(WorkedFindings(example, Words("en", "EUR")).sizes()) == 2


def test_tables_are_written_with_the_decimals_that_matter(demo):
    worked = WorkedFindings(demo, Words("en", "EUR"))
    rows = worked.arithmetic().set_index(demo.claims["claim"])
    assert list(rows.loc["small_clients"])[1:] == ["320", "346.5", "99%", "91.4%", "–", "–"]
    assert list(rows.loc["delivered_rest"])[1:] == ["190", "195.3", "–", "–", "5%", "6%"]
    assert list(worked.found().set_index(demo.claims["claim"]).loc["dust_revenue"])[1:] == [
        "70", "70", "–", "20%", "0.01%", "0.35%",
    ]  # fmt: skip
    assert list(worked.printed().set_index(demo.claims["claim"]).loc["delivered"])[1:] == ["220", "350", "65%", "60%"]


# -- the notebook -------------------------------------------------------------------------------------------------------------
def test_the_notebook_runs_on_the_training_base(shown):
    scope = run()
    assert scope["page"].engagement.file.path == ROOT / "data" / "demo" / "study.toml"
    pictures = [thing["image/png"]["alt"] for thing in shown if isinstance(thing, dict)]
    assert pictures == [
        "The largest 35 clients bring 80% of revenue",
        "Clients of 2025: 43% of the clients, 10% of revenue",
        "195 delivered clients outside the core bring 6% of revenue",
    ]
    html = "".join(thing for thing in shown if isinstance(thing, str))
    assert html.count("<table") == 5  # printed, arithmetic, verdicts, settings, found
    assert html.count("35 clients, 10% of the base") == 4
    assert "cb-closed" not in html.replace("cb-note.cb-closed", "")


def test_the_notebook_runs_on_a_base_without_regions_and_delivery(shown, tmp_path):
    rows = [(f"2025-{month:02}-05", client, 100.0 * k) for month in range(1, 13) for k, client in enumerate(("K1", "K2"), 1)]
    pd.DataFrame(rows, columns=["date", "client_id", "revenue"]).to_csv(tmp_path / "orders.csv", index=False)
    heading = 'name = "bare"\nlanguage = "ru"\ncurrency = "EUR"\nas_of = 2025-12-31\n[sources.orders]\nfile = "orders.csv"\n'
    (tmp_path / "study.toml").write_text(heading, encoding="utf-8")
    scope = run(tmp_path)
    table = scope["example"].claims.set_index("claim")
    assert table.loc[["regions", "delivered", "delivered_rest"], "n_found"].isna().all()
    assert "35 клиентов, 10 % базы" in "".join(thing for thing in shown if isinstance(thing, str))


def test_the_notebook_is_no_page_of_a_company_report():
    assert NOTEBOOK.is_file()
    assert NOTEBOOK.stem not in {path.stem for path in _notebooks()}
