"""Clients without names: the export's own codes where there are some, else codes of ours with a key that stays at home."""

import pandas as pd
from small_study import CLIENTS, write_study

from clientbase.study import Run, open_study


def coded(folder, **changes):
    study = write_study(folder)
    for name, text in changes.items():
        (study / name).write_text(text, encoding="utf-8")
    return open_study(study, Run({}, hide_names=True))


def test_a_code_beside_the_name_is_shown_as_it_is(tmp_path):
    engagement = coded(tmp_path)
    assert sorted(engagement.facts["client_id"]) == sorted(CLIENTS)
    assert "client_name" not in engagement.facts
    assert not (tmp_path / ".clientbase" / "client_codes.csv").exists()


def test_names_that_are_all_there_is_become_codes_with_a_key(tmp_path):
    study = write_study(tmp_path)
    names = {code: name for code, (name, *_) in CLIENTS.items()}
    orders = pd.read_csv(study / "orders.csv")
    orders.assign(client_id=orders["client_id"].map(names)).to_csv(study / "orders.csv", index=False)
    text = (study / "study.toml").read_text(encoding="utf-8").replace('[sources.clients]\nfile = "clients.csv"\n', "")
    (study / "study.toml").write_text(text, encoding="utf-8")
    engagement = open_study(study, Run({}, hide_names=True))
    assert sorted(engagement.facts["client_id"]) == ["C1", "C2", "C3", "C4", "C5", "C6", "C7"]
    assert set(engagement.ledger.groups["client_id"]) <= set(engagement.facts["client_id"])
    assert set(engagement.ledger.months["client_id"]) <= set(engagement.facts["client_id"])
    key = pd.read_csv(tmp_path / ".clientbase" / "client_codes.csv").set_index("code")["client_id"]
    largest = engagement.steps.client_card["client_id"].iloc[0]
    assert key[largest] == "Mill & Sons"


def test_the_same_names_get_the_same_codes(tmp_path):
    first, second = (coded(tmp_path / name).facts["client_id"].tolist() for name in ("a", "b"))
    assert first == second
