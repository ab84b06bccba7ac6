"""What a header of an export means: its plain words, and how surely it names a column of ours."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import fuzz, process

from clientbase.draft.lexicon import CURRENCIES, PHRASES, PRIVATE, STOP_WORDS, THOUSANDS, WORDS
from clientbase.draft.vocabulary import ROLES, Role

SURE = 0.7  # a weaker likeness is no match
BARE = frozenset(
    ["id", "name", "group", "kind", "description", "date", "period", "status", "line"]
)  # words that need the table's name
SUBJECTS = frozenset(["client", "product", "order", "manager", "region"])
TYPO_FROM = 86  # likeness, 0..100, from which an unknown word is taken for a known one
PIECE_FROM = 95  # likeness of a known word inside a run-together one


@dataclass(frozen=True)
class Header:
    """The plain words of a header, the certainty of reading them, the currency and unit it names."""

    words: frozenset[str]
    certainty: float
    currency: str | None = None
    is_thousands: bool = False


@cache
def _dictionary() -> tuple[dict[str, str], dict[str, str]]:
    """Return spelling -> plain word, for whole words and for stems (longest first)."""
    pairs = [(spelling, plain) for plain, spellings in WORDS.items() for spelling in spellings.split()]
    whole = {spelling: plain for spelling, plain in pairs if not spelling.endswith("*")}
    stems = {spelling[:-1]: plain for spelling, plain in pairs if spelling.endswith("*")}
    return whole, dict(sorted(stems.items(), key=lambda pair: -len(pair[0])))


def _plain(token: str) -> str | None:
    """Return the plain word a token means, None when the token is unknown."""
    whole, stems = _dictionary()
    if token in whole:
        return whole[token]
    return next((plain for stem, plain in stems.items() if token.startswith(stem)), None)


def tokens(text: str) -> list[str]:
    """Split a header as it is spelled (camelCase, snake_case, punctuation) into lower-case words."""
    spaced = re.sub(r"([#№])", " номер ", text).replace("%", " % ")
    spaced = unicodedata.normalize("NFKC", spaced).replace("ё", "е").replace("Ё", "Е")
    spaced = re.sub(r"(?<=[^\W\d_])(?<![A-ZА-Я])(?=[A-ZА-Я])|(?<=[A-ZА-Я])(?=[A-ZА-Я][a-zа-я])", " ", spaced)
    return re.findall(r"[^\W\d_]+|\d+|%|[$€£₽₴₸]", spaced.lower())


@lru_cache(maxsize=4096)
def _segments(text: str) -> tuple[str, ...] | None:
    """Return the fewest known words that make up a run-together text: orderlinenumber -> order, line, number."""
    if not text:
        return ()
    ends = [end for end in range(len(text), 1, -1) if text[:end] in _dictionary()[0]]
    rests = [(text[:end], rest) for end in ends if (rest := _segments(text[end:])) is not None]
    return min(((head, *rest) for head, rest in rests), key=len, default=None)


def _pieces(token: str) -> list[str]:
    """Cut a run-together word into known words; when some of it stays unknown, at the longest known word inside it."""
    if _plain(token) or len(token) < 7:
        return [token]
    if found := _segments(token):
        return list(found)
    known = [word for word in _dictionary()[0] if 5 <= len(word) < len(token)]
    near = process.extract(token, known, scorer=fuzz.partial_ratio, score_cutoff=PIECE_FROM, limit=None)
    if not near:
        return [token]
    best = max((word for word, _, _ in near), key=lambda word: (word in token, len(word)))
    place = fuzz.partial_ratio_alignment(best, token)
    return [piece for piece in (token[: place.dest_start], best, token[place.dest_end :]) if piece]


def _known(token: str) -> tuple[str, float]:
    """Return the plain word of a token, or the nearest one, or the token itself, with the certainty."""
    if plain := _plain(token):
        return plain, 1.0
    whole, stems = _dictionary()
    if len(token) >= 5 and (near := process.extractOne(token, [*whole, *stems], scorer=fuzz.ratio, score_cutoff=TYPO_FROM)):
        return whole.get(near[0]) or stems[near[0]], near[1] / 100
    return token, 1.0


@lru_cache(maxsize=4096)
def read_header(text: str) -> Header:
    """Return the plain words of a header; numbers, filler words, units and currencies are left out."""
    if "_" not in text and " " not in text and text.isupper():
        text = text.lower()
    split = " ".join(piece for token in tokens(text) for piece in _pieces(token))
    for phrase, plain in PHRASES.items():
        split = re.sub(rf"(?<!\S){re.escape(phrase)}(?!\S)", plain, split)
    words = [word for word in split.split() if word not in STOP_WORDS]
    currency = next((CURRENCIES[word] for word in words if word in CURRENCIES), None)
    kept = [word for word in words if not (word in CURRENCIES or word in THOUSANDS or word.isdigit())]
    read = [_known(word) for word in kept]
    certainty = 1.0
    for _, part in read:
        certainty *= part
    if any(word.isdigit() for word in words):
        certainty *= 0.9
    plain_words = frozenset(word for plain, _ in read for word in plain.split())
    return Header(plain_words, certainty, currency, any(word in THOUSANDS for word in words))


def _phrase_likeness(words: frozenset[str], phrase: frozenset[str], role: Role) -> float:
    """Return how well words say phrase: 1 exactly, less with neutral or unknown words more, 0 with words that forbid it."""
    if not phrase <= words:
        return 0.0
    extra = words - phrase
    known_extra = {word for word in extra if word in WORDS or _plain(word)}
    if known_extra - role.neutral:
        return 0.0
    unknown = len(extra - known_extra)
    return 0.97 ** len(known_extra) * (1.0, 0.85 if len(phrase) > 1 else 0.8, 0.7, 0.0)[min(unknown, 3)]


def _readings(text: str, subject: str) -> list[Header]:
    """Return the readings of a header: as it stands and, when it is bare (`id`, `Name`), with its table's subject."""
    header = read_header(text)
    if subject and header.words <= BARE and subject not in header.words:
        return [Header(header.words | {subject}, header.certainty, header.currency, header.is_thousands), header]
    return [header]


def likeness(text: str, role: Role, subject: str = "") -> float:
    """Return how surely a header names a role, 0..1; subject is the plain word of the table it stands in."""
    if re.sub(r"\W+", "_", text.strip().lower()) == role.name:
        return 1.0
    scores = [
        strength * header.certainty * _phrase_likeness(header.words, phrase, role)
        for header in _readings(text, subject)
        for phrase, strength in role.phrases.items()
    ]
    return max(scores, default=0.0)


def candidates(text: str, subject: str = "") -> dict[str, float]:
    """Return the roles a header may name with their certainty, SURE or more."""
    scores = {name: likeness(text, role, subject) for name, role in ROLES.items()}
    return {name: score for name, score in scores.items() if score >= SURE - 1e-9}


def is_familiar(text: str) -> bool:
    """Tell whether a cell holds a word that headers use; cheap, for finding the row of headers."""
    return len(text) < 60 and any(
        _plain(piece) or piece in CURRENCIES for token in tokens(text) for piece in _segments(token) or [token]
    )


def is_private(text: str) -> bool:
    """Tell whether a header names a contact person, phone, e-mail or address, and not a column of ours as well."""
    return bool(read_header(text).words & PRIVATE) and max(candidates(text).values(), default=0.0) < 0.85


def subject_of(label: str) -> str:
    """Return the plain word for what a table is about, read from its own name, or "" when it says nothing."""
    found = read_header(label).words & SUBJECTS
    return next(iter(found)) if len(found) == 1 else ""
