"""`flask contract`: tell whether a PDF is one of ours and unchanged. Needs no database."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.group()
def contract() -> None:
    """Contracts as files."""


@contract.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def verify(file: Path, as_json: bool) -> None:
    """Check the lender's seal on FILE: exit code 0 when it is ours and unchanged, 1 otherwise."""
    from core.clock import SystemClock
    from core.settings import Settings
    from core.signing import SealKeys, verify_pdf
    from origination.domain.verification import ANSWERS

    settings = Settings.from_env()
    keys = SealKeys(settings.instance / "keys")
    if not keys.ca_cert.exists():
        raise click.ClickException(f"No seal was ever made here: {keys.ca_cert} is missing")
    found = verify_pdf(file.read_bytes(), keys, at=SystemClock(settings.time_zone).now())
    if as_json:
        signed_at = found.signed_at.isoformat() if found.signed_at else None
        answer = {
            "ours": found.ours, "problem": found.problem, "intact": found.intact, "valid": found.valid,
            "trusted": found.trusted, "whole": found.whole, "signer": found.signer, "sealed_at": signed_at,
            "reference": found.reason if found.ours else None,
        }  # fmt: skip
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        click.echo(ANSWERS[found.problem])
        if found.found:
            click.echo(f"Seal: {found.signer}, {found.signed_at}" + (f", {found.reason}" if found.ours else ""))
    raise SystemExit(0 if found.ours else 1)
