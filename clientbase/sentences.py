"""The sentences of conclusion (METHOD section 27) in English; their Russian is in locale/ru.

A template holds values in braces: `{n}`. Two marks let one template serve every case:

* `[ ... ]` is a part that is left out when a value it needs is not available; a sentence that lacks a value outside
  such a part is not said at all;
* `{n:client|clients}` takes the word form that fits n, by the plural rules of the language (Russian: one|few|many|parts).

Where METHOD gives one key two wordings, each wording has a key of its own here: level.net.up, level.net.down.
"""

SENTENCES: dict[str, str] = {
    # M01 flow separation, by the contrast K of returns per hour
    "flow.split": "{hi} brings {p} of profit for {t} of time[; an hour there yields {K} times more]. Separate the flows.",
    "flow.std": "Returns per hour differ by {K} times: separate service standards suffice.",
    "flow.keep": "Flows return alike per hour; separation is not needed.",
    # M02 purchase-size classes
    "size.nomid": "The middle is {s} of clients, not more than half: revise the thresholds or accept a thin middle.",
    # M03 assortment focus
    "focus.gap": "{n} {n:client does|clients do} not buy {g}[, though {q} of similar clients do].",
    # M04 relationship levels
    "level.net.up": "The base climbs: net promotion {x}.",
    "level.net.down": "The base slides: net promotion {x}.",
    "level.partner": "Partners: {n}[ ({s} of revenue)].",
    # M05 share classes
    "abcd.main.stronger": "{n} {n:client|clients}[ ({s})] {n:makes|make} {v}: stronger than 20/80.",
    "abcd.main.weaker": "{n} {n:client|clients}[ ({s})] {n:makes|make} {v}: weaker than 20/80.",
    "abcd.vol": "Much volume without profit: {list} (A/B by revenue, not by margin).",
    "abcd.disc": "Discounts exceed margin for {n} {n:client|clients}; "
    "{n:it buys much but brings|they buy much but bring} no profit.",
    "abcd.equal": "Many clients are equal; classes hardly distinguish them.",
    # M06 stability, M07 concentration, M08 cohorts, M09 regions, M10 delivery
    "xyz.plan": "Purchases can be planned with {n} {n:client|clients} of A/B (X or Y)[: {v} of revenue].",
    "conc.nomid": "{k} {k:client gives|clients give} {v}, the middle only {m}: losing one of them endangers the company.",
    "conc.kstar": "After losing the {k} largest the company makes a loss.",
    "cohort.weak": "Clients of {y}: {c} of the base, {v} of revenue[; even at equal age they bring {a} of the older ones].",
    "region.season": "{r}: seasonal[ (peak {m})]; plan stock and seasonal discounts.",
    "region.uneven": "{r}: unsteady sales without season — check the effort of sales.",
    "deliv.cut": "{n} delivered {n:client|clients} outside the core {n:brings|bring} {v}: charge or withdraw delivery.",
    # M11 criteria workshop, by the coefficient of concordance W
    "ws.agree": "Participants agree (W={w}).",
    "ws.disagree": "Participants disagree (W={w}): return to discussion.",
    # M12 weighted scoring
    "quad.inplace": "{c} is in its place: high class, high score.",
    "quad.excelled": "{c}: high sales at a modest score; reward the client and the manager.",
    "quad.under": "{c}: high score, class {k}: find out why so little is bought and work intensively.",
    "quad.econ": "{c}: class C, modest score; serve economically.",
    "quad.ballast": "{c}: low class and score; change the terms (after an image check).",
    # M13 portrait of the target client
    "portrait.line": "Target clients are {l} times more often {a}[ ({n} of {T})].",
    "portrait.none": "No reliable difference; the portrait needs other attributes.",
    # M14 client load
    "load.heavy": "{c} takes {l} of the load and brings {m} of margin[; net {x}].",
    "load.earned": "{c} uses {a} of {b} of earned service: room for attention.",
    "load.unused": "{d}: {u} of capacity used; the rest is not charged to clients.",
    # M15 profit parity
    "parity.ok": "The discount is earned: compensation {o} against {n}.",
    "parity.short": "{x} is lacking[; ask for {list}].",
    "parity.no": "Impossible by volume: the discount takes the whole margin.",
    "parity.plan": "Maximum discount {d}[; needs volume {x}]. Deeper means selling more and earning less.",
    # M16 client policy, M17 clean-up, M18 career, M19 offers, M20 contacts, M21 economics
    "policy.moq": "An order pays from {q}[; {n} {n:order is|orders are} below].",
    "policy.ladder.bad": "Class A buys often, not in large lots: tie discounts to order size.",
    "clean.sum": "New terms: {a}, dealers: {b}, retail: {c}[; {h} h a year freed].",
    "career.next": "To «{s}» are lacking: {list}.",
    "offer.n": "{k} {k:offer covers|offers cover} {n} {n:client|clients}[ and {v} of revenue].",
    "contact.rev": "Contacts a year: potentials {p}, clients {e}: effort goes past the clients.",
    "econ.saying": "Saying: {a}; ours: {b} — {verdict}.",
    "econ.pay": "Median payback {t} {t:month|months}[; {s} of lost clients left before it].",
    # M22 managers, M23 actions, M24 monitoring
    "mgr.over": "{m} holds {s} of strong clients at {u} load[; {n} {n:proposal|proposals} of transfer].",
    "act.bad": "{n} {n:action fails|actions fail} SMART[ ({list})].",
    "mon.bridge": "Revenue {d}: new {a}, returned {r}, lost {l}, growth {g}, decline {f}.",
    "mon.index": "Revenue grew faster than profit (index {i}): growth was partly bought by price.",
    "mon.alarm": "Attention: {c}[ (class {k})] bought {x} against the same quarter a year ago.",
    "mon.due": "Last full analysis {n} {n:month|months} ago; at most 24.",
}
