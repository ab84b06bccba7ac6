"""The language of one reader: labels, numbers and sentences, in English or Russian."""

from clientbase.words.words import MISSING, Words

__all__ = ["MISSING", "Words"]
