"""The first page of a report, composed from an engagement: key figures, the five decisions, data quality, assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clientbase.findings import (
    EconomicsFindings,
    Findings,
    LoadFindings,
    ManualFindings,
    NegotiationFindings,
    ParityFindings,
    Questions,
    StructureFindings,
    TargetFindings,
    check_sentence,
    setting_text,
)
from clientbase.report.summary_model import Answer, Decision, KeyFigure, Remark, Summary
from clientbase.sections import SECTION_OF
from clientbase.settings import DEFAULT, describe
from clientbase.steps import WHOLE_BASE

if TYPE_CHECKING:
    from clientbase.ledger.checks import Gate
    from clientbase.method.periods import Window
    from clientbase.study import Engagement
    from clientbase.words import Words

ASSUMED = (
    "efficiency",
    "loss",
    "moved_share",
    "practical_share",
    "capital_rate",
    "realisation",
)  # numbers nobody measured, so their values stand in every report
LIMITS = (
    "Classes and levels describe the past window; they do not forecast.",
    "Differences between clients are associations, not causes.",
    "Numbers that are assumed and not measured are listed above with their values.",
    "Defaults marked S1 to S5 come from the sources of the method: S1 a book on CRM analysis, S2 a page on the control of the "
    "client base, S3 two on whom to sell to and how to keep a client, S4 a note on which clients are needed, S5 an article on "
    "optimising the client base. Those marked ours are this package's.",
    "Small groups are marked, and a base of very few clients gets figures without advice.",
)


def compose(engagement: Engagement, pages: set[str]) -> Summary:
    """Return the first page of a study's report; decisions link to the pages that were made.

    Args:
        engagement: the opened study with the effective settings.
        pages: stems of the notebooks in the report.
    """
    words = engagement.words
    findings = Findings(engagement.steps, words)
    return Summary(
        title=engagement.title,
        subtitle=findings.window(),
        note=engagement.file.heading.note,
        key_figures=_key_figures(engagement),
        decisions=_decisions(engagement, findings, pages) + _further(engagement, pages),
        answers=_answers(engagement, pages),
        quality=_quality(engagement),
        assumptions=_assumptions(engagement),
        limits=[words.text(limit) for limit in LIMITS],
    )


def _key_figures(engagement: Engagement) -> list[KeyFigure]:
    words, steps = engagement.words, engagement.steps
    facts = steps.company
    revenue, before = _revenue(engagement, engagement.window), _revenue(engagement, steps.previous)
    buyers = facts[facts["n_deals"] > 0]
    change = words.text("{x} against the window before", x=_signed(revenue / before - 1, words)) if before > 0 else ""
    figures = [
        KeyFigure(words.text("Revenue"), words.money(revenue), change),
        KeyFigure(
            words.text("Clients with purchases"),
            words.whole(len(buyers)),
            words.text("of {n} known", n=words.whole(len(facts))),
        ),
        KeyFigure(
            words.text("Deals"),
            words.whole(buyers["n_deals"].sum()),
            words.text("{x} each on average", x=words.money(buyers["revenue"].sum() / buyers["n_deals"].sum())),
        ),
    ]
    if steps.has_margin:
        margin = facts["margin"].sum()
        rate = words.text("{x} of revenue", x=words.percent(margin / revenue)) if revenue > 0 else ""
        figures.append(KeyFigure(words.text("Margin"), words.money(margin), rate))
    if steps.scope_flow != WHOLE_BASE:
        scope = steps.facts
        figures.append(
            KeyFigure(
                words.text("In the analysed flow"),
                words.whole(int((scope["n_deals"] > 0).sum())),
                words.text("clients with {x} of revenue", x=words.percent(scope["revenue"].sum() / revenue)),
            )
        )
    return figures


def _signed(change: float, words: Words) -> str:
    return f"+{words.percent(change)}" if change > 0 else words.percent(change)


def _revenue(engagement: Engagement, window: Window) -> float:
    """Return the revenue of a window, lines without a client included."""
    months = engagement.ledger.months
    return float(months.loc[months["month"].between(pd.Timestamp(window.start), pd.Timestamp(window.end)), "revenue"].sum())


def _decisions(engagement: Engagement, findings: Findings, pages: set[str]) -> list[Decision]:
    words = engagement.words
    focus = findings.focus() or _why_closed(engagement, "products")
    parts = [
        ("01_flow_separation", "Flow separation", findings.flows_title(), findings.flows()),
        ("02_purchase_size_classes", "Purchase-size classes", findings.sizes_title(), findings.sizes()),
        ("03_assortment_focus", "Assortment focus", findings.focus_title(), focus),
        ("04_relationship_levels", "Relationship levels", findings.ladder_title(), findings.levels()),
        ("05_weighted_scoring", "Weighted scoring", findings.shares_title(), findings.shares() + findings.quadrants()),
    ]
    return [
        Decision(
            step=words.text("Step {n}", n=number),
            title=words.text(title),
            headline=headline or words.text("These data do not open this step."),
            sentences=[sentence for sentence in sentences if sentence],
            href=f"{stem}.html" if stem in pages else "",
        )
        for number, (stem, title, headline, sentences) in enumerate(parts, start=1)
    ]


def _further(engagement: Engagement, pages: set[str]) -> list[Decision]:
    """Return what the pages after the five steps come to."""
    words = engagement.words
    structure = StructureFindings(engagement.structure, words)
    target = TargetFindings(engagement.target, words)
    parts = [
        (
            "06_base_structure",
            "Structure of the base",
            structure.concentration_title(),
            structure.stability()[:1] + structure.middle() + structure.cohorts()[:1] + structure.moves()[:1],
        ),
        (
            "07_target_client",
            "Target client",
            target.portrait_title(),
            target.portrait() or _why_closed(engagement, "portrait"),
        ),
        *_money(engagement),
    ]
    return [
        Decision(
            step=stem[:2],
            title=words.text(title),
            headline=headline or words.text("These data do not open this step."),
            sentences=[sentence for sentence in sentences if sentence],
            href=f"{stem}.html" if stem in pages else "",
        )
        for stem, title, headline, sentences in parts
    ]


def _money(engagement: Engagement) -> list[tuple[str, str, str, list[str]]]:
    """Return what the pages on money come to: stem, title, headline, sentences."""
    words = engagement.words
    load, parity = LoadFindings(engagement.load, words), ParityFindings(engagement.parity, words)
    deal, economics = NegotiationFindings(engagement.parity.negotiation, words), EconomicsFindings(engagement.economics, words)
    return [
        (
            "08_client_load",
            "Client load",
            load.load_title(),
            (load.basis()[:1] + load.heavy()[:2] + load.whale()) or _why_closed(engagement, "load"),
        ),
        (
            "09_profit_parity",
            "Profit parity",
            parity.audit_title() or deal.curve_title(),
            (parity.audit() + parity.plan()[1:2]) or deal.client(),
        ),
        (
            "11_client_service",
            "Client service",
            economics.card_title(),
            economics.card(),
        ),
    ]


def _answers(engagement: Engagement, pages: set[str]) -> list[Answer]:
    questions = Questions(engagement.steps, engagement.load, engagement.words).all()
    return [Answer(item.text, item.answer, f"{item.stem}.html" if item.stem in pages else "") for item in questions]


def _why_closed(engagement: Engagement, name: str) -> list[str]:
    """Say which columns would open a step, or why it has no result with them."""
    gate, words = engagement.gates[name], engagement.words
    if gate.is_open:
        reason = engagement.reason(name)
        return [words.text(reason)] if reason else []
    return [_closed_gate(gate, words)]


def _closed_gate(gate: Gate, words: Words) -> str:
    return words.text("{effect} This needs: {columns}.", effect=words.text(gate.effect), columns=words.text(gate.opened_by))


def _quality(engagement: Engagement) -> list[Remark]:
    words = engagement.words
    checks = engagement.ledger.checks.to_dict("records")
    rank = {"warning": 0, "note": 1, "ok": 2}
    remarks = [
        Remark(check["level"], check_sentence(check, words)) for check in sorted(checks, key=lambda check: rank[check["level"]])
    ]
    by_hand = ManualFindings(engagement.manual, words, hide_reasons=engagement.run.hide_names).overrides()
    remarks += [Remark("note", sentence) for sentence in by_hand]
    closed = [Remark("closed", _closed_gate(gate, words)) for gate in engagement.gates.values() if not gate.is_open]
    return remarks + closed


def _assumptions(engagement: Engagement) -> list[tuple[str, str, str]]:
    """List what is assumed and what differs from the defaults, with value and origin."""
    settings, words = engagement.settings, engagement.words
    names = [name for name in SECTION_OF if settings.origin(name) != DEFAULT or name in ASSUMED]
    rows = []
    for name in names:
        meaning, _, source = describe(name)
        origin = settings.origin(name)
        shown = setting_text(name, settings.value(name), words)
        rows.append(
            (words.text(meaning), shown, words.text(origin) + (f" ({words.text(source)})" if origin == DEFAULT else ""))
        )
    return rows
