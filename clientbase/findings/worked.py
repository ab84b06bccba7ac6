"""What the source's printed figures come to: why each is right or not, and what the study's own base shows beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clientbase.method.common import at_least
from clientbase.worked_examples import LOWEST

if TYPE_CHECKING:
    from clientbase.words import Words
    from clientbase.worked_examples import SourceExample

PAIRS = (("n_printed", "number"), ("printed_client_share", "client_share"), ("printed_revenue_share", "revenue_share"))
FOUND = {"number": "n_found", "client_share": "found_client_share", "revenue_share": "found_revenue_share"}
WHOLE = 0.001  # so near to whole percent a share is written as such


class WorkedFindings:
    """Tables, titles and sentences on the source's example, in the study's language."""

    def __init__(self, example: SourceExample, words: Words) -> None:
        self.example = example
        self.words = words

    # Tables: the numbers are written out, since what differs in the first decimal is the point of the page

    def printed(self) -> pd.DataFrame:
        """Return one row per claim: its text and the printed figures."""
        return self._written("n_printed", "n_base_printed", "printed_client_share", "printed_revenue_share")

    def arithmetic(self) -> pd.DataFrame:
        """Return one row per claim: each printed figure, and what follows from the others."""
        return self._written(*(name for printed, what in PAIRS for name in (printed, f"computed_{what}")))

    def found(self) -> pd.DataFrame:
        """Return one row per claim: each printed figure, and that of the study's company."""
        return self._written(*(name for printed, what in PAIRS for name in (printed, FOUND[what])))

    def verdicts(self) -> pd.DataFrame:
        """Return one row per claim: its text, verdict and the reason, a sentence."""
        claims = self.example.claims
        reasons = [self._reason(row) for _, row in claims.set_index("claim", drop=False).iterrows()]
        return pd.DataFrame({"text": self._texts(), "verdict": claims["verdict"], "reason": reasons})

    def _written(self, *columns: str) -> pd.DataFrame:
        claims = self.example.claims
        write = {name: self._share if name.endswith("_share") else self._number for name in columns}
        return pd.DataFrame({"text": self._texts(), **{name: claims[name].map(write[name]) for name in columns}})

    def _texts(self) -> pd.Series:
        return self.example.claims[f"text_{self.words.language}"]

    def _number(self, x: float) -> str:
        return self.words.number(x, 0 if float(x).is_integer() else 1)

    def _share(self, x: float) -> str:
        """Write a share with one decimal where it is not whole percent, below one percent with two."""
        if np.isnan(x) or abs(x * 100 - round(x * 100)) < WHOLE:
            return self.words.percent(x)
        return self.words.percent(x, 1 if at_least(x, 0.01) else 2)

    # Why

    def _reason(self, row: pd.Series) -> str:
        """Say why a claim has its verdict."""
        special = {
            "last_year": self._on_new,
            "delivered_core_revenue": self._on_core_revenue,
            "delivered_rest": self._on_rest,
        }
        if row["claim"] in special:
            return special[row["claim"]](row)
        if row["claim"] in LOWEST:
            return self._on_each(row) if row["verdict"] == "meant each" else self._on_lowest(row)
        if row["verdict"] == "nothing against it":
            return self.words.text("No other printed figure tells it.")
        return self._on_count(row)

    def _on_count(self, row: pd.Series) -> str:
        values = {
            "n": self._number(row["n_printed"]), "m": self._number(row["n_base_printed"]),
            "t": self._share(row["computed_client_share"]), "s": self._share(row["printed_client_share"]),
            "x": self._number(row["computed_number"]),
        }  # fmt: skip
        if row["verdict"] == "right":
            text = "{n} of {m} is {t}; no other printed figure tells what they bring."
            return self.words.text(text, n=values["n"], m=values["m"], t=values["t"])
        if row["verdict"] == "rounded":
            return self.words.text("{n} of {m} is {t}; {s} would be {x}. The printed figures are rounded.", **values)
        return self.words.text("{n} of {m} is {t}; {s} would be {x}, too far to be rounding.", **values)

    def _on_lowest(self, row: pd.Series) -> str:
        text = (
            "The {k} above them belong to the {j} that bring {v}, so the lowest {n} together bring at least {w}. It can only "
            "be meant of each: each less than {s}."
        )
        return self.words.text(
            text, k=self._number(row["n_base_printed"] - row["n_printed"]), n=self._number(row["n_printed"]),
            j=self._number(self._at("largest_tenth", "n_printed")),
            v=self._share(self._at("largest_tenth", "printed_revenue_share")),
            w=self._share(row["computed_revenue_share"]), s=self._share(row["printed_revenue_share"]),
        )  # fmt: skip

    def _on_each(self, row: pd.Series) -> str:
        text = (
            "Arithmetic alone would allow it of all of them together. But the same words on the small clients can only be "
            "meant of each, so they are read alike: each less than {s}."
        )
        return self.words.text(text, s=self._share(row["printed_revenue_share"]))

    def _on_new(self, row: pd.Series) -> str:
        text = (
            "{n} of {m} is {t}, so {v} of revenue is {i} of an even share. Clients that bought for a part of the year only had "
            "less time: it does not yet make them weak."
        )
        return self.words.text(
            text, n=self._number(row["n_printed"]), m=self._number(row["n_base_printed"]),
            t=self._share(row["computed_client_share"]), v=self._share(row["printed_revenue_share"]),
            i=self.words.number(row["printed_revenue_share"] / row["computed_client_share"], 4),
        )  # fmt: skip

    def _on_core_revenue(self, row: pd.Series) -> str:
        return self.words.text(
            "{a} of the {b} that the core brings is {x}; {p} is rounded.",
            a=self._share(self._at("delivered_core", "printed_revenue_share")),
            b=self._share(self._at("largest_fifth", "printed_revenue_share")),
            x=self._share(row["computed_revenue_share"]), p=self._share(row["printed_revenue_share"]),
        )  # fmt: skip

    def _on_rest(self, row: pd.Series) -> str:
        text = (
            "The printed shares give {x} clients with {v}; {n} and {p} are what is left when the rounded figures are "
            "subtracted. The point stands either way: many clients, little revenue."
        )
        return self.words.text(
            text, x=self._number(row["computed_number"]), v=self._share(row["computed_revenue_share"]),
            n=self._number(row["n_printed"]), p=self._share(row["printed_revenue_share"]),
        )  # fmt: skip

    def _at(self, claim: str, column: str) -> float:
        claims = self.example.claims
        return float(claims.loc[claims["claim"] == claim, column].iloc[0])

    # Conclusions

    def wrong(self) -> list[str]:
        """Say which figures cannot stand as printed, and why, one sentence each."""
        claims = self.verdicts()
        failed = claims[claims["verdict"].isin(["wrong", "cannot be meant jointly", "meant each"])]
        return [
            self.words.text("The source prints: {claim} {why}", claim=row.text, why=row.reason) for row in failed.itertuples()
        ]

    def sizes_title(self) -> str:
        """Title the picture of rank and size by the largest tenth of the company."""
        if self.example.ranked.empty:
            return self.words.text("Clients of the company by size")
        return self.words.text(
            "The largest {n} {n:client brings|clients bring} {v} of revenue",
            n=int(self._at("largest_tenth", "n_found")), v=self._share(self._at("largest_tenth", "found_revenue_share")),
        )  # fmt: skip

    def sizes(self) -> list[str]:
        """Say what the clients under the printed bounds bring here, and whether all figures on size hold at once."""
        if self.example.ranked.empty:
            return []
        text = "Here {n} {n:client brings|clients bring} less than {s} of revenue each; together that is {v}."
        sentences = [
            self.words.text(
                text, n=int(self._at(claim, "n_found")), s=self._share(self._at(claim, "printed_revenue_share")),
                v=self._share(self._at(claim, "found_revenue_share")),
            )
            for claim in LOWEST
        ]  # fmt: skip
        if self.example.has_its_sizes:
            text = (
                "So one base can meet all that is printed on sizes but the wrong percentage, if less is meant of each client."
            )
            sentences.append(self.words.text(text))
        return sentences
