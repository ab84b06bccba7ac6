"""What the client load says: departments, load against return, groups and the service they get, habits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clientbase.findings.telling import Telling
from clientbase.load import UNPRICED_FROM
from clientbase.method.common import TOLERANCE, by_falling
from clientbase.method.department_rates import NO_COST, RECORDED
from clientbase.method.load_groups import PRICE_ONLY, RIGHT

if TYPE_CHECKING:
    from clientbase.load import Load
    from clientbase.words import Words

MOST_NAMED = 3  # clients or departments with a sentence of their own
HOUR = 60  # minutes
TOLD = (
    "client_id", "client_name", "n_orders", "is_load_known", "load_group", "load_ratio", "load_share", "return_share",
    "over_use", "cts", "entitled", "net",
)  # fmt: skip
HOW_COSTED = (
    "The cost of a client is the time it takes, at what a working minute of the department costs, and its direct costs "
    "(delivery, storage, claims and the like)."
)
HOW_ESTIMATED = (
    "Indicative: no work is recorded. Minutes are counted from the orders by typed standards, so clients differ only in what "
    "their orders show; changes, calls and urgent orders are not in it."
)
MONTHS_LACK = "Indicative: {list}: the costs of some months are not recorded; the mean of the others stands for them."
WITHOUT_COST = "{list}: work is recorded, but no cost of the department, so that its time costs nothing here."
UNPRICED = "{s} of the pieces of work have neither minutes nor a standard, so the load is understated."
MUCH_UNPRICED = "Indicative: {s} of the pieces of work have neither minutes nor a standard, so the load is understated."
UNKNOWN_LOAD = (
    "{n} {n:client has|clients have} purchases but no recorded work: their load is not known, which is not the same as none."
)
BY_REVENUE = "Margins are not known or bring nothing together, so return is measured by revenue."
ONE_WORD = "{c} takes {l} of the load and brings {m} of revenue."
MEASURE = (
    "To know more, record for four weeks: date, client, department, kind of work (call, order, change, urgent order, shipment, "
    "storage, invoice, complaint) and minutes. Until then, type the costs of the departments and the minutes of a typical "
    "order, line, delivery and contact: as typed_departments and typed_minutes of load in study.toml, or in the two files that "
    "the command clientbase form writes."
)


class LoadFindings(Telling):
    """Titles and sentences on the client load of one study."""

    def __init__(self, load: Load, words: Words) -> None:
        super().__init__(load.steps, words)
        self.load = load

    # What costs rest on

    def basis(self) -> list[str]:
        """Say how costs were found and what they lack."""
        load, words = self.load, self.words
        if load.shares is None:
            return []
        sentences = [words.text(HOW_ESTIMATED if load.is_estimated else HOW_COSTED)]
        rates = load.rates
        if len(lacking := rates.loc[~rates["rate_basis"].isin([RECORDED, NO_COST]), "department"]):
            sentences.append(words.text(MONTHS_LACK, list=words.listing(lacking)))
        if len(lacking := rates.loc[rates["rate_basis"].eq(NO_COST), "department"]):
            sentences.append(words.text(WITHOUT_COST, list=words.listing(lacking)))
        if load.unpriced_share > 0:
            text = MUCH_UNPRICED if load.unpriced_share > UNPRICED_FROM else UNPRICED
            sentences.append(words.text(text, s=words.percent(load.unpriced_share)))
        if not load.is_estimated and (load.steps.settings.load.typed_minutes or load.steps.settings.load.typed_departments):
            sentences.append(words.text("What is typed is not used where work and departments are recorded."))
        if load.direct_summary is not None and len(odd := load.direct_summary[load.direct_summary["amount"] < 0]):
            kinds = words.listing([words.category("cost_type", kind) for kind in odd["cost_type"]])
            sentences.append(
                words.text("Direct costs of a kind sum to less than nothing; check their signs: {list}.", list=kinds)
            )
        unknown = int((~load.shares["is_load_known"] & (load.shares["n_orders"] > 0)).sum())
        if unknown:
            sentences.append(words.text(UNKNOWN_LOAD, n=unknown))
        if load.basis != "margin":
            sentences.append(words.text(BY_REVENUE))
        return sentences

    def measure(self) -> list[str]:
        """Say what a company can start measuring, where work is not recorded."""
        return [self.words.text(MEASURE)] if self.load.is_estimated else []

    # Departments

    def departments_title(self) -> str:
        """Title the bars of the departments' time."""
        rates = self._costed()
        if rates is None:
            return self.words.text("Time of the departments")
        text = "Clients take {c} of what the departments cost; {u} is unused capacity"
        cost = rates["cost"].sum()
        used, idle = rates["client_cost"].sum() / cost, rates["unused_cost"].sum() / cost
        return self.words.text(text, c=self.words.percent(used), u=self.words.percent(idle))

    def departments(self) -> list[str]:
        """Conclude on the use of the departments."""
        rates, words = self._costed(), self.words
        if rates is None:
            return []
        idle = rates[~rates["is_overloaded"] & (rates["use_share"] < 1 - TOLERANCE)]
        sentences = [
            words.say("load.unused", d=row["department"], u=words.percent(row["use_share"]))
            for _, row in idle.sort_values(["unused_cost", "department"], ascending=[False, True]).head(MOST_NAMED).iterrows()
        ]
        for _, row in rates[rates["is_overloaded"]].iterrows():
            text = "{d} works at {u} of its capacity: its cost is shared out by the minutes used, and no more than it is."
            sentences.append(words.text(text, d=row["department"], u=words.percent(row["use_share"])))
        internal = rates["internal_cost"].sum()
        if internal > 0:
            text = "Work for no client (meetings, reports, training) costs {x}; it is never spread over the clients."
            sentences.append(words.text(text, x=words.money(internal)))
        return sentences

    def _costed(self) -> pd.DataFrame | None:
        rates = self.load.rates
        if rates is None or not rates["cost"].sum() > 0:
            return None
        return rates[rates["cost"].notna()]

    def flows(self) -> list[str]:
        """Set the flows side by side."""
        table, words = self.load.flow_load, self.words
        if table is None:
            return []
        text = "{flow}: {l} of the load of the company, {m} of its {value}."
        value = words.text("margin") if "margin" in table else words.text("revenue")
        return [
            words.text(text, flow=self._flow(row["flow"]), l=words.percent(row["load_share"]),
                       m=words.percent(row["return_share"]), value=value)
            for _, row in table.iterrows()
        ]  # fmt: skip

    # Load against return

    def load_title(self) -> str:
        """Title the bubbles of load against return."""
        shares, words = self.load.shares, self.words
        if shares is None:
            return ""
        if self._is_small():
            return words.text("Load against return")
        heavy = shares[shares["is_load_known"] & (shares["load_ratio"] > 1 + TOLERANCE) & (shares["n_orders"] > 0)]
        text = "{n} {n:client takes|clients take} {l} of the load and {n:brings|bring} {m} of the {value}"
        value = words.text("margin") if self.load.basis == "margin" else words.text("revenue")
        return words.text(
            text, n=len(heavy), value=value,
            l=words.percent(heavy["load_share"].sum()), m=words.percent(heavy["return_share"].sum()),
        )  # fmt: skip

    def heavy(self) -> list[str]:
        """Tell the heaviest clients that return less than they take, and those with room for attention."""
        if self.load.groups is None:
            return []
        if self._is_small():
            return self._withheld()
        return [*self._heavy(), *self._earned()]

    def _heavy(self) -> list[str]:
        groups, words = self._told, self.words
        bought = groups["is_load_known"] & (groups["n_orders"] > 0)
        heavy = groups[bought & (groups["load_ratio"] > 1 + TOLERANCE) & (groups["over_use"] > 0)]
        heavy = by_falling(heavy, "over_use", n=MOST_NAMED)
        sentences = []
        for name, (_, row) in zip(self._names(heavy), heavy.iterrows(), strict=True):
            values = {"c": name, "l": words.percent(row["load_share"]), "m": words.percent(row["return_share"])}
            if self.load.basis != "margin":
                sentences.append(words.text(ONE_WORD, **values))
            else:
                sentences.append(words.say("load.heavy", **values, x=words.money(row["net"])))
        return sentences

    @property
    def _told(self) -> pd.DataFrame:
        """The groups with the columns that sentences on single clients need: few of the facts, for they are sorted anew."""
        return self.load.groups[[name for name in TOLD if name in self.load.groups]]

    def _earned(self) -> list[str]:
        groups, words = self._told, self.words
        light = groups[groups["load_group"].eq(RIGHT) & (groups["over_use"] < 0)]
        light = by_falling(light.assign(spared=-light["over_use"]), "spared", n=MOST_NAMED)
        return [
            words.say("load.earned", c=name, a=words.money(row["cts"]), b=words.money(row["entitled"]))
            for name, (_, row) in zip(self._names(light), light.iterrows(), strict=True)
        ]

    def earned_rate(self) -> list[str]:
        """Say what service a unit of return earns, so that over-use can be recomputed."""
        if self.load.shares is None or self._is_small():
            return []
        words = self.words
        text = "Each {hundred} of {value} earns {x} of service; what a client uses beyond that is over-use."
        value = words.text("margin") if self.load.basis == "margin" else words.text("revenue")
        return [words.text(text, hundred=words.money(100), value=value, x=words.money(100 * self.load.earned_rate))]

    def whale_title(self) -> str:
        """Title the curve of cumulative results."""
        whale, words = self.load.whale, self.words
        if whale is None or self._is_small() or not whale.total > 0:
            return words.text("What the clients bring together")
        if whale.erosion <= TOLERANCE:
            return words.text("No client takes away from what the others bring")
        text = "The best {n} {n:client brings|clients bring} {p} of the result; the others take {e} of it away again"
        return words.text(text, n=whale.n_peak, p=words.percent(whale.peak_share), e=words.money(whale.erosion))

    def whale(self) -> list[str]:
        """Conclude on the curve."""
        whale, words = self.load.whale, self.words
        if whale is None or self._is_small():
            return []
        sentences = []
        if whale.n_below:
            text = "{n} {n:client brings|clients bring} less margin than serving {n:it costs|them costs}; together {x} less."
            sentences.append(words.text(text, n=whale.n_below, x=words.money(whale.erosion)))
        if n := self.load.n_outside_whale:
            text = "{n} {n:client|clients} without purchases {n:takes|take} work too and {n:stands|stand} outside the curve."
            sentences.append(words.text(text, n=n))
        return sentences

    # Groups

    def groups_title(self) -> str:
        """Title the bars of the groups."""
        groups, words = self.load.groups, self.words
        if groups is None or self._is_small():
            return words.text("Groups of clients by load and return")
        text = "{r} right {r:client|clients}, {p} that {p:buys|buy} for the price alone"
        counts = groups["load_group"].value_counts()
        return words.text(text, r=int(counts.get(RIGHT, 0)), p=int(counts.get(PRICE_ONLY, 0)))

    def groups(self) -> list[str]:
        """Say what the groups are about."""
        if self.load.groups is None:
            return []
        if self._is_small():
            return []
        words, groups = self.words, self.load.groups
        sentences = [words.text("There are no good or bad clients: each group has its rules, and the client knows them.")]
        unknown = groups["loyalty_score"].isna() & (groups["n_orders"] > 0)
        if unknown.any():
            text = "Of {n} {n:client|clients} too little is known to tell loyalty; {n:it counts|they count} as not loyal."
            sentences.append(words.text(text, n=int(unknown.sum())))
        return sentences

    def services(self) -> list[str]:
        """Say where the rules may be changed."""
        if self.load.service_rules is None:
            return []
        return [self.words.text("The rules are proposals; change them as service_rules of load in study.toml.")]

    # Causes and habits

    def causes_title(self) -> str:
        """Title the bars of over-used hours."""
        causes, words = self.load.causes, self.words
        if causes is None or self._is_small() or not (causes["over_minutes"] > 0).any():
            return words.text("Hours beyond those earned")
        over = causes[causes["over_minutes"] > 0]
        by_kind = over.groupby(["department", "activity_type"], as_index=False)["over_minutes"].sum()
        first = by_kind.sort_values(["over_minutes", "department", "activity_type"], ascending=[False, True, True]).iloc[0]
        text = "Most hours beyond those earned: {d}, {a}"
        return words.text(text, d=first["department"], a=words.category("activity_type", first["activity_type"]))

    def habits(self) -> list[str]:
        """Conclude on the habits that cost time."""
        found, words = self.load.habits, self.words
        if found is None or self._is_small():
            return []
        return self._flagged(found, words.number(self.steps.settings.load.high_from))

    def order_habits(self) -> list[str]:
        """Conclude on what orders alone show."""
        if self._is_small():
            return []
        return self._flagged(self.load.order_habits, self.words.number(self.steps.settings.load.high_from))

    def _flagged(self, habits: pd.DataFrame, times: str) -> list[str]:
        words = self.words
        flagged = habits[habits["n_high"] > 0]
        if flagged.empty:
            return [words.text("No client has a habit at {x} times the average or more.", x=times)]
        text = "{n} {n:client has|clients have} at least one habit at {x} times the average or more: {list}."
        return [words.text(text, n=len(flagged), x=times, list=words.listing(self._names(flagged)))]

    def over_service(self) -> list[str]:
        """Conclude on service used beyond what is free for the group."""
        found, words = self.load.over_service, self.words
        if found is None:
            return []
        if found.empty:
            return [words.text("No client uses more than is free for its group.")]
        return [words.text("{n} {n:client uses|clients use} more than is free for {n:its|their} group.", n=len(found))]

    def estimates(self) -> list[str]:
        """Say which typed standards the orders cannot be counted by."""
        uncounted, words = self.load.uncounted, self.words
        if uncounted is None or uncounted.empty:
            return []
        names = words.listing(uncounted["department"].drop_duplicates())
        return [words.text("Standards that the orders cannot be counted by are left out: {list}.", list=names)]
