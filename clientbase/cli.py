"""The command line: draft a study, make reports and negotiation sheets, list the parameters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clientbase.errors import ClientbaseError, ReportError, SettingError

if TYPE_CHECKING:
    from clientbase.report.side_by_side import Outcome
    from clientbase.report.studies import Asked

PACKAGE = Path(__file__).parent
FIGURES = (
    "assortment", "client_load", "cohorts", "concentration", "data", "delivery", "discount_audit", "economics", "flows",
    "parity", "portrait", "purchase_size", "regions", "relationship", "robustness", "share_classes", "stability",
    "weighted_scoring",
)  # fmt: skip
WARM_MODULES = ("clientbase.notebook:warm_up", *(f"clientbase.figures.{name}" for name in FIGURES))

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Analyse and optimise a client base: from a company's sales export to a report of the method's steps.",
)
console = Console(soft_wrap=True)
complaints = Console(stderr=True, soft_wrap=True)


@app.callback(invoke_without_command=True)
def _start(version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False) -> None:
    if version:
        from clientbase import __version__

        console.print(f"clientbase {__version__}")
        raise typer.Exit


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn an error of ours into its sentence and the exit status 1; so too a full disk or memory that was refused."""
    from clientbase.limits import told

    try:
        with told():
            yield
    except ClientbaseError as error:
        complaints.print(f"[bold red]Error:[/] {escape(str(error))}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        complaints.print("Stopped. Earlier reports are as they were.")
        raise typer.Exit(130) from None


@app.command()
def report(
    studies: Annotated[
        list[str], typer.Argument(help="study.toml, its folder, or demo for the invented training base", metavar="STUDY...")
    ],
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Set a parameter for this run; may be repeated."),
    ] = None,
    step: Annotated[
        list[str] | None,
        typer.Option("--step", "-s", metavar="STEP", help="Only this notebook: its number or name; may be repeated."),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=64, help="Notebooks that run at once, of all studies together.")
    ] = 2,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder the reports go to.")] = Path("reports"),
    codes: Annotated[bool, typer.Option("--codes", help="Show clients by code, without names.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make reports anew though nothing they rest on has changed.")] = False,
) -> None:
    """Make the report of one or several studies: pages that open offline, notebooks, tables.

    A report that rests on the same sources, settings, notebooks and versions as the last one is left as it is.

    Example: clientbase report data/demo -p share_a=0.75 --step 5
    """
    with _plain_errors():
        from clientbase.report.parameters import check_parameters
        from clientbase.report.studies import Asked, distinct

        everything = _notebooks()
        notebooks = _chosen(everything, step or [])
        parameters = check_parameters(_pairs(parameter or []), everything)
        if "study" in parameters:
            raise SettingError("the study is named as the argument: clientbase report STUDY, not with -p study=...")
        asked = Asked(notebooks, everything, parameters, out, hide_names=codes, is_fresh=fresh)
        outcomes: dict[str, Outcome] = {}
        places = distinct(studies)
        try:
            _make(places, asked, outcomes, jobs=jobs)
        finally:
            _close(places, outcomes)
    if any(outcome.error for outcome in outcomes.values()):
        raise typer.Exit(1)


def _make(places: list[str], asked: Asked, outcomes: dict[str, Outcome], *, jobs: int) -> None:
    """Make the reports, and put down each outcome as it is there: Ctrl-C may come before the last."""
    from clientbase.report.kernels import kernel_pool
    from clientbase.report.studies import make_reports
    from clientbase.terminal import shown

    with shown(console, len(places)) as bar, kernel_pool(WARM_MODULES, ahead="clientbase.study:open_ahead") as pool:

        def finished(outcome: Outcome) -> None:
            outcomes[outcome.name] = outcome
            bar.report_ended(outcome)
            if outcome.error:
                _complain(outcome.error, outcome.name if len(places) > 1 else "")

        make_reports(places, replace(asked, progress=bar), pool=pool, jobs=jobs, finished=finished)


def _complain(error: Exception, study: str) -> None:
    """Say why a report was not made; an error that is none of ours is a fault of this package and shown with its way."""
    head = f"[bold red]Error in {escape(study)}:[/]" if study else "[bold red]Error:[/]"
    if isinstance(error, ClientbaseError):
        complaints.print(f"{head} {escape(str(error))}")
        return
    import traceback

    complaints.print(head, "this is a fault of clientbase.")
    complaints.print(escape("".join(traceback.format_exception(error))), highlight=False)


