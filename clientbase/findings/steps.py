"""What the tables of the five steps say: titles of pictures and conclusions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clientbase.findings.telling import Telling
from clientbase.method.common import at_least, below
from clientbase.method.rhythm import GRAIN_MONTHS
from clientbase.steps import EVERY_MONTHS, WHOLE_BASE

if TYPE_CHECKING:
    import pandas as pd

PARETO = (0.20, 0.80)  # S2: 20 % of clients give 80 % of the result
MONTHLY_DAYS = 45  # METHOD 2.2: a base slower than this is not judged by the month without a word
WEAK_CORRELATION = 0.1


class Findings(Telling):
    """Titles and sentences of one study's steps, in its language."""

    # Data

    def rhythm(self) -> str:
        """Say how often clients buy and which period follows from it."""
        rhythm, words = self.steps.rhythm, self.words
        if np.isnan(rhythm.days):
            return words.text(
                "Too few clients buy often enough to measure the rhythm of the base ({n}); the month is used.",
                n=rhythm.n_clients,
            )
        return words.text(
            "Half of the clients buy again within {days} days (quartiles {low} and {high}; {n} clients); "
            "regularity is counted by {grain}.",
            days=words.number(rhythm.days, 0),
            low=words.number(rhythm.low_quartile, 0),
            high=words.number(rhythm.high_quartile, 0),
            n=rhythm.n_clients,
            grain=words.category("grain", self.steps.grain),
        )

    def revenue_title(self, months: pd.DataFrame) -> str:
        """Title the picture of monthly revenue."""
        inside = months.loc[months["is_window"], "revenue"]
        return self.words.text("The analysed window holds {x} of revenue", x=self.words.money(inside.sum()))

    # Step 1

    def flows_title(self) -> str:
        """Title the picture of profit and time by flow."""
        contrast, words = self.steps.contrast, self.words
        if contrast.verdict == "undefined":
            return self._largest_flow()
        high = self.steps.flows.set_index("flow").loc[contrast.high_flow]
        return words.text(
            "{flow}: {p} of profit for {t} of time",
            flow=self._flow(contrast.high_flow), p=words.percent(high["profit_share"]), t=words.percent(high["time_share"]),
        )  # fmt: skip

    def _largest_flow(self) -> str:
        first = self.steps.flows.sort_values("revenue", ascending=False).iloc[0]
        if first["flow"] == WHOLE_BASE:
            return self.words.text("All clients form one flow")
        revenue, profit = self.words.percent(first["revenue_share"]), first["profit_share"]
        if np.isnan(profit):
            return self.words.text("{flow}: {r} of revenue", flow=self._flow(first["flow"]), r=revenue)
        return self.words.text(
            "{flow}: {r} of revenue, {p} of profit", flow=self._flow(first["flow"]), r=revenue, p=self.words.percent(profit)
        )

    def flows(self) -> list[str]:
        """Conclude whether flows should be separated, and what moving time would bring."""
        if not self.steps.is_enough(self.steps.company):
            return self._withheld()
        contrast, words = self.steps.contrast, self.words
        if contrast.verdict == "undefined":
            return [self._why_no_contrast()]
        flows = self.steps.flows.set_index("flow")
        times = words.number(contrast.contrast, 1)
        if contrast.verdict == "separate":
            high = flows.loc[contrast.high_flow]
            verdict = words.say(
                "flow.split",
                hi=self._flow(contrast.high_flow),
                p=words.percent(high["profit_share"]),
                t=words.percent(high["time_share"]),
                K=times,
            )
        else:
            verdict = words.say("flow.std", K=times) if contrast.verdict == "standards" else words.say("flow.keep")
        return [verdict, self._moved(), self._scope()]

    def _moved(self) -> str:
        moved, given, words = self.steps.moved_time, self.steps.settings.flows, self.words
        values = {
            "u": words.percent(given.moved_share),
            "lo": self._flow(self.steps.contrast.low_flow),
            "hi": self._flow(self.steps.contrast.high_flow),
            "net": words.money(moved.net),
            "eta": words.percent(given.efficiency),
            "loss": words.percent(given.loss),
        }
        return words.text(
            "Moving {u} of the time of {lo} to {hi} would change profit by {net} a year. Assumed: an added hour returns {eta} "
            "of the average hour there, and {lo} loses {loss} of the profit earned in the time withdrawn.",
            **values,
        )

    def _scope(self) -> str:
        if self.steps.scope_flow == WHOLE_BASE:
            return self.words.text("Steps 2 to 5 analyse the whole base.")
        return self.words.text("Steps 2 to 5 analyse the flow {flow}.", flow=self._flow(self.steps.scope_flow))

    def _why_no_contrast(self) -> str:
        reasons = {
            "one flow": "The client list names no kinds of clients, so there is one flow and nothing to separate.",
            "no margin": "Without margins the flows cannot be weighed; their revenue is shown.",
            "no time recorded": "No working time is recorded for the flows. Their profit is shown; to weigh it against time, "
            "record activities or type time_shares in the study.",
            "too little time": "Fewer than two flows take enough time to be compared.",
            "total margin not positive": "The total margin is not positive, so shares of profit have no meaning: check prices.",
            "flow margin not positive": "A flow brings no profit at all: check its prices before its time.",
        }
        return self.words.text(reasons[self.steps.contrast.reason])

    # Step 2

    def sizes_title(self) -> str:
        """Title the map of purchase size and regularity."""
        if self.steps.size_summary is None:
            return ""
        large = self.steps.size_summary.set_index("size_class").loc["SA"]
        return self.words.text(
            "{n} {n:client|clients} regularly {n:buys|buy} in large lots and {n:brings|bring} {v} of revenue",
            n=int(large["n_clients"]), v=self.words.percent(large["revenue_share"]),
        )  # fmt: skip

    def middle_title(self) -> str:
        """Title the bars of clients and revenue by size class."""
        if self.steps.size_summary is None:
            return ""
        middle = self.steps.size_summary.set_index("size_class").loc["SB"]
        return self.words.text(
            "The middle: {s} of clients, {v} of revenue",
            s=self.words.percent(middle["client_share"]), v=self.words.percent(middle["revenue_share"]),
        )  # fmt: skip

    def size_thresholds(self) -> str:
        """Say which thresholds the size classes rest on, typed or found."""
        bounds, given, words = self.steps.size_thresholds, self.steps.settings.purchase_size, self.words
        if bounds is None:
            return ""
        typed, found = words.text("typed"), words.text("by quantile")
        return words.text(
            "Large from {x} ({how_x}), small below {y} ({how_y}) for one purchase on average.",
            x=words.money(bounds.large_from), how_x=typed if given.large_from else found,
            y=words.money(bounds.small_below), how_y=typed if given.small_below else found,
        )  # fmt: skip

    def sizes(self) -> list[str]:
        """Conclude on the size classes."""
        if self._is_small():
            return self._withheld()
        steps, words = self.steps, self.words
        if steps.size_classes is None:
            return [words.text(steps.reason("size"))]
        by_class = steps.size_summary.set_index("size_class")
        middle = words.percent(by_class.loc["SB", "client_share"])
        sentences = [
            words.text("The middle is {s} of the clients with deals, more than half, as a sound base has it.", s=middle)
            if steps.has_solid_middle
            else words.say("size.nomid", s=middle)
        ]
        if candidates := int(steps.size_classes["is_sa_candidate"].sum()):
            sentences.append(
                words.text(
                    "{n} {n:client buys|clients buy} in large lots but not regularly: what would make {n:it|them} regular?",
                    n=candidates,
                )
            )
        if tiny := steps.n_fragmented:
            text = "{n} {n:client|clients} of class A {n:buys|buy} in many small orders: look at the load they cause."
            sentences.append(words.text(text, n=tiny))
        if steps.launch is not None:
            sentences.append(self._launch())
        return sentences

    def _launch(self) -> str:
        launch, given, words = self.steps.launch, self.steps.settings.purchase_size, self.words
        enough = "Large clients would buy {x} of a new product, enough for the {y} a launch needs."
        short = "Large clients would buy {x} of a new product, less than the {y} a launch needs."
        return words.text(
            enough if launch.is_enough else short, x=words.money(launch.volume), y=words.money(given.launch_threshold)
        )

    # Step 3

    def focus_title(self) -> str:
        """Title the heat map of lead groups and product groups."""
        if self.steps.focus_summary is None:
            return ""
        kinds = self.steps.focus_summary.set_index("focus_type")
        return self.words.text(
            "{s} of clients buy nearly one group only, {b} buy broadly",
            s=self.words.percent(kinds.loc["mono", "client_share"]), b=self.words.percent(kinds.loc["broad", "client_share"]),
        )  # fmt: skip

    def gaps_title(self) -> str:
        """Title the bars of what clients do not buy."""
        summary = self.steps.gap_summary
        if summary is None or summary.empty:
            return ""
        if self._is_small():
            return self.words.text("Gaps by product group")
        first = summary.iloc[0]
        return self.words.text(
            "The widest gap: {g}, up to {x} with {n} {n:client|clients}",
            g=first["product_group"], x=self.words.money(first["potential"]), n=int(first["n_clients"]),
        )  # fmt: skip

    def focus(self) -> list[str]:
        """Conclude on the assortment and its gaps."""
        if self.steps.focus is None:
            return []
        if self._is_small():
            return self._withheld()
        words, gaps = self.words, self.steps.gap_summary
        if gaps.empty:
            return [words.text("No client lacks a group that most similar clients buy.")]
        sentences = [
            words.say("focus.gap", n=int(row.n_clients), g=row.product_group, q=words.percent(row.penetration_share))
            for row in gaps.head(3).itertuples()
        ]
        total = words.money(gaps["potential"].sum())
        return [
            *sentences,
            words.text("All gaps together are worth at most {x} a year: an upper guide, not a forecast.", x=total),
        ]

    # Step 4

    def ladder_title(self) -> str:
        """Title the ladder of levels."""
        partners = self.steps.level_summary.set_index("rel_level").loc["L6"]
        if not partners["n_clients"]:
            return self.words.text("No client buys often enough to be a partner")
        return self.words.text(
            "{n} {n:partner brings|partners bring} {v} of revenue",
            n=int(partners["n_clients"]), v=self.words.percent(partners["revenue_share"]),
        )  # fmt: skip

    def moves_title(self) -> str:
        """Title the matrix of moves between levels."""
        if (rates := self.steps.move_rates) is None or not rates.n_clients:
            return ""
        return self.words.text(
            "{up} of clients climbed, {down} slid",
            up=self.words.percent(rates.promoted_share), down=self.words.percent(rates.demoted_share),
        )  # fmt: skip

    def levels(self) -> list[str]:
        """Conclude on the levels of relationship."""
        if self._is_small():
            return self._withheld()
        steps, words = self.steps, self.words
        by_level = steps.level_summary.set_index("rel_level")
        partners = by_level.loc["L6"]
        sentences = [words.say("level.partner", n=int(partners["n_clients"]), s=words.percent(partners["revenue_share"]))]
        if steps.move_rates is not None and steps.move_rates.n_clients and steps.move_rates.net:
            key = "level.net.up" if steps.move_rates.net > 0 else "level.net.down"
            sentences.append(words.say(key, x=words.percent(steps.move_rates.net)))
        if cooling := int((steps.levels["is_cooling"] & (steps.levels["rel_level"] > "S")).sum()):
            sentences.append(
                words.text("{n} active {n:client has|clients have} gone quiet for longer than usual: call first.", n=cooling)
            )
        if sleeping := int(by_level.loc["S", "n_clients"]):
            sentences.append(
                words.text(
                    "{n} {n:client sleeps|clients sleep}: bought before, nothing in this window; one offer to return, "
                    "then the archive.",
                    n=sleeping,
                )
            )
        return [*sentences, *self._slow_rhythm()]

    def _slow_rhythm(self) -> list[str]:
        """Where clients buy less than monthly, say what another period would give (METHOD 2.2)."""
        steps, words = self.steps, self.words
        if not steps.rhythm.days > MONTHLY_DAYS:
            return []
        counts = steps.partner_choices.set_index("partner_every")["n_clients"].dropna()
        slower = [every for every in counts.index if 1 < EVERY_MONTHS[every] <= GRAIN_MONTHS[steps.grain]]
        if not slower:
            return []
        text = (
            "This base buys less often than monthly: a deal every month leaves {n} {n:partner|partners}, a deal every {grain} "
            "would leave {m}. Decide with partner_every."
        )
        grain = words.category("grain", slower[-1])
        return [words.text(text, n=int(counts["month"]), grain=grain, m=int(counts[slower[-1]]))]

    # Step 5

    def shares_title(self) -> str:
        """Title the cumulative curve."""
        first = self.steps.share_summary.iloc[0]
        return self.words.text(
            "{n} {n:client makes|clients make} {v} of {value}",
            n=int(first["n_clients"]), v=self.words.percent(first["value_share"]), value=self._basis(),
        )  # fmt: skip

    def share_bars_title(self) -> str:
        """Title the bars of clients and value by share class."""
        by_class = self.steps.share_summary.set_index("share_class")
        last = [name for name in ("C", "D") if name in by_class.index]
        return self.words.text(
            "Classes C and D: {s} of clients, {v} of {value}",
            s=self.words.percent(by_class.loc[last, "client_share"].sum()),
            v=self.words.percent(by_class.loc[last, "value_share"].sum()),
            value=self._basis(),
        )

    def shares(self) -> list[str]:
        """Conclude on the share classes."""
        if self._is_small():
            return self._withheld()
        steps, words = self.steps, self.words
        first = steps.share_summary.iloc[0]
        is_stronger = below(first["client_share"], PARETO[0]) and at_least(first["value_share"], PARETO[1])
        key = "abcd.main.stronger" if is_stronger else "abcd.main.weaker"
        sentences = [
            words.say(
                key, n=int(first["n_clients"]), s=words.percent(first["client_share"]), v=words.percent(first["value_share"])
            )
        ]
        if at_least(steps.tied_share, steps.settings.share_classes.tie_warning):
            sentences.append(words.say("abcd.equal"))
        return sentences + self._volume_without_profit() + self._tail()

    def _volume_without_profit(self) -> list[str]:
        classes, words = self.steps.share_classes, self.words
        sentences = []
        if "has_volume_without_profit" in classes and self.steps.basis == "revenue":
            found = classes[classes["has_volume_without_profit"]]
            if len(found):
                sentences.append(words.say("abcd.vol", list=words.listing(self._names(found))))
        if "has_discount_above_margin" in classes and (n := int(classes["has_discount_above_margin"].sum())):
            sentences.append(words.say("abcd.disc", n=n))
        return sentences

    def _tail(self) -> list[str]:
        tail, words = self.steps.tail, self.words
        if not tail.n_clients:
            return []
        return [
            words.text(
                "The tail: {n} smallest {n:client|clients} ({s} of those with purchases) together bring {v}; each at most {x}.",
                n=tail.n_clients,
                s=words.percent(tail.n_clients / max(1, int((self.steps.facts["n_orders"] > 0).sum()))),
                v=words.percent(tail.value_share),
                x=words.money(tail.threshold),
            )
        ]

    def cut(self) -> str:
        """Say from which total a score is high, and how the scores came about."""
        steps, words = self.steps, self.words
        if steps.quadrants is None:
            return ""
        low, high = steps.settings.scoring.score_low, steps.settings.scoring.score_high
        weights = float(steps.criteria["weight"].sum())
        return words.text(
            "A total is high from {cut}, on a scale from {low} to {high}. By rule: {r} of the scores, by experts: {e}; {n} "
            "{n:client has|clients have} too few scores for a total.",
            cut=words.number(steps.score_cut, 2),
            low=words.number(weights * low, 1),
            high=words.number(weights * high, 1),
            r=words.percent(float((steps.scores["source"] == "rule").sum() / max(1, steps.scores["score"].notna().sum()))),
            e=words.percent(float((steps.scores["source"] == "expert").sum() / max(1, steps.scores["score"].notna().sum()))),
            n=int(steps.quadrants["total"].isna().sum()),
        )

    def quadrants_title(self) -> str:
        """Title the map of class and total."""
        if self.steps.quadrant_summary is None:
            return ""
        if self._is_small():
            return self.words.text("Class against score")
        n = self._in_quadrant("underserved")
        return self.words.text("{n} {n:client scores|clients score} high but {n:buys|buy} little: potential to work on", n=n)

    def contributions_title(self) -> str:
        """Title the bars of weight x score."""
        return self.words.text("What the highest totals are made of")

    def quadrants(self) -> list[str]:
        """Conclude on classes against totals."""
        steps, words = self.steps, self.words
        if steps.quadrants is None:
            return []
        if self._is_small():
            return self._withheld()
        sentences = []
        for key, quadrant in (("quad.excelled", "excelled"), ("quad.under", "underserved"), ("quad.ballast", "ballast")):
            sentences += self._named_quadrant(key, quadrant)
        correlation = steps.class_score_correlation
        if not np.isnan(correlation):
            text = (
                "Class and total hardly agree (rank correlation {r}): either the signs do not tell the best clients, "
                "or their potential is unused."
                if correlation < WEAK_CORRELATION
                else "Class and total agree to a degree (rank correlation {r})."
            )
            sentences.append(words.text(text, r=words.number(correlation, 2)))
        moved = int(steps.weight_sensitivity["n_moved"].max())
        sentences.append(
            words.text("With other weights of the same signs at most {n} {n:client changes|clients change} quadrant.", n=moved)
        )
        return sentences

    def robustness_title(self) -> str:
        """Title the ranges of gaps to the cut."""
        if self.steps.robustness is None:
            return ""
        n = len(self.steps.weight_dependents)
        return self.words.text(
            "{n} {n:client|clients} of {total} can change sides of the cut when the weights change",
            n=n, total=len(self.steps.robustness),
        )  # fmt: skip

    def robustness(self) -> list[str]:
        """Conclude which sides of the cut hold for all weights between the bounds."""
        steps, words = self.steps, self.words
        if steps.robustness is None or self._is_small():
            return []
        summary, given = steps.robustness_summary.set_index("robustness"), steps.settings.scoring
        bounds = {"low": words.number(given.weight_low), "high": words.number(given.weight_high)}
        sentences = [
            words.text(
                "With each sign weighing anything from {low} to {high}, {a} stay high and {b} stay low whatever the weights; "
                "for {c} the side depends on them ({v} of the scored revenue).",
                **bounds, a=int(summary.loc["always high", "n_clients"]), b=int(summary.loc["always low", "n_clients"]),
                c=int(summary.loc["depends on weights", "n_clients"]),
                v=words.percent(summary.loc["depends on weights", "revenue_share"]),
            )
        ]  # fmt: skip
        if len(steps.weight_dependents):
            names = words.listing(self._names(steps.weight_dependents), limit=3)
            sentences.append(words.text("Settle the weights before you decide about {list}.", list=names))
        return sentences

    def _named_quadrant(self, key: str, quadrant: str) -> list[str]:
        found = self.steps.quadrants[self.steps.quadrants["quadrant"] == quadrant].sort_values(
            ["revenue", "client_id"], ascending=[quadrant == "ballast", True]
        )
        if found.empty:
            return []
        names = self.words.listing(self._names(found), limit=3)
        if key != "quad.under":
            return [self.words.say(key, c=names)]
        return [self.words.say(key, c=names, k=", ".join(sorted(set(found["share_class"].astype(str)))))]

    def _in_quadrant(self, name: str) -> int:
        return int((self.steps.quadrants["quadrant"] == name).sum())
