"""What an evaluation lacks is told once for each reason, however many scales and sessions it cost."""

from __future__ import annotations

import io

from rich.console import Console

from psychagent.cli.shown.trouble import trouble_table


def shown(problems: list[tuple[str, str, str]]) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=300).print(trouble_table(problems))
    return [line for line in stream.getvalue().splitlines() if "│" in line]


def test_a_reason_is_told_once_with_a_count_and_the_first_places() -> None:
    why = "judge: HTTP 500 [overloaded]"
    scales = [(f"cbt/en0{n}/session_1", name, why) for n in range(5) for name in ("WAI", "SRS")]
    lines = shown([*scales, ("odd.json", "left out", "holds a list, neither a session nor a case")])
    assert len(lines) == 2
    assert f"{why} (10x)" in lines[0]
    assert "cbt/en00/session_1, cbt/en01/session_1, cbt/en02/session_1 and 2 more" in lines[0]
    assert "WAI, SRS" in lines[0]
    assert "left out" in lines[1]
    assert "x)" not in lines[1]
