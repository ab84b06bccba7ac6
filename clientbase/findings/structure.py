"""What the structure of the base says: stability, concentration, cohorts, regions and delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clientbase.findings.telling import Telling
from clientbase.method.cohorts import BEFORE_DATA
from clientbase.method.common import TOLERANCE, at_least, below
from clientbase.method.delivery import WITHDRAW
from clientbase.method.regions import NOT_TESTABLE
from clientbase.method.rhythm import GRAIN_MONTHS, rhythm_periods

if TYPE_CHECKING:
    from clientbase.structure import Structure
    from clientbase.words import Words

NEARLY_SURE = 0.995  # a chance that need not be told
MOST_NAMED = 3  # cohorts or regions with a sentence of their own
PLANNED = ("A", "B"), ("X", "Y")
ONLY_YOUNG = (
    "Clients of {y}: {c} of the base, {v} of revenue; but at equal age they bring {a} of the older ones: young, not weak."
)


class StructureFindings(Telling):
    """Titles and sentences on the structure of one study's base."""

    def __init__(self, structure: Structure, words: Words) -> None:
        super().__init__(structure.steps, words)
        self.structure = structure

    # Stability

    def grain(self) -> str:
        """Say by which period stability is counted, over how many."""
        steps, words = self.steps, self.words
        n = rhythm_periods(steps.history_months, GRAIN_MONTHS[steps.grain])
        return words.text(
            "Stability is counted by {grain}, over the last {n} at most; a class needs {least}.",
            grain=words.category("grain", steps.grain), n=n, least=steps.settings.stability.min_periods,
        )  # fmt: skip

    def stability_title(self) -> str:
        """Title the matrix of share class and stability."""
        if self._is_small() or self.structure.xyz["xyz"].eq("n").all():
            return self.words.text("Share class against stability")
        planned = self._planned()
        return self.words.text(
            "{n} {n:client|clients} of A and B can be planned with: {v} of revenue",
            n=len(planned), v=self.words.percent(self._revenue_share(planned)),
        )  # fmt: skip

    def stability(self) -> list[str]:
        """Conclude on whose purchases can be planned."""
        if self._is_small():
            return self._withheld()
        structure, words = self.structure, self.words
        counts = structure.xyz_summary.set_index("xyz")["n_clients"]
        if counts["n"] == counts.sum():
            return [self._too_short(), *self._season()]
        planned = self._planned()
        sentences = [words.say("xyz.plan", n=len(planned), v=words.percent(self._revenue_share(planned)))]
        silent = structure.xyz[structure.xyz["is_silent"] & structure.xyz["share_class"].isin(PLANNED[0])]
        if len(silent):
            text = "{n} {n:client|clients} of A and B bought nothing in the last {m} months: {list}."
            months = self.steps.settings.stability.silent_months
            sentences.append(words.text(text, n=len(silent), m=months, list=words.listing(self._names(silent), limit=3)))
        if counts["n"]:
            text = "{n} {n:client is|clients are} known for too short a time to tell."
            sentences.append(words.text(text, n=int(counts["n"])))
        return [*sentences, *self._season()]

    def _planned(self) -> pd.DataFrame:
        xyz = self.structure.xyz
        return xyz[xyz["share_class"].isin(PLANNED[0]) & xyz["xyz"].isin(PLANNED[1])]

    def _revenue_share(self, clients: pd.DataFrame) -> float:
        """Return the clients' share of the revenue of all that have a class of stability."""
        total = self.structure.xyz["revenue"].sum()
        return float(clients["revenue"].sum() / total) if total > 0 else np.nan

    def _too_short(self) -> str:
        text = (
            "Counted by {grain}, no client has the {least} periods that a class needs, so stability is left open. "
            "A finer period (setting grain) would have more."
        )
        grain = self.words.category("grain", self.steps.grain)
        return self.words.text(text, grain=grain, least=self.steps.settings.stability.min_periods)

    def _season(self) -> list[str]:
        """Say whether the season was taken out, when that was asked for."""
        if not self.steps.settings.stability.is_seasonal:
            return []
        if self.structure.is_season_removed:
            return [self.words.text("Revenue was first divided by the seasonal index of the company.")]
        return [
            self.words.text("The seasonal index needs two whole years with sales in every month; revenue is taken as it is.")
        ]

    # Concentration

    def concentration_title(self) -> str:
        """Title the picture of rank and size."""
        measures, words = self.structure.concentration, self.words
        return words.text(
            "The {n} largest {n:client brings|clients bring} {v} of {value}",
            n=min(5, measures.n_clients), v=words.percent(measures.top_5_share), value=self._basis(),
        )  # fmt: skip

    def concentration(self) -> list[str]:
        """Conclude on concentration and the middle."""
        if self._is_small():
            return self._withheld()
        measures, words = self.structure.concentration, self.words
        bands = {
            "low": "The {value} is spread widely (HHI {h}): as if {n} equal clients shared it.",
            "moderate": "The {value} is moderately concentrated (HHI {h}): as if {n} equal clients shared it.",
            "high": "The {value} is highly concentrated (HHI {h}): as if {n} equal clients shared it.",
        }
        text = bands[measures.hhi_band]
        number = words.number(measures.effective_number, 1)
        return [
            words.text(text, value=self._basis(), h=words.number(measures.hhi, 3), n=number),
            words.text(
                "The largest fifth of the clients brings {v}; four fifths of the {value} come from {n} {n:client|clients}.",
                v=words.percent(measures.top_fifth_share), value=self._basis(), n=measures.n_for_80_whole,
            ),
            *self.middle(),
            *self._gap(),
        ]  # fmt: skip

    def middle(self) -> list[str]:
        """Say whether there is a middle between the large and the small."""
        if self._is_small():
            return []
        measures, words = self.structure.concentration, self.words
        middle = self.structure.band_summary.set_index("size_band").loc["middle", "value_share"]
        if self.structure.has_missing_middle:
            values = {"k": min(5, measures.n_clients), "v": words.percent(measures.top_5_share), "m": words.percent(middle)}
            return [words.say("conc.nomid", **values)]
        low, high = self.steps.settings.concentration.middle_share, self.steps.settings.concentration.large_share
        text = "The middle, clients of {low} to {high} each, brings {m}."
        return [words.text(text, low=words.percent(low), high=words.percent(high), m=words.percent(middle))]

    def _gap(self) -> list[str]:
        measures, words = self.structure.concentration, self.words
        if not measures.gap_ratio > 1 + TOLERANCE:
            return []
        text = "The widest step among the largest: number {k} is {x} times the next."
        return [words.text(text, k=measures.gap_rank, x=words.number(measures.gap_ratio, 1))]

    def loss_title(self) -> str:
        """Title the stairs of profit."""
        steps, words = self.structure.loss_steps, self.words
        if steps is None:
            return ""
        k = min(self.steps.settings.concentration.lost_clients, len(steps) - 1)
        left = steps.loc[steps["n_lost"] == k, "profit"].iloc[0]
        if self.steps.settings.concentration.fixed_costs:
            text = (
                "Without the {k} largest {k:client|clients} a loss of {x} would be left"
                if left < 0
                else "Without the {k} largest {k:client|clients} a profit of {x} would be left"
            )
            return words.text(text, k=k, x=words.money(abs(left)))
        return words.text("Without the {k} largest {k:client|clients} a margin of {x} would be left", k=k, x=words.money(left))

    def losses(self) -> list[str]:
        """Conclude on the loss of key clients."""
        structure, words = self.structure, self.words
        if structure.loss_steps is None or self._is_small():
            return []
        sentences = [self._break_even()]
        if (found := structure.replacement) is not None:
            text = "To replace the margin of the {k} largest takes {n} typical {n:client|clients} of class {c} ({x} each)."
            k = self.steps.settings.concentration.lost_clients
            sentences.append(words.text(text, k=k, n=found.n_clients, c=found.from_class, x=words.money(found.median_margin)))
        return [*sentences, *self._expected_loss()]

    def _expected_loss(self) -> list[str]:
        expected, words = self.structure.expected_loss, self.words
        if expected is None or np.isnan(expected.expected):
            return []
        text = "By the chances of loss in force a year costs {x} of margin on average. Chances {how}."
        sentences = [words.text(text, x=words.money(expected.expected), how=self._chances())]
        if below(expected.chance_of_any, NEARLY_SURE):
            text = "That any client goes at all has a chance of {p}."
            sentences.append(words.text(text, p=words.percent(expected.chance_of_any)))
        return sentences

    def _break_even(self) -> str:
        structure, words = self.structure, self.words
        if not self.steps.settings.concentration.fixed_costs:
            return words.text("Fixed costs are not given (setting fixed_costs), so the stairs show margin and no break-even.")
        if structure.break_even_loss is None:
            return words.text("The company stays in profit whoever of its clients leaves.")
        if structure.break_even_loss == 0:
            return words.text("The margin does not cover the fixed costs, even with all clients.")
        return words.say("conc.kstar", k=structure.break_even_loss)

    def _chances(self) -> str:
        words, given = self.words, self.steps.settings.concentration.loss_probabilities
        chances = self.structure.loss_chances
        typed = ", ".join(f"{name} {words.percent(chance)}" for name, chance in chances.items() if name in given)
        past = ", ".join(f"{name} {words.percent(chance)}" for name, chance in chances.items() if name not in given)
        parts = [words.text("typed: {list}", list=typed)] if typed else []
        return "; ".join([*parts, words.text("as in the window before: {list}", list=past)] if past else parts)

    # Cohorts

    def cohorts_title(self) -> str:
        """Title the bars of the cohorts by the latest of them."""
        summary = self.structure.cohort_summary
        told = summary[(summary["n_clients"] > 0) & ~summary["is_small"]]
        if told.empty:
            return self.words.text("Cohorts by year of the first purchase")
        last = told.iloc[-1]
        return self.words.text(
            "Clients of {y}: {c} of the clients, {v} of revenue",
            y=self._cohort(last["cohort"]), c=self.words.percent(last["client_share"]),
            v=self.words.percent(last["revenue_share"]),
        )  # fmt: skip

    def cohorts(self) -> list[str]:
        """Conclude on the cohorts that bring less than their number."""
        if self._is_small():
            return self._withheld()
        summary, words = self.structure.cohort_summary, self.words
        weak_below = self.steps.settings.cohorts.weak_below
        is_weak = below(summary["value_index"], weak_below) & ~summary["is_small"] & (summary["n_clients"] > 0)
        weak = summary[is_weak & (summary["cohort"] != BEFORE_DATA)]
        by_age = self.structure.same_age.set_index("cohort")
        older = by_age.loc[by_age["n_clients"] >= self.steps.settings.cohorts.min_cohort, "to_older"]
        sentences = []
        for row in weak.tail(MOST_NAMED).itertuples():
            known = row.cohort in older.index and not np.isnan(older[row.cohort])
            values = {"y": row.cohort, "c": words.percent(row.client_share), "v": words.percent(row.revenue_share)}
            values["a"] = words.percent(older[row.cohort]) if known else None
            is_young = known and at_least(older[row.cohort], 1.0)
            sentences.append(words.text(ONLY_YOUNG, **values) if is_young else words.say("cohort.weak", **values))
        if not sentences:
            sentences = [
                words.text(
                    "No cohort of any size brings less than {x} times its share of the clients.", x=words.number(weak_below)
                )
            ]
        return [*sentences, *self._too_young()]

    def _too_young(self) -> list[str]:
        if not self.structure.same_age.empty:
            return []
        n = self.steps.settings.cohorts.age_months
        return [
            self.words.text(
                "No client's first {n} months lie wholly in the data, so cohorts cannot be compared at equal age.", n=n
            )
        ]

    def retention_title(self) -> str:
        """Title the triangle by the oldest cohort that can be followed for a whole year."""
        table, words = self.structure.retention, self.words
        whole = table[~table["is_partial"] & ~table["is_small"] & (table["cohort"] != BEFORE_DATA)]
        won = pd.to_numeric(whole["cohort"].astype(str))
        later = whole[(whole["year"] > won) & won.isin(whole["year"][whole["year"] == won])]
        if later.empty:
            return words.text("Who still buys, by year of the first purchase")
        last = later[later["cohort"] == later["cohort"].iloc[0]].iloc[-1]
        return words.text(
            "Of the clients of {y}, {r} bought in {z}",
            y=str(last["cohort"]), r=words.percent(last["retention_share"]), z=str(last["year"]),
        )  # fmt: skip

    def moves_title(self) -> str:
        """Title the bars of change by move."""
        summary, words = self.structure.move_summary, self.words
        if summary is None:
            return ""
        change = summary.set_index("move")["change"]
        return words.text(
            "New clients brought {a}, lost ones took {l} away", a=words.money(change["new"]), l=words.money(-change["lost"])
        )

    def moves(self) -> list[str]:
        """Conclude on new, lost and returned clients."""
        structure, words = self.structure, self.words
        if structure.move_summary is None:
            text = "The history is too short to compare two windows: it needs {n} months."
            return [words.text(text, n=self.steps.window.months + self.steps.previous.months)]
        change = structure.move_summary.set_index("move")["change"]
        values = {"a": "new", "r": "returned", "l": "lost", "g": "grown", "f": "declined"}
        told = {name: words.money_change(change[move]) for name, move in values.items()}
        sentences = [words.say("mon.bridge", d=words.money_change(change.sum()), **told)]
        rates = structure.retention_rates
        if not np.isnan(rates.nrr) and not self._is_small():
            text = "Of the clients of the window before, {c} bought again; they bring {n} of that revenue, {g} without growth."
            shares = {"c": rates.client_retention, "n": rates.nrr, "g": rates.grr}
            sentences.append(words.text(text, **{name: words.percent(share) for name, share in shares.items()}))
        return sentences

    def _cohort(self, name: object) -> str:
        return self.words.category("cohort", str(name))

    # Regions

    def regions_title(self) -> str:
        """Title the bars of the regions."""
        found = self.structure.regions
        if found is None or not found["is_carrying"].any():
            return ""
        carrying = found[found["is_carrying"]]
        return self.words.text(
            "{n} of {m} regions {n:brings|bring} {v} of revenue",
            n=len(carrying), m=int((found["n_clients"] > 0).sum()), v=self.words.percent(carrying["revenue_share"].sum()),
        )  # fmt: skip

    def regions(self) -> list[str]:
        """Conclude on seasons and unsteady sales."""
        found, words = self.structure.regions, self.words
        if found is None:
            return []
        if not self.steps.is_enough(self.steps.company):
            return self._withheld()
        sentences = []
        for row in found[found["verdict"] == "seasonal"].head(MOST_NAMED).itertuples():
            peak = words.calendar_month(int(row.peak_month))
            sentences.append(words.say("region.season", r=words.category("region", row.region), m=peak))
        unsteady = found[found["verdict"] == "unsteady"]
        shown = unsteady.head(MOST_NAMED)["region"]
        sentences += [words.say("region.uneven", r=words.category("region", region)) for region in shown]
        if len(unsteady) > MOST_NAMED:
            text = "{n} more {n:region is|regions are} unsteady without season."
            sentences.append(words.text(text, n=len(unsteady) - MOST_NAMED))
        if n := int((found["verdict"] == NOT_TESTABLE).sum()):
            text = "For {n} {n:region|regions} a season cannot be told: less than two years, or too few months, of sales."
            sentences.append(words.text(text, n=n))
        if not sentences:
            sentences = [words.text("No region is seasonal, unsteady or too short of data to tell.")]
        return [*sentences, *self._effort(unsteady)]

    def _effort(self, unsteady: pd.DataFrame) -> list[str]:
        """Say whether sales of an unsteady region go along with the contacts made there."""
        if "effort_correlation" not in unsteady:
            return []
        words = self.words
        text = "{r}: month by month, sales and contacts go together by {x} (1 is in step, 0 not at all)."
        known = unsteady[unsteady["effort_correlation"].notna()].head(MOST_NAMED)
        return [
            words.text(text, r=words.category("region", row.region), x=words.number(row.effort_correlation, 2))
            for row in known.itertuples()
        ]

    def seasons_title(self) -> str:
        """Title the panels of two years."""
        found = self.structure.regions
        if found is None:
            return ""
        n = int((found["verdict"] == "seasonal").sum())
        if not n:
            return self.words.text("The regions month by month")
        return self.words.text("{n} {n:region follows|regions follow} the seasons", n=n)

    # Delivery

    def delivery_title(self) -> str:
        """Title the mosaic of delivery."""
        cross = self.structure.delivery_cross
        if cross is None:
            return ""
        rest = self._delivered(cross, "rest")
        return self.words.text(
            "{n} delivered {n:client|clients} outside the core {n:brings|bring} {v} of revenue",
            n=int(rest["n_clients"]), v=self.words.percent(rest["revenue_share"]),
        )  # fmt: skip

    def delivery(self) -> list[str]:
        """Conclude on who uses delivery, and whether it is earned."""
        cross, words = self.structure.delivery_cross, self.words
        if cross is None:
            return []
        if not self.steps.is_enough(self.steps.company):
            return self._withheld()
        core, rest = self._delivered(cross, "core"), self._delivered(cross, "rest")
        n = int(core["n_clients"] + rest["n_clients"])
        text = (
            "Our delivery serves {n} {n:client|clients} ({s}) with {v} of revenue; of the core clients {c} use it, with {r} of "
            "their revenue."
        )
        shares = {
            "s": core["client_share"] + rest["client_share"], "v": core["revenue_share"] + rest["revenue_share"],
            "c": core["part_client_share"], "r": core["part_revenue_share"],
        }  # fmt: skip
        sentences = [words.text(text, n=n, **{name: words.percent(share) for name, share in shares.items()})]
        if rest["n_clients"]:
            sentences.append(words.say("deliv.cut", n=int(rest["n_clients"]), v=words.money(rest["revenue"])))
        return [*sentences, *self._not_earned(), self._free_delivery()]

    def _delivered(self, cross: pd.DataFrame, part: str) -> pd.Series:
        return cross[(cross["part"] == part) & cross["is_delivered"].fillna(value=False)].iloc[0]

    def _not_earned(self) -> list[str]:
        verdicts = self.structure.delivery_verdicts
        lost = verdicts[verdicts["delivery_verdict"] == WITHDRAW]
        if lost.empty:
            return []
        text = "With {n} {n:client|clients} delivery costs more than the margin: {list}."
        names = self.words.listing(self._names(lost), limit=MOST_NAMED)
        return [self.words.text(text, n=len(lost), list=names)]

    def _free_delivery(self) -> str:
        structure, words = self.structure, self.words
        if np.isnan(structure.free_delivery_order):
            return words.text(
                "From which order delivery may be free is not told: this needs orders.delivery, delivery_cost and margins."
            )
        text = (
            "At {c} a delivery and a margin rate of {m} delivery may be free from an order of {x}, if it may take {s} of "
            "the margin."
        )
        return words.text(
            text, c=words.money(structure.cost_per_delivery), m=words.percent(structure.margin_rate),
            x=words.money(structure.free_delivery_order), s=words.percent(self.steps.settings.delivery.allowed_share),
        )  # fmt: skip
