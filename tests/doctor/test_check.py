"""What rests on a failed check is skipped, and says because of what."""

from __future__ import annotations

from psychagent.doctor.check import Check, Round, Seen, State
from psychagent.errors import SettingsError


def fails() -> str:
    raise SettingsError("there is  no such\nfile")


async def test_a_check_that_rests_on_a_failure_is_not_run_and_names_the_first_cause() -> None:
    ran: list[str] = []

    def work() -> str:
        ran.append("x")
        return "fine"

    round_ = Round()
    base = await round_.run(Check("base", fails, "mend it"))
    middle = await round_.run(Check("middle", work, needs=("base",)))
    top = await round_.run(Check("top", work, needs=("other", "middle")))
    free = await round_.run(Check("free", work, needs=("other",)))
    assert (base.state, base.text) == (State.FAILED, "there is no such file; mend it")
    assert (middle.state, middle.because) == (State.SKIPPED, "base")
    assert (top.state, top.because, top.text) == (
        State.SKIPPED,
        "base",
        "not checked, because 'base' failed",
    )
    assert (free.state, ran) == (State.WELL, ["x"])


async def test_a_warning_stands_in_nobodys_way() -> None:
    round_ = Round()
    doubtful = await round_.run(Check("a", lambda: Seen(text="hm", is_warning=True)))
    after = await round_.run(Check("b", lambda: "fine", needs=("a",)))
    assert (doubtful.state, doubtful.ok, after.state) == (State.WARNING, True, State.WELL)
