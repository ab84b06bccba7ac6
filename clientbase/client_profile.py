"""The card of one client: what every step of the method says of it with the reasons, then what is not known of it.

A card is texts in the study's language, in sections of lines; whoever shows them escapes them.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from clientbase.errors import SettingError
from clientbase.labels import CLIENT_LIST
from clientbase.method.common import TOLERANCE, by_falling
from clientbase.method.service_rules import FREE_BY_USE, RULES
from clientbase.target import LOWER_CLASSES
from clientbase.words import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clientbase.study import Engagement

MOST_GAPS = 5
PURCHASES = (
    "revenue",
    "previous_revenue",
    "margin",
    "n_orders",
    "avg_purchase",
    "returned",
    "first_order_date",
    "last_deal_date",
)
ATTRIBUTES = tuple(name for name in CLIENT_LIST if name not in ("client_id", "client_name"))
WITH_REASONS = ("size", "products", "margin", "criteria", "robustness", "load")  # parts that can lack a result though open


class Line(NamedTuple):
    """One line of a card: what is told, what it is, and why or how sure."""

    label: str
    value: str
    detail: str = ""


Section = tuple[str, list[Line]]


def client_profile(engagement: Engagement, client_id: str) -> list[Section]:
    """Return the card of a client: title and lines of every section that the study has for it.

    Args:
        engagement: the study.
        client_id: the code of any client of the company; one outside the analysed flow has the sections of the company only.

    Raises SettingError for a code that no client has.
    """
    return _Profile(engagement, client_id).sections()


def client_index(engagement: Engagement) -> pd.DataFrame:
    """Return one row per client of the company by falling revenue: client_id, name, and both as they are searched.

    A client without a name has its code for one. code_key and name_key are without accents, capitals and outer spaces.
    """
    company = by_falling(engagement.steps.company, "revenue")
    codes = company["client_id"].astype("str")
    names = company["client_name"].fillna(codes).astype("str") if "client_name" in company else codes
    return pd.DataFrame({"client_id": codes, "name": names, "code_key": codes.map(_folded), "name_key": names.map(_folded)})


def matches(index: pd.DataFrame, text: str, n: int) -> pd.DataFrame:
    """Return the first n rows of client_index that fit a text: by code before by name, whole before part, then by revenue.

    A code fits if the text is a part of it, a name if all words of the text are; an empty text fits everyone.
    """
    asked = _folded(text)
    has_words = pd.Series(data=True, index=index.index)
    for word in asked.split():
        has_words &= index["name_key"].str.contains(word, regex=False)
    fits = (
        index["code_key"].eq(asked),
        index["code_key"].str.startswith(asked),
        index["code_key"].str.contains(asked, regex=False),
        index["name_key"].str.startswith(asked),
        has_words,
    )
    found = [index[fit] for fit in fits] if asked else [index]
    return pd.concat(found).drop_duplicates("client_id").head(n).reset_index(drop=True)


def find_clients(engagement: Engagement, text: str, n: int = 20) -> pd.DataFrame:
    """Return at most n clients of the company that fit a text, as `matches` says: client_id, name."""
    return matches(client_index(engagement), text, n)[["client_id", "name"]]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


class _Profile:
    """The sections of one client's card."""

    def __init__(self, engagement: Engagement, client_id: str) -> None:
        self.study = engagement
        self.steps = engagement.steps
        self.words = engagement.words
        self.client_id = client_id
        self.facts = self._row(self.steps.company)
        if self.facts is None:
            raise SettingError(f"no client has the code '{client_id}'. Look it up with find_clients.")

    def sections(self) -> list[Section]:
        text = self.words.text
        found = [
            (text("Who it is"), self._who()),
            (text("Purchases in the window"), self._lines(self.facts, PURCHASES)),
            (text("Step 1: flow"), self._flow()),
            (text("Step 2: size of purchases"), self._size()),
            (text("Step 3: assortment"), self._assortment()),
            (text("Step 4: relationship"), self._relationship()),
            (text("Step 5: class and score"), [*self._share_class(), *self._score()]),
            (text("Place in the base"), self._structure()),
            (text("Likeness to the target client"), self._target()),
            (text("Load and return"), self._load()),
            (text("Service of its load group"), self._service()),
            (text("Discounts"), self._discounts()),
            (text("Not known"), self._unknown()),
        ]
        return [(title, lines) for title, lines in found if lines]

    # Lines

    def _row(self, table: pd.DataFrame | None) -> pd.Series | None:
        """Return the client's row of a table, or None."""
        rows = self._rows(table)
        return None if rows.empty else rows.iloc[0]

    def _rows(self, table: pd.DataFrame | None) -> pd.DataFrame:
        return pd.DataFrame() if table is None else table[table["client_id"] == self.client_id]

    def _line(self, row: pd.Series, column: str, detail: str = "") -> Line:
        return Line(self.words.label(column), self.words.value(column, row[column]), detail)

    def _lines(self, row: pd.Series | None, columns: Iterable[str]) -> list[Line]:
        """Return the lines of those columns that the study has."""
        return [] if row is None else [self._line(row, name) for name in columns if name in row]

    def _told(self, row: pd.Series, column: str) -> str:
        """Return a value with its name, as a detail."""
        return f"{self.words.label(column)}: {self.words.value(column, row[column])}"

    # Sections

    def _who(self) -> list[Line]:
        known = [name for name in ATTRIBUTES if name in self.facts and pd.notna(self.facts[name])]
        names = [name for name in ("client_id", "client_name") if name in self.facts]
        return self._lines(self.facts, [*names, *known])

    def _flow(self) -> list[Line]:
        if not self.steps.has_flows:
            return []
        is_analysed = self._row(self.steps.facts) is not None
        told = "" if is_analysed else self.words.text("not of the flow that the further steps analyse")
        flow = self.steps.flows[self.steps.flows["flow"] == self.facts["flow"]].iloc[0]
        whole = [self._line(flow, "return_index", self.words.text("of the whole flow"))] if flow.notna()["return_index"] else []
        return [self._line(self.facts, "flow", told), *whole]

    def _size(self) -> list[Line]:
        if (row := self._row(self.steps.size_classes)) is None:
            return []
        words, bounds = self.words, self.steps.size_bounds
        large = words.text("large from {x}", x=words.money(bounds["large_from"]))
        small = words.text("small below {x}", x=words.money(bounds["small_below"]))
        regular = words.text("regular from {x}", x=words.percent(bounds["regular_from"]))
        return [
            self._line(row, "size_class", words.value("size_reason", row["size_reason"])),
            self._line(row, "avg_purchase", f"{large}; {small}"),
            self._line(row, "regularity", regular),
            *self._flags(row, "is_sa_candidate", "is_one_order"),
        ]

    def _flags(self, row: pd.Series, *columns: str) -> list[Line]:
        """Return lines of what is true of the client."""
        return [self._line(row, name) for name in columns if name in row and pd.notna(row[name]) and row[name]]

    def _assortment(self) -> list[Line]:
        if (row := self._row(self.steps.focus)) is None:
            return []
        found = [
            self._line(row, "focus_type"),
            self._line(row, "lead_group", self._told(row, "lead_share")),
            *self._lines(row, ("breadth", "n_eff")),
        ]
        gaps = self._rows(self.steps.gaps)
        if gaps.empty:
            return found
        gaps = gaps.sort_values(["potential", "product_group"], ascending=[False, True]).head(MOST_GAPS)
        return [*found, *(self._gap(gap) for _, gap in gaps.iterrows())]

    def _gap(self, gap: pd.Series) -> Line:
        bought, peers = (self._told(gap, name) for name in ("penetration_share", "peers"))
        potential = self._told(gap, "potential")
        group = self.words.value("product_group", gap["product_group"])
        return Line(self.words.text("Not bought, but by its peers"), group, f"{potential}; {bought}; {peers}")

    def _relationship(self) -> list[Line]:
        if (row := self._row(self.steps.levels)) is None:
            return []
        return [
            self._line(row, "rel_level", self._told(row, "peak_level")),
            *self._flags(row, "is_falling", "is_cooling", "is_on_track"),
            self._line(row, "days_since_deal", self._told(row, "median_gap_days")),
            self._line(row, "next_step"),
        ]

    def _share_class(self) -> list[Line]:
        if (row := self._row(self.steps.share_classes)) is None:
            return []
        basis = self.words.value("basis", self.steps.basis)
        return [
            self._line(row, "share_class", f"{self._told(row, 'value_share')} ({basis})"),
            *self._lines(row, ("share_class_margin",)),
            *self._flags(row, "has_volume_without_profit", "has_discount_above_margin"),
        ]

    def _score(self) -> list[Line]:
        if (row := self._row(self.steps.quadrants)) is None:
            return []
        cut = self.words.text("cut {x}", x=self.words.number(self.steps.score_cut))
        sure = self._row(self.steps.robustness)
        return [
            self._line(row, "total", cut),
            self._line(row, "quadrant", "" if sure is None else self._told(sure, "robustness")),
            self._line(row, "known_share"),
            *self._contributions(),
        ]

    def _contributions(self) -> list[Line]:
        """Return what each sign adds to the total, the largest first; points, though money has a column of this name."""
        parts = self._rows(self.steps.contributions)
        if parts.empty:
            return []
        scores = self._rows(self.steps.scores).dropna(subset="score")
        parts = parts.merge(scores[["criterion_id", "score", "source"]], on="criterion_id")
        parts = parts.sort_values(["contribution", "criterion_id"], ascending=[False, True])
        points, words = self.words.label("contribution"), self.words
        return [
            Line(f"{points}: {self._sign(part)}", words.number(part["contribution"]),
                 f"{self._told(part, 'score')} ({words.value('source', part['source'])})")
            for _, part in parts.iterrows()
        ]  # fmt: skip

    def _sign(self, sign: pd.Series) -> str:
        """Return the name of a sign in the study's language, or its code."""
        name = sign.get(f"label_{self.words.language}")
        return str(sign["criterion_id"]) if name is None or pd.isna(name) else str(name)

    def _structure(self) -> list[Line]:
        structure = self.study.structure
        stability, cohort = self._row(structure.xyz), self._row(structure.cohorts)
        move = self._row(structure.moves)
        return [
            *([] if stability is None else [self._line(stability, "xyz", self._told(stability, "xyz_reason"))]),
            *([] if stability is None else [self._line(stability, "cv"), *self._flags(stability, "is_silent")]),
            *([] if cohort is None else [self._line(cohort, "cohort")]),
            *([] if move is None else [self._line(move, "move", self._told(move, "change"))]),
        ]

    def _target(self) -> list[Line]:
        target, words = self.study.target, self.words
        share_class = self._row(self.steps.share_classes)
        if target.lines is None or target.look_alikes is None or share_class is None:
            return []
        chosen = target.clients.loc[target.is_target, "client_id"]
        if (chosen == self.client_id).any():
            return [Line(words.label("is_target"), words.text("yes"))]
        if share_class["share_class"] not in LOWER_CLASSES:
            told = words.text("sought in the classes C and D and among those without purchases")
            return [Line(words.label("portrait_match"), MISSING, told)]
        if (row := self._row(target.look_alikes)) is None:
            least = words.percent(self.steps.settings.portrait.match_from)
            return [Line(words.label("portrait_match"), words.text("below {x}", x=least))]
        lines = words.text("{n} of {total}", n=int(row["n_matched"]), total=int(row["n_portrait_lines"]))
        return [self._line(row, "portrait_match", f"{words.label('n_matched')}: {lines}")]

    def _load(self) -> list[Line]:
        load, words = self.study.load, self.words
        if (row := self._row(load.groups)) is None:
            return []
        group = self._line(row, "load_group", words.value("group_rule", row["group_rule"]))
        if not row["is_load_known"]:
            return [group]
        sure = words.text("indicative") if load.is_indicative else ""
        causes = self._rows(load.cost_causes)
        over = causes[causes["over_cost"] > 0].head(1) if len(causes) else causes
        return [
            group,
            self._line(row, "cts", sure),
            *self._lines(row, ("load_ratio", "net", "over_use", "loyalty_score")),
            *(self._line(cause, "cost_item", self._told(cause, "over_cost")) for _, cause in over.iterrows()),
        ]

    def _service(self) -> list[Line]:
        """Return the rules of the client's group, and beside each how much more the client uses."""
        load = self.study.load
        if (row := self._row(load.groups)) is None:
            return []
        rules = load.service_rules[load.service_rules["load_group"].astype("str") == str(row["load_group"])].iloc[0]
        used = self._row(load.over_service)
        over = {} if used is None else {free: name for name, (_, free) in FREE_BY_USE.items() if used[name] > TOLERANCE}
        return [self._line(rules, rule, self._told(used, over[rule]) if rule in over else "") for rule in RULES]

    def _discounts(self) -> list[Line]:
        audit, change = self._row(self.study.parity.audit), self._row(self.study.parity.changes)
        found = self._lines(audit, ("discount", "discount_rate", "margin_rate", "owed_share", "audit_verdict"))
        if change is not None:
            told = "; ".join(self._told(change, name) for name in ("deeper_share", "actual_growth_share"))
            found.append(self._line(change, "outcome", told))
        return found

    def _unknown(self) -> list[Line]:
        """Return what the study does not know of the client, and the parts of the method that it does not open."""
        words, facts = self.words, self.facts
        missing = [words.label(name) for name in ATTRIBUTES if name in facts and pd.isna(facts[name])]
        scores = self._rows(self.steps.scores)
        signs = scores.loc[scores["score"].isna(), "criterion_id"] if len(scores) else []
        named = self.steps.criteria[self.steps.criteria["criterion_id"].isin(signs)] if len(scores) else pd.DataFrame()
        signs = list(dict.fromkeys(self._sign(sign) for _, sign in named.iterrows()))
        gates = [gate for gate in self.study.gates.values() if not gate.is_open]
        reasons = [self.study.reason(part) for part in WITH_REASONS if part not in {gate.name for gate in gates}]
        reasons = dict.fromkeys(reason for reason in (*reasons, self.study.target.reason()) if reason)
        return [
            *([Line(words.text("Attributes"), ", ".join(missing))] if missing else []),
            *([Line(words.label("n_missing"), ", ".join(signs))] if signs else []),
            *(Line(words.value("gate", gate.name), words.text(gate.effect), words.text(gate.opened_by)) for gate in gates),
            *(Line(words.label("reason"), words.text(reason)) for reason in reasons),
        ]
