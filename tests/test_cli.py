"""The command line, as a user types it: reports made for real on a small study, and the answers to mistakes."""

import json
import re

import pandas as pd
import pytest
from small_study import CLIENTS, write_study
from typer.testing import CliRunner

from clientbase import __version__
from clientbase.cli import app
from clientbase.load_form import SECTIONS
from clientbase.study import open_study

NAMES = [name for name, *_ in CLIENTS.values()]


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def made(study, tmp_path_factory):
    """The report of the small study, made once for the tests that read it, with one parameter of the run."""
    out = tmp_path_factory.mktemp("reports")
    answer = run("report", study, "--out", out, "-p", "share_a=0.7")
    assert answer.exit_code == 0, answer.output
    return out / "small", answer.output


def test_help_names_the_commands_and_says_what_to_type():
    answer = run("--help")
    assert answer.exit_code == 0
    for command in ("report", "new", "sheet", "lab", "form", "parameters"):
        assert command in answer.output
    assert "Example: clientbase report data/demo" in re.sub(r"\s+", " ", run("report", "--help").output)


def test_the_version_is_that_of_the_package():
    assert run("--version").output.strip() == f"clientbase {__version__}"


def test_parameters_are_listed_with_default_and_meaning():
    answer = run("parameters", "--step", "5")
    assert "share_a = 0.8  share of value where class A ends" in answer.output
    assert "window_months" not in answer.output


def test_a_report_ends_by_naming_the_page_to_open(made):
    folder, output = made
    assert str(folder / "index.html") in output.replace("\n", "")
    stems = {path.stem for path in folder.glob("*.html")}
    assert stems == {
        "index",
        "00_data",
        "01_flow_separation",
        "02_purchase_size_classes",
        "03_assortment_focus",
        "04_relationship_levels",
        "05_weighted_scoring",
        "06_base_structure",
        "07_target_client",
        "08_client_load",
        "09_profit_parity",
        "11_client_service",
    }


def test_pages_name_no_outside_address_and_keep_names_as_text(made):
    folder, _ = made
    for page in folder.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", text), page.name
        assert "<b>North</b>" not in text
    assert "Bakery &lt;b&gt;North&lt;/b&gt;" in (folder / "05_weighted_scoring.html").read_text(encoding="utf-8")


def test_run_json_tells_settings_with_origins_sources_and_versions(made):
    record = json.loads((made[0] / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["share_classes"]["share_a"] == {"value": 0.7, "default": 0.8, "origin": "this run"}
    assert record["settings"]["share_classes"]["share_b"]["origin"] == "default"
    assert [source["file"] for source in record["sources"]] == ["orders.csv", "clients.csv", "products.csv"]
    assert all(len(source["sha256"]) == 64 for source in record["sources"])
    assert record["versions"]["pandas"] == pd.__version__
    assert len(record["notebooks"]) == 11


def test_tables_are_kept_whole_and_a_name_is_no_formula_in_them(made):
    card = pd.read_parquet(made[0] / "tables" / "client_card.parquet")
    assert card["client_id"].tolist() == ["K1", "K2", "K3", "K4", "K5", "K6", "K7"]
    assert card["revenue"].tolist() == [21600, 4800, 1440, 720, 360, 240, 60]
    written = (made[0] / "tables" / "client_card.csv").read_text(encoding="utf-8-sig")
    assert "'=SUM(A1:A9)" in written
    assert ",=SUM" not in written


def test_the_run_value_reaches_the_classes(made):
    card = pd.read_parquet(made[0] / "tables" / "client_card.parquet")
    assert card["share_class"].astype(str).tolist() == ["A", "B", "B", "B", "C", "C", "C"]  # before: 0, .739, .904, .953, .977


def test_a_report_by_code_holds_no_name_anywhere(study, tmp_path):
    answer = run("report", study, "--out", tmp_path, "--codes", "--step", "05", "--step", "00")
    assert answer.exit_code == 0, answer.output
    for path in (tmp_path / "small").rglob("*"):
        if path.is_file():
            content = path.read_bytes().decode("utf-8", errors="replace")
            assert not [name for name in NAMES if name in content or name.replace("<", "&lt;") in content], path


def test_a_parameter_of_an_earlier_step_counts_though_its_page_is_not_asked_for(study, tmp_path):
    answer = run("report", study, "--out", tmp_path, "--step", "5", "-p", "scope_flow=private")
    assert answer.exit_code == 0, answer.output
    card = pd.read_parquet(tmp_path / "small" / "tables" / "client_card.parquet")
    assert sorted(card["client_id"]) == ["K5", "K6", "K7"]


def test_one_failing_study_does_not_stop_the_others(study, tmp_path):
    bad = write_study(tmp_path / "bad", name="bad")
    (bad / "orders.csv").write_text("date,client_id,revenue\n", encoding="utf-8")
    answer = run("report", bad, study, "--out", tmp_path / "out", "--step", "0")
    assert answer.exit_code == 1
    assert (tmp_path / "out" / "small" / "index.html").exists()
    assert "headings but no rows" in answer.output
    assert "1 made, 1 failed" in answer.output
    assert f"Error in {bad}:" in answer.output
    lines = answer.output.splitlines()
    assert [line.split()[:2] for line in lines[-4:-1]] == [["study", "result"], [str(bad), "failed"], [str(study), "made"]]
    assert str(tmp_path / "out" / "small" / "index.html") in lines[-2]
    assert "headings but no rows" in lines[-3]


def test_studies_of_one_name_would_write_one_folder_and_are_refused(study, tmp_path):
    twin, other = write_study(tmp_path / "twin"), write_study(tmp_path / "other", name="other")
    answer = run("report", study, twin, other, "--out", tmp_path / "out", "--step", "0")
    assert answer.exit_code == 1
    said = " ".join(answer.output.split())
    assert f"the study '{twin}' has the same name as '{study}': both reports would be written to the same folder" in said
    assert "1 made, 2 failed, 0 not made" in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["other"]


def test_a_study_named_twice_is_made_once(study, tmp_path):
    answer = run("report", study, study / "study.toml", "--out", tmp_path, "--step", "0")
    assert answer.exit_code == 0, answer.output
    assert answer.output.count("index.html") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "there is no study 'nowhere'"),
        (["{study}", "-p", "shar_a=0.7"], "share_a"),
        (["{study}", "-p", "share_a=0,7"], "decimal"),
        (["{study}", "-p", "share_a=1.7"], "needs to be less than 1"),
        (["{study}", "-p", "share_a=0.97"], "the bounds must rise"),
        (["{study}", "-p", "share_a"], "NAME=VALUE"),
        (["{study}", "-p", "study=other"], "named as the argument"),
        (["{study}", "--step", "flow_seperation"], "01_flow_separation"),
        (["{study}", "-p", "scope_flow=wholesale"], "the flows are 'corporate', 'private'"),
    ],
)
def test_a_mistake_gets_one_sentence_and_no_trace(study, tmp_path, arguments, says):
    answer = run("report", *(argument.format(study=study) for argument in arguments), "--out", tmp_path)
    assert answer.exit_code == 1
    assert says in re.sub(r"\s+", " ", answer.output)
    assert "Traceback" not in answer.output
    assert not (tmp_path / "small" / "index.html").exists()


