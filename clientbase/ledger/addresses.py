"""Addresses of databases and engines: variables put in, passwords kept out of all that is shown."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from clientbase.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VARIABLE = r"\$\{?(\w+)\}?"


def address(url: str, where: str) -> str:
    """Return an address with variables of the environment put in."""
    if "://" not in url:
        raise SourceError(f"{where}: url is no address such as postgres://user@host/base. A file is named by file = '...'.")
    if unset := [name for name in re.findall(VARIABLE, url) if name not in os.environ]:
        raise SourceError(
            f"{where}: url needs the variable {unset[0]}, which is not set. Set it before you start; %24 means a dollar sign."
        )
    return os.path.expandvars(url)


def file_of(url: str, folder: Path) -> Path:
    """Return the file of an address such as sqlite://data/base.db or duckdb:///home/base.duckdb."""
    return folder / unquote(url.partition("://")[2].partition("?")[0])


def has_typed_secret(url: str) -> bool:
    """Tell whether an address spells out a password or token instead of naming a variable of the environment."""
    return any(not re.fullmatch(VARIABLE, secret) for secret in _secrets(url))


def without_secrets(text: str, url: str) -> str:
    """Return a message without the password of an address, in whatever spelling a driver repeats it."""
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, "...")
    return re.sub(r"(://[^:/@\s]+):\S+@", r"\1:...@", text)


def _secrets(url: str) -> Iterator[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        password = None
    for given in [password, *re.findall(r"(?i)(?:password|passwd|pwd|token)=([^&;\s]+)", url)]:
        if given:
            yield from {given, unquote(given)}
