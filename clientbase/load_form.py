"""The form of a firm that records no work: two CSV files to type costs of departments and standard minutes into."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from clientbase.errors import StudyError

if TYPE_CHECKING:
    from pathlib import Path

    from clientbase.study_file import StudyFile

MONTH = "2025-01-01"  # of a study without as_of
DEPARTMENTS = ("sales", "warehouse", "accounting", "service")
STANDARDS = (  # department, kind of work, what is counted in the orders or contacts
    ("sales", "order_processing", "order"),
    ("sales", "call", "contact"),
    ("warehouse", "shipment", "delivery"),
    ("warehouse", "other", "line"),
    ("accounting", "invoice", "order"),
    ("service", "complaint", "complaint"),
    ("service", "other", "return"),
)
SECTIONS = """[sources.departments]
file = "departments.csv"

[sources.activity_standards]
file = "activity_standards.csv"
"""


def write_form(file: StudyFile) -> list[Path]:
    """Write departments.csv and activity_standards.csv beside the study, the numbers left empty; return the files.

    A row counts once its numbers are typed: one month of costs stands for the others, and everything is indicative. Raises
    StudyError where a file of that name is there, or the folder cannot be written.
    """
    month = file.heading.as_of.replace(day=1).isoformat() if file.heading.as_of else MONTH
    tables = {
        "departments.csv": [
            ("department", "period", "cost", "headcount", "hours_per_head", "practical_share"),
            *((name, month, "", "", "", "") for name in DEPARTMENTS),
        ],
        "activity_standards.csv": [
            ("department", "activity_type", "driver", "standard_minutes"),
            *((*standard, "") for standard in STANDARDS),
        ],
    }
    places = {file.folder / name: rows for name, rows in tables.items()}
    if there := [place.name for place in places if place.exists()]:
        raise StudyError(f"'{file.folder}' has {', '.join(there)} already. Fill that in, or move it away first.")
    for place, rows in places.items():
        try:
            with place.open("w", encoding="utf-8-sig", newline="") as stream:  # a mark that spreadsheets know UTF-8 by
                csv.writer(stream).writerows(rows)
        except OSError as error:
            raise StudyError(f"'{place}' cannot be written ({error.strerror}).") from None
    return list(places)