# -- the negotiation sheet and the form ---------------------------------------------------------------------------------------
def test_a_sheet_is_written_beside_the_reports_and_named(study, tmp_path):
    answer = run("sheet", study, "K1", "--offer", "volume=0.1", "--no-pdf", "--out", tmp_path)
    assert answer.exit_code == 0, answer.output
    (page,) = (tmp_path / "small-sheets").iterdir()
    assert str(page) in answer.output.replace("\n", "")
    assert "10% more volume" in page.read_text(encoding="utf-8")


def test_a_sheet_without_our_costs_has_a_name_of_its_own(study, tmp_path):
    for arguments in ([], ["--without-costs"]):
        assert run("sheet", study, "K1", *arguments, "--no-pdf", "--out", tmp_path).exit_code == 0
    assert {path.name for path in (tmp_path / "small-sheets").iterdir()} == {"K1.html", "K1-open.html"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Nobody"], "no client has the code or name 'Nobody'"),
        (["K1", "--offer", "volume"], "an offer is given as KIND=TERMS"),
        (["K1", "--offer", "volume=much"], "an offer is given as KIND=TERMS"),
        (["K1", "--offer", "volume=10%", "--offer", "volume=0.2"], "volume is offered twice"),
        ([" "], "the client is empty: give its code or name"),
        (["K1", "--offer", "volum=0.1"], "there is no offer 'volum' (did you mean 'volume'?)"),
        (["K1", "--offer", "portal=7"], "needs to be at least 0 and at most 1"),
    ],
)
def test_a_sheet_that_cannot_be_made_says_why(study, tmp_path, arguments, message):
    answer = run("sheet", study, *arguments, "--no-pdf", "--out", tmp_path)
    assert answer.exit_code == 1
    assert message in " ".join(answer.output.split())
    assert list(tmp_path.iterdir()) == []


def test_the_form_is_written_once_and_counts_when_filled_in(tmp_path):
    company = write_study(tmp_path)
    answer = run("form", company)
    assert answer.exit_code == 0, answer.output
    assert 'file = "activity_standards.csv"' in answer.output
    again = run("form", company)
    assert again.exit_code == 1
    assert "has departments.csv, activity_standards.csv already" in " ".join(again.output.split())
    departments = pd.read_csv(company / "departments.csv")
    departments.loc[departments["department"] == "sales", ["cost", "headcount", "hours_per_head"]] = [5000, 2, 150]
    departments.to_csv(company / "departments.csv", index=False)
    standards = pd.read_csv(company / "activity_standards.csv")
    standards.loc[standards["activity_type"] == "order_processing", "standard_minutes"] = 25
    standards.to_csv(company / "activity_standards.csv", index=False)
    with (company / "study.toml").open("a", encoding="utf-8") as study_file:
        study_file.write(SECTIONS)
    load = open_study(company).load
    assert load.is_estimated
    assert load.rates["department"].tolist() == ["sales"]
    assert (load.shares["minutes"] == 25 * load.shares["n_orders"]).all()


def test_a_report_takes_lists_and_dictionaries(study, tmp_path):
    answer = run("report", study, "--step", "9", "-p", "offers={'volume': 0.1}", "-p", "table_discounts=[0.02]", "-o", tmp_path)
    assert answer.exit_code == 0, answer.output
    record = json.loads((tmp_path / "small" / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["parity"]["offers"]["value"] == {"volume": 0.1}
    assert "10% more volume" in (tmp_path / "small" / "09_profit_parity.html").read_text(encoding="utf-8")
    refused = run("report", study, "--step", "9", "-p", "offers=volume", "-o", tmp_path)
    assert refused.exit_code == 1
    assert "needed is dict, for example offers=" in " ".join(refused.output.split())
