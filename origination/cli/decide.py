"""`flask decide`: make past decisions again, try a policy on past applications, check its tables, decide on facts."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

decide = click.Group("decide", help="Decisions: replay them, try a policy on past ones, check its tables.")
DAY = click.DateTime(["%Y-%m-%d"])
POLICY = click.option(
    "--policy", "policy_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A policy.toml."
)


@decide.command("replay")
@click.argument("reference", required=False)
@click.option("--all", "everything", is_flag=True, help="Every decision ever made.")
def replay(reference: str | None, everything: bool) -> None:
    """Make the decisions on APP-... (or --all) again from stored facts and policy text; exit 1 when one differs."""
    if bool(reference) == everything:
        raise click.UsageError("Name an application, or say --all")

    def run() -> int:
        import time

        from core.web.work import read
        from origination.queries.find import application_id_of
        from origination.steps.replay import replay_all

        equal = different = 0
        start = time.perf_counter()
        with read() as r:
            application_id = None if reference is None else application_id_of(r, reference)
            for one in replay_all(r, application_id=application_id):
                equal += one.is_equal
                different += not one.is_equal
                if not one.is_equal:
                    click.echo(f"decision {one.decision_id} of {one.application_id} differs:")
                    for difference in one.differences:
                        click.echo(f"  {difference}")
        took = max(time.perf_counter() - start, 0.001)
        speed = f"in {took:.1f} s, {(equal + different) / took:,.0f} a second"
        click.echo(f"{equal + different} decisions replayed: {equal} equal, {different} different ({speed})")
        return 1 if different else 0

    sys.exit(_in_app(run))


@decide.command("simulate")
@POLICY
@click.option("--since", type=DAY, required=True, help="The first day of decisions to try.")
@click.option("--until", type=DAY, help="The last day; today if left out.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def simulate(policy_file: Path | None, since: datetime, until: datetime | None, as_json: bool) -> None:
    """Decide past applications by another policy (the one in force if left out): who would change, and at what cost."""

    def run() -> int:
        from core.web.work import read
        from origination.domain.policy import OriginationPolicy
        from origination.steps.back_test import back_test
        from origination.steps.try_policy import as_report

        with read() as r:
            policy = r.policy(OriginationPolicy) if policy_file is None else _read_policy(policy_file)
            found = back_test(r, policy, since=since.date(), until=until.date() if until else None)
        report = as_report(found)
        click.echo(json.dumps(report, indent=2, ensure_ascii=False) if as_json else "\n".join(_lines(report)))
        return 0

    sys.exit(_in_app(run))


@decide.command("check")
@POLICY
def check(policy_file: Path | None) -> None:
    """Read a policy and say which tables overlap, have gaps or rows that can never count. Needs no database."""
    from core.domain.errors import PolicyInvalid
    from origination.domain.table_check import check_table, currencies_of

    try:
        policy = _read_policy(policy_file or _shipped())
    except PolicyInvalid as error:
        raise click.ClickException(error.message) from None
    troubles = 0
    for table in policy.tables:
        for currency in currencies_of(table):
            for finding in check_table(table, currency).findings:
                troubles += 1
                example = ", ".join(f"{name} {code}" for name, code in finding.example)
                click.echo(f"{table.name} {currency}: {finding.what} {' '.join(finding.rows)} {example}".rstrip())
    for came in _cases_of(policy_file or _shipped(), policy):
        if not came.passed:
            troubles += 1
            said = came.problem or f"{came.outcome} {', '.join(came.reasons)}"
            click.echo(f"test case {came.name!r}: wanted {came.wanted} {came.wanted_reason}, came out {said}")
    newest = policy.exchanges[-1].as_of
    if (days := (_today() - newest).days) > policy.review.exchange_days:
        click.echo(f"exchange rates are of {newest}, {days} days old: set newer ones ([[exchange]])")
    rows = sum(len(table.rows) for table in policy.tables)
    click.echo(f"policy {policy.version}: {len(policy.tables)} tables, {rows} rows, {troubles} findings")
    sys.exit(1 if troubles else 0)


@decide.command("facts")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@POLICY
@click.option("--day", type=DAY, help="The day whose tables are in force; today if left out.")
def facts(file: Any, policy_file: Path | None, day: datetime | None) -> None:
    """Decide on facts as JSON, one object {"facts": {...}} or a list; answers in the same shape. Needs no database."""
    from core.domain.errors import LendingError
    from origination.domain.decision import decide as decide_on
    from origination.domain.decision import decision_to_dict
    from origination.domain.facts_input import read_facts

    try:
        given = json.load(file)
    except RecursionError:
        raise click.ClickException("This is not JSON of facts: brackets are nested too deep") from None
    except ValueError as error:
        raise click.ClickException(f"This is not JSON: {error}") from None
    policy = _read_policy(policy_file or _shipped())
    on = day.date() if day else _today()
    answers = []
    for item in given if isinstance(given, list) else [given]:
        try:
            known = read_facts(item)
            answers.append(decision_to_dict(decide_on(known, policy.compiled, on), known))
        except LendingError as error:
            answers.append({"error": error.as_dict()})
    click.echo(json.dumps(answers if isinstance(given, list) else answers[0], ensure_ascii=False, default=str))


def _in_app(run: Any) -> int:
    from flask.cli import ScriptInfo

    from core.domain.errors import LendingError

    app = click.get_current_context().ensure_object(ScriptInfo).load_app()
    with app.app_context():
        try:
            found: int = run()
        except LendingError as error:
            click.echo(f"{error.code}: {error.message}", err=True)
            return 2
    return found


def _today() -> date:
    from core.clock import SystemClock
    from core.settings import Settings

    return SystemClock(Settings.from_env().time_zone).today()


def _cases_of(path: Path, policy: Any) -> Any:
    import tomllib

    from origination.domain.policy_cases import run_cases

    cases = tomllib.loads(path.read_text(encoding="utf-8")).get("case", ())
    return run_cases(policy.compiled, cases, _today())


def _shipped() -> Path:
    return Path(__file__).parents[1] / "policy.toml"


def _read_policy(path: Path) -> Any:
    import tomllib

    from core.domain.errors import PolicyInvalid
    from origination.domain.policy import OriginationPolicy

    try:
        return OriginationPolicy.from_toml(tomllib.loads(path.read_text(encoding="utf-8")))
    except UnicodeDecodeError:
        raise PolicyInvalid(f"{path}: this is no text in UTF-8; give a policy.toml") from None
    except tomllib.TOMLDecodeError as error:
        raise PolicyInvalid(f"{path}: {error}") from None


def _lines(report: dict[str, Any]) -> list[str]:
    if not report["cases"]:
        return ["No application was decided by rules in that time. Choose an earlier day."]
    lines = [f"{report['cases']} applications ({report['assessed_anew']} assessed anew)"]
    before, after = report["before"], report["after"]
    lines += [
        f"{outcome:8} before {before.get(outcome, 0):7}  after {after.get(outcome, 0):7}"
        for outcome in ("APPROVE", "REFER", "DECLINE")
    ]
    lines += [f"{move:20} {count:7}" for move, count in report["changed"].items()]
    bad, profit = report["expected_bad_rate"], report["profit_usd"]
    lines.append(f"expected bad rate of approved: before {bad['before']}, after {bad['after']}")
    seen = report["observed_bad_rate"]
    lines.append(
        f"observed bad rate of approved, time over: before {seen['before']} of {seen['cases_before']}, "
        f"after {seen['after']} of {seen['cases_after']}"
    )
    lines.append(f"expected profit of a year in USD: before {profit['before']}, after {profit['after']}")
    lines.append("reasons:")
    lines += [f"  {reason:40} {count:7}" for reason, count in report["reasons"].items()]
    for kind, groups in report["groups"].items():
        lines.append(f"by {kind}: cases, approved before and after, impact ratio")
        for name, count in groups.items():
            figures = f"{count['cases']:7} {count['approved_before']:7} {count['approved_after']:7}"
            lines.append(f"  {name:24} {figures}  {count['impact_ratio']:.2f}")
    return lines


COMMANDS = [decide]
