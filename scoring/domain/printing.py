"""The points table of an additive card as rows, CSV, JSON, SQL, HTML or plain text."""

from __future__ import annotations

import csv
import html
import io
import json
from dataclasses import dataclass
from typing import Any

from scoring.domain.additive import AdditiveCard
from scoring.domain.card import Terms
from scoring.domain.trees import Grid

HEADER = ("feature", "cell", "points", "log_odds", "rows", "bads", "bad_rate")


@dataclass(frozen=True, slots=True)
class CardLine:
    """One line of the table. Points are printed text; `log_odds` is the calibrated contribution to being bad."""

    feature: str
    cell: str
    points: str
    log_odds: float
    rows: int
    bads: int

    def values(self) -> tuple[Any, ...]:
        """In the order of HEADER."""
        rate = f"{self.bads / self.rows:.4f}" if self.rows else ""
        return (self.feature, self.cell, self.points, f"{self.log_odds:.6f}", self.rows, self.bads, rate)


def card_lines(card: AdditiveCard) -> list[CardLine]:
    """All cells, features in order of what they can move, the base first: any score is the base plus one cell each."""
    terms = card.terms
    first = CardLine(
        "(base)", "everybody", _points(terms, card.base_ticks), terms.intercept + terms.slope * card.bias, 0, 0
    )
    order = sorted(range(len(card.tables)), key=lambda at: -(max(card.tables[at].ticks) - min(card.tables[at].ticks)))
    lines = [first]
    for at in order:
        table = card.tables[at]
        lines += [
            CardLine(
                terms.features[at].name,
                card.cell_label(at, cell),
                _points(terms, table.ticks[cell]),
                table.margins[cell] * terms.slope,
                table.rows[cell],
                table.bads[cell],
            )
            for cell in range(table.grid.cells)
        ]
    return lines


def _points(terms: Terms, ticks: int) -> str:
    return str(terms.scale.points(ticks))


def print_card(card: AdditiveCard, form: str) -> str:
    """The table as text, csv, json, sql or html."""
    return {"text": _text, "csv": _csv, "json": _json, "sql": card_sql, "html": _html}[form](card)


def _csv(card: AdditiveCard) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(line.values() for line in card_lines(card))
    return out.getvalue()


def _json(card: AdditiveCard) -> str:
    terms = card.terms
    raw = {
        "kind": terms.kind, "segment": terms.segment,
        "scale": {"pdo": terms.scale.pdo, "base_score": terms.scale.base_score, "base_odds": terms.scale.base_odds},
        "base_points": float(terms.scale.points(card.base_ticks)),
        "cutoff": {"pd": terms.cutoff_pd, "points": float(terms.scale.points(terms.cutoff_ticks))},
        "grades": [
            {"name": g.name, "pd_max": g.pd_max,
             "points_min": None if g.ticks_min is None else float(terms.scale.points(g.ticks_min))}
            for g in terms.grades
        ],
        "features": [
            {
                "name": feature.name, "type": feature.type.value, "description": feature.description,
                "cells": [
                    {"cell": card.cell_label(at, cell), "points": float(terms.scale.points(table.ticks[cell])),
                     "log_odds": table.margins[cell] * terms.slope, "rows": table.rows[cell], "bads": table.bads[cell]}
                    for cell in range(table.grid.cells)
                ],
            }
            for at, (feature, table) in enumerate(zip(terms.features, card.tables, strict=True))
        ],
    }  # fmt: skip
    return json.dumps(raw, indent=1, ensure_ascii=False) + "\n"


def _text(card: AdditiveCard) -> str:
    lines = [tuple(str(value) for value in line.values()) for line in card_lines(card)]
    widths = [max(len(row[i]) for row in [HEADER, *lines]) for i in range(len(HEADER))]
    rows = []
    for row in [HEADER, *lines]:
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
        cells += [row[i].rjust(widths[i]) for i in range(2, len(HEADER))]
        rows.append("  ".join(cells).rstrip())
    return "\n".join(rows) + "\n"


def _html(card: AdditiveCard) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in HEADER)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in line.values()) + "</tr>\n"
        for line in card_lines(card)
    )
    title = html.escape(f"Points table, {card.terms.segment}")
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title></head>\n<body>\n'
        f"<table>\n<caption>{title}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"
        "</body>\n</html>\n"
    )


def card_sql(card: AdditiveCard) -> str:
    """One SELECT that gives the score of each row of a table `application` with a column per feature.

    Values are compared as double precision; a category as text.
    """
    scale = card.terms.scale
    parts = [f"  {scale.points(card.base_ticks)}"]
    for feature, table in zip(card.terms.features, card.tables, strict=True):
        column = '"' + feature.name.replace('"', '""') + '"'
        points = [scale.points(t) for t in table.ticks]
        unknown = f"{column} IS NULL"
        if feature.missing_codes:
            unknown += f" OR {column} IN ({', '.join(f'{code:g}' for code in feature.missing_codes)})"
        cases = [f"    WHEN {unknown} THEN {points[-1]}"]
        if feature.is_category:
            cases += [
                f"    WHEN {column} = '{label.replace(chr(39), chr(39) * 2)}' THEN {points[code]}"
                for code, label in enumerate(feature.categories)
            ]
            otherwise = points[len(feature.categories)]
        else:
            merged = _merge(table.grid, table.ticks)
            cases += [f"    WHEN {column} < {edge!r} THEN {scale.points(t)}" for edge, t in merged]
            otherwise = points[-2]
        parts.append("  + CASE\n" + "\n".join(cases) + f"\n    ELSE {otherwise}\n  END  -- {feature.name}")
    return "SELECT\n" + "\n".join(parts) + "\n  AS score\nFROM application;\n"


def _merge(grid: Grid, ticks: tuple[int, ...]) -> list[tuple[float, int]]:
    """Upper edges with the ticks below them, neighbours of equal ticks as one; the open last cell left out."""
    found = []
    for cell, edge in enumerate(grid.edges):
        if ticks[cell] != ticks[cell + 1]:
            found.append((edge, ticks[cell]))
    return found
