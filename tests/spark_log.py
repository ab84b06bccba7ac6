"""What a cluster has done, as its own event logs tell: stages, and the tasks each executor ran."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Application:
    """One application of a cluster: its name, master, executors with their hosts, stages done, tasks by executor."""

    name: str = ""
    master: str = ""
    executors: dict[str, str] = field(default_factory=dict)
    n_stages: int = 0
    tasks: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    rows_read: int = 0


def applications(events: Path) -> list[Application]:
    """Return the applications of a folder of event logs, the oldest first."""
    return [_application(folder) for folder in sorted(events.glob("eventlog_v2_*"))]


def _application(folder: Path) -> Application:
    told = Application()
    for event in _events(folder):
        kind = event["Event"]
        if kind == "SparkListenerApplicationStart":
            told.name = event["App Name"]
        elif kind == "SparkListenerEnvironmentUpdate":
            told.master = dict(event["Spark Properties"])["spark.master"]
        elif kind == "SparkListenerExecutorAdded":
            told.executors[event["Executor ID"]] = event["Executor Info"]["Host"]
        elif kind == "SparkListenerStageCompleted":
            told.n_stages += 1
        elif kind == "SparkListenerTaskEnd":
            told.tasks[event["Task Info"]["Executor ID"]] += 1
            told.failed += event["Task End Reason"]["Reason"] != "Success"
            told.rows_read += (event.get("Task Metrics") or {}).get("Input Metrics", {}).get("Records Read", 0)
    return told


def _events(folder: Path) -> Iterator[dict]:
    for part in sorted(folder.glob("events_*"), key=lambda path: int(path.name.split("_")[1])):
        with part.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