def _close(places: list[str], outcomes: dict[str, Outcome]) -> None:
    """End with the page to open, or with the table of all reports."""
    from clientbase.terminal import since, table

    if len(places) > 1:
        for line in table(places, outcomes):
            console.print(line, highlight=False)
        n_failed = sum(outcome.error is not None for outcome in outcomes.values())
        n_unchanged = sum(bool(outcome.report and outcome.report.unchanged_since) for outcome in outcomes.values())
        unchanged = f", {n_unchanged} unchanged" if n_unchanged else ""
        n_made = len(outcomes) - n_failed - n_unchanged
        console.print(f"{n_made} made{unchanged}, {n_failed} failed, {len(places) - len(outcomes)} not made.")
        return
    for place, outcome in outcomes.items():
        if outcome.report:
            if outcome.report.unchanged_since:
                console.print(f"{escape(place)}: {since(outcome)}.", highlight=False)
            console.print(f"[bold green]Report of {escape(place)}:[/] open {escape(str(outcome.report.index))}")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="name of the study: letters, digits, - and _")],
    files: Annotated[list[Path], typer.Argument(help="export files: CSV, Excel, Parquet or SQLite", metavar="FILE...")],
    folder: Annotated[
        Path | None, typer.Option("--folder", "-f", help="Folder of the study; studies/NAME when left out.")
    ] = None,
) -> None:
    """Draft a study from export files: recognise their columns and write study.toml.

    Example: clientbase new acme sales.xlsx
    """
    with _plain_errors():
        from clientbase.draft import describe, draft_study

        place = folder or Path("studies") / name
        with console.status("Looking at the files ..."):
            draft = draft_study(name, files, place)
        console.print(escape(describe(draft)))
        console.print(
            f"[bold green]Study drafted:[/] look through {escape(str(draft.path))}, "
            f"then: clientbase report {escape(str(place))}"
        )


@app.command()
def sheet(
    study: Annotated[str, typer.Argument(help="study.toml, its folder, or demo")],
    client: Annotated[str, typer.Argument(help="code or name of the client")],
    discount: Annotated[
        float | None,
        typer.Option(
            "--discount",
            "-d",
            min=-0.99,
            max=0.99,
            help="Discount asked for, a share of the present price; the study's if none.",
        ),
    ] = None,
    offer: Annotated[
        list[str] | None,
        typer.Option("--offer", metavar="KIND=TERMS", help="What the client offers, such as volume=0.1; may be repeated."),
    ] = None,
    without_costs: Annotated[
        bool, typer.Option("--without-costs", help="Leave out our own costs and margin, for a page that the client may see.")
    ] = False,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Print the page as PDF too, by the system's browser.")] = True,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder the sheets go to.")] = Path("reports"),
) -> None:
    """Make the one-page negotiation sheet of a client: what it buys, what it asks for, what must come back.

    Offers: volume, mix, pickup, portal, contract and referral are shares, payment is days of credit, orders are a year's,
    forecast and service are money. Example: clientbase sheet demo C330 --discount 0.03 --offer payment=30 --offer volume=0.1
    """
    with _plain_errors():
        import datetime as dt

        from clientbase.report.folders import check_name
        from clientbase.report.negotiation_sheet import compose
        from clientbase.report.sheet import write_sheet
        from clientbase.study import open_study

        if not client.strip():
            raise SettingError("the client is empty: give its code or name.")
        offers = _offers(offer or [])
        with console.status(f"Reading {escape(study)} ..."):
            engagement = open_study(study)
        check_name(engagement.name)
        given = engagement.settings.parity
        asked = given.asked_discount if discount is None else discount
        negotiation = engagement.parity.bargain_with(client, discount=asked, offers=offers)
        if not offers and engagement.parity.negotiation.client.client_id == negotiation.client.client_id:
            negotiation = engagement.parity.bargain_with(client, discount=asked, offers=given.offers)
        page = compose(engagement, negotiation, made_on=dt.date.today(), with_own_costs=not without_costs)
        stem = negotiation.client.client_id + ("-open" if without_costs else "")
        files = write_sheet(page, out / f"{engagement.name}-sheets", stem, pdf=pdf)
        for file in files:
            console.print(f"[bold green]Negotiation sheet:[/] open {escape(str(file))}")


