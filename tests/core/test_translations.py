"""Both languages are complete: no message without Chinese, no two parts that disagree, no parameter lost."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from babel.messages.pofile import read_po

from translations import build

PARAMETER = re.compile(r"%\(\w+\)[sd]|\{\w+[^}]*\}")


def test_every_message_has_its_chinese() -> None:
    lacking = build.missing()
    assert not lacking, "put these into a file of translations/zh_parts:\n" + "\n".join(lacking)


def test_parts_do_not_contradict_each_other() -> None:
    _, contradictions = build.translated()
    assert not contradictions, "\n".join(contradictions)


@pytest.mark.parametrize("part", sorted(build.PARTS.glob("*.po")), ids=lambda path: path.stem)
def test_a_part_is_whole(part) -> None:
    for message in read_po(BytesIO(part.read_bytes()), locale=build.LOCALE, abort_invalid=True):
        if not message.id:
            continue
        assert not message.fuzzy, f"{message.id!r} is fuzzy"
        one, many = (message.id[0], message.id[-1]) if isinstance(message.id, tuple) else (message.id, message.id)
        for said in message.string if isinstance(message.string, tuple) else (message.string,):
            # Chinese has no plural, so it may leave out nothing but what the English singular leaves out, too.
            lost = set(PARAMETER.findall(one)) - set(PARAMETER.findall(said))
            strange = set(PARAMETER.findall(said)) - set(PARAMETER.findall(many))
            assert not lost, f"{message.id!r} loses {lost}"
            assert not strange, f"{message.id!r} invents {strange}"
            assert said.count("%%") == one.count("%%"), f"{message.id!r}: a doubled per cent sign stays doubled"
