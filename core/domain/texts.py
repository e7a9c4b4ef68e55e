"""Texts born in the domain and translated at the edge."""

from __future__ import annotations

from typing import Any, Self


class Text(str):
    """An English sentence that remembers its message id and parameters, so that the edge can say it in Chinese.

    `Text("at most {n} decimals", n=2)` equals "at most 2 decimals"; `core.i18n.translate` gives it in the reader's
    language. Message ids are collected by `pybabel extract -k Text`.
    """

    __slots__ = ("msgid", "params")
    msgid: str
    params: dict[str, Any]

    def __new__(cls, msgid: str, /, **params: Any) -> Self:
        text = super().__new__(cls, msgid.format(**params) if params else msgid)
        text.msgid = msgid
        text.params = params
        return text
