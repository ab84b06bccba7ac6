"""The reports of one command: each study opened when its turn comes, its report made beside the others."""

from __future__ import annotations

import functools
import os
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clientbase.errors import ClientbaseError, ReportError
from clientbase.limits import told
from clientbase.report.progress import Progress, no_progress
from clientbase.report.side_by_side import Outcome, run_side_by_side
from clientbase.report.unchanged import seal, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from clientbase.report.kernels import KernelPool
    from clientbase.report.parameters import ParameterValue
    from clientbase.report.side_by_side import Steps
    from clientbase.report.summary_model import Summary
    from clientbase.study import Engagement
    from clientbase.study_file import StudyFile

MOST_SHARED = 10_000  # clients whose facts and tables, some 20 kB each, are handed to the notebooks


@dataclass(frozen=True)
class Asked:
    """What a command asks of every report: see report_steps.

    known are all notebooks of the method, notebooks those that are run; is_fresh makes a report anew though nothing changed.
    """

    notebooks: list[Path]
    known: list[Path]
    parameters: dict[str, ParameterValue]
    out: Path
    hide_names: bool = False
    is_fresh: bool = False
    progress: Progress = no_progress


def make_reports(
    studies: Sequence[str], asked: Asked, *, pool: KernelPool, jobs: int, finished: Callable[[Outcome], None]
) -> None:
    """Make the reports of studies side by side; each outcome is told under the study's place as it was given."""
    taken = _namesakes(studies)
    reports = ((study, study_steps(study, asked, pool, taken[number])) for number, study in enumerate(studies))
    run_side_by_side(reports, pool=pool, jobs=jobs, finished=finished)


def study_steps(study: str, asked: Asked, pool: KernelPool, namesake: str = "") -> Steps:
    """Open a study and make its report, see report_steps, or take the last one where nothing changed since.

    namesake says that another study would write the same folder.
    """
    if namesake:
        raise ReportError(namesake)
    from clientbase.study_file import read_study

    file = read_study(study)
    key = _seal(file, asked)
    if not asked.is_fresh and (report := unchanged(asked.out, file.heading.name, key)):
        return report
    pool.start()  # it imports while the study is read
    with told(asked.out.resolve()):
        return (yield from _made_anew(study, asked, pool, key))


def _made_anew(study: str, asked: Asked, pool: KernelPool, key: str) -> Steps:
    from clientbase.report import summary
    from clientbase.report.run import report_steps
    from clientbase.study import Run, open_study

    asked.progress("study_opened", study=study)
    engagement = open_study(study, Run(asked.parameters, hide_names=asked.hide_names))
    words, pages = engagement.words, {notebook.stem for notebook in asked.notebooks}
    first_page = functools.cache(lambda: summary.compose(engagement, pages))  # errors are not kept
    with _shared_facts(engagement) as facts, _shared_whole(engagement, first_page, pool.folder) as opened:
        return (
            yield from report_steps(
                engagement.file.path,
                engagement=engagement,
                parameters=asked.parameters,
                notebooks=asked.notebooks,
                known=asked.known,
                out=asked.out,
                summary=first_page,
                translate=words.text,
                label=words.text,
                progress=asked.progress,
                language=words.language,
                hide_names=asked.hide_names,
                facts=facts,
                opened=opened,
                seal=key,
                pool=pool,
            )
        )


def _seal(file: StudyFile, asked: Asked) -> str:
    """Return what the report depends on. It is found before the sources are read: a change in between makes it anew."""
    place = os.path.relpath(asked.out.resolve(), file.folder.resolve()) if _on_one_drive(asked.out, file.folder) else ""
    given = {"parameters": asked.parameters, "hide_names": asked.hide_names, "place": place}
    return seal(file, asked.notebooks, given)


def _on_one_drive(out: Path, folder: Path) -> bool:
    """Tell whether one folder can be named as seen from the other: on Windows there may be drives between them."""
    return out.resolve().drive == folder.resolve().drive


def distinct(studies: Sequence[str]) -> list[str]:
    """Return the studies without those that name the file of an earlier one."""
    files: dict[str, str] = {}
    for study in studies:
        file = _file(study)
        files.setdefault(str(file.path) if file else study, study)
    return list(files.values())


def _namesakes(studies: Sequence[str]) -> list[str]:
    """Return for each study why it cannot be made beside the others: another one's report would lie in the same folder."""
    names = [file.heading.name.casefold() if (file := _file(study)) else "" for study in studies]
    return [_clash(study, [studies[i] for i in _same(names, number)]) for number, study in enumerate(studies)]


def _same(names: list[str], number: int) -> list[int]:
    """Return the places of the other studies of this name; some file systems see no capitals."""
    return [other for other, name in enumerate(names) if name and other != number and name == names[number]]


def _clash(study: str, others: list[str]) -> str:
    if not others:
        return ""
    return (
        f"the study '{study}' has the same name as {', '.join(map(repr, others))}: both reports would be written to the same "
        "folder, so neither was made. Change `name` in one study.toml."
    )


def _file(study: str) -> StudyFile | None:
    """Return what a study's file says, None when it cannot be read: that is said in full when its turn comes."""
    from clientbase.study_file import read_study

    try:
        return read_study(study)
    except ClientbaseError:
        return None


@contextmanager
def _shared_facts(engagement: Engagement) -> Iterator[Path | None]:
    """Give the notebooks of one run the facts that the run has read, where no fingerprint leads to them."""
    if engagement.fingerprint:
        yield None
        return
    from clientbase.ledger import cache

    place = cache.cache_folder(engagement.file.folder) / f"run-{uuid.uuid4().hex}"
    place.parent.mkdir(parents=True, exist_ok=True)
    cache.save(engagement.ledger, place)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _shared_whole(engagement: Engagement, first_page: Callable[[], Summary], folder: Path) -> Iterator[Path | None]:
    """Give the notebooks of one run the facts and the tables that the first page rests on: read and computed once.

    A large base would take much of the memory of the process that forks the kernels. Of a base that cannot be analysed there
    are no tables, as where the system's temporary folder is full: the notebooks then compute their own, and tell of it.
    """
    place = folder / f"opened-{uuid.uuid4().hex}"
    try:
        if len(engagement.facts) > MOST_SHARED:
            yield None
            return
        try:
            first_page()
            engagement.keep_open(place)
        except (ClientbaseError, OSError):
            yield None
            return
        yield place
    finally:
        place.unlink(missing_ok=True)