def _offers(given: list[str]) -> dict[str, float]:
    """Return KIND=TERMS texts as a dictionary of numbers."""
    offers = {}
    for text in given:
        kind, _, terms = text.partition("=")
        if kind.strip() in offers:
            raise SettingError(f"--offer {text}: {kind.strip()} is offered twice.")
        try:  # nothing is no number either, so a text without = ends here too
            offers[kind.strip()] = float(terms.rstrip(" %")) / (100 if terms.rstrip().endswith("%") else 1)
        except ValueError:
            raise SettingError(f"--offer {text}: an offer is given as KIND=TERMS, for example --offer volume=0.1.") from None
    return offers


@app.command()
def lab(
    study: Annotated[str, typer.Argument(help="study.toml, its folder, or demo")],
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Port; a free one when left out.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the system's browser.")] = True,
) -> None:
    """Open JupyterLab on a study: its own copies of the notebooks, in their order, ready to run.

    Example: clientbase lab studies/acme
    """
    with _plain_errors():
        from clientbase.lab import open_lab
        from clientbase.study_file import read_study

        status = open_lab(
            read_study(study),
            _notebooks(),
            port=port,
            browser=browser,
            tell=lambda text: console.print(escape(text), highlight=False),
        )
    raise typer.Exit(status)


@app.command()
def form(study: Annotated[str, typer.Argument(help="study.toml or its folder")]) -> None:
    """Write the form for a firm that records no work: costs of departments and minutes per order, to be typed in.

    Example: clientbase form studies/acme
    """
    with _plain_errors():
        from clientbase.load_form import SECTIONS, write_form
        from clientbase.study_file import read_study

        files = write_form(read_study(study))
        for file in files:
            console.print(f"[bold green]Form:[/] fill in {escape(str(file))}")
        console.print(f"Then add to study.toml:\n\n{escape(SECTIONS)}", highlight=False)


@app.command()
def parameters(
    step: Annotated[
        list[str] | None, typer.Option("--step", "-s", metavar="STEP", help="Only this notebook; may be repeated.")
    ] = None,
) -> None:
    """List the parameters of the notebooks with their defaults; give one with report -p NAME=VALUE."""
    with _plain_errors():
        from clientbase.report.parameters import read_parameters

        for notebook in _chosen(_notebooks(), step or []):
            console.print(f"[bold]{notebook.stem}[/]")
            for one in read_parameters(notebook).values():
                if one.name != "study":
                    console.print(f"  {one.name} = {escape(repr(one.default))}  [dim]{escape(one.help)}[/]")


def _notebooks() -> list[Path]:
    """Return the numbered notebooks, from the installed package or from the clone it is used in."""
    for folder in (PACKAGE / "notebooks", PACKAGE.parent / "notebooks"):
        if found := sorted(folder.glob("[0-9][0-9]_*.ipynb")):
            return found
    raise ReportError("the notebooks of the method are not installed. Install clientbase again.")


def _chosen(notebooks: list[Path], steps: list[str]) -> list[Path]:
    """Return the notebooks that steps name by number or name; all without steps."""
    from clientbase.settings import near

    if not steps:
        return notebooks
    by_name = {alias: notebook for notebook in notebooks for alias in _aliases(notebook)}
    for step in steps:
        if step.removesuffix(".ipynb") not in by_name:
            raise SettingError(f"there is no step '{step}'{near(step, [notebook.stem for notebook in notebooks])}.")
    asked = {by_name[step.removesuffix(".ipynb")] for step in steps}
    return [notebook for notebook in notebooks if notebook in asked]


def _aliases(notebook: Path) -> set[str]:
    number, _, name = notebook.stem.partition("_")
    return {notebook.stem, number, str(int(number)), name}


def _pairs(given: list[str]) -> dict[str, str]:
    """Return NAME=VALUE texts as a dictionary."""
    pairs = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise SettingError(f"-p {text}: a parameter is given as NAME=VALUE, for example -p share_a=0.75.")
        pairs[name.strip()] = value.strip()
    return pairs
