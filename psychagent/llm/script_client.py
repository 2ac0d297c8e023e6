"""The script as client: it opens up line by line, stalls in between, and did its homework or did not."""

from __future__ import annotations

from collections.abc import Sequence

from psychagent.llm.script_scene import Scene

_RISK_SESSION, _SECRET_SESSION = 2, 3
_HEAVY_TURN = 3


def play_client(scene: Scene) -> str:
    """Say the client's next turn."""
    lines, turn = scene.lines["client"], len(scene.own)
    counselor = scene.lines["counselor"]
    asked = scene.heard[-1]
    if counselor["risk_ask"] in asked:
        return str(lines["risk_answer"])
    if counselor["risk_plan"] in asked:
        return str(lines["risk_support"])
    if counselor["risk_return"] in asked:
        return str(lines["risk_update"])
    if _is_proposal(scene, asked):
        return scene.pick(_by_style(scene, "accept"))
    if turn == 0:
        return _arrival(scene)
    if _stalls(scene, turn):
        return scene.pick(_by_style(scene, "stall"))
    return _disclosure(scene)


def _by_style(scene: Scene, kind: str) -> Sequence[str]:
    styles = scene.lines["client"][kind]
    found: Sequence[str] = styles.get(scene.value("style", "cooperative"), styles["cooperative"])
    return found


def _is_proposal(scene: Scene, asked: str) -> bool:
    proposals = [h for group in scene.lines["homework"].values() for h in group]
    return any(h in asked for h in proposals) and not _asks_about_homework(scene, asked)


def _asks_about_homework(scene: Scene, asked: str) -> bool:
    opening = str(scene.lines["counselor"]["ask_homework"]).split("{", 1)[0]
    return opening.strip() in asked


def _arrival(scene: Scene) -> str:
    lines, asked = scene.lines["client"], scene.heard[-1]
    if int(scene.value("session_index", 1)) == 1:
        name = str(scene.value("name", "")).split(" ")[0]
        return scene.pick(lines["introduce"]).format(name=name, problem=scene.value("problem", ""))
    if _asks_about_homework(scene, asked) and scene.value("homework", []):
        return scene.pick(lines["homework"][scene.value("homework_status", "not done")])
    return scene.pick(lines["progress"])


def _stalls(scene: Scene, turn: int) -> bool:
    """Stall more often the higher the resistance (1: one turn in five; 5: every other turn)."""
    every = 6 - int(scene.value("resistance", 2)) if int(scene.value("resistance", 2)) < 5 else 2
    if turn == _HEAVY_TURN and _heavy(scene):
        return False
    return turn % max(every, 2) == (scene.session_seed % max(every, 2))


def _disclosure(scene: Scene) -> str:
    """Say the next line that was not said yet; what weighs most comes late in the session."""
    told = " ".join(scene.own)
    pool = [*scene.value("at_once", []), *scene.value("trusted", [])]
    if len(scene.own) >= _HEAVY_TURN:
        pool = _heavy(scene) + pool
    fresh = [line for line in pool if line not in told]
    if not fresh:
        return _nothing_new(scene, told)
    hedge = scene.pick(_by_style(scene, "hedge"), "hedge")
    return f"{hedge}{fresh[0]}"


def _heavy(scene: Scene) -> list[str]:
    """Tell the voiced risk in the second session and the secret in the third, once each."""
    session = int(scene.value("session_index", 1))
    if session == _RISK_SESSION:
        return [str(scene.value("risk", ""))] if "risk" in scene.values else []
    told = [s["secret"] for s in scene.value("secrets", []) if "secret" in s]
    return told if session == _SECRET_SESSION else []


def _nothing_new(scene: Scene, told: str) -> str:
    progress = [line for line in scene.lines["client"]["progress"] if line not in told]
    return scene.pick(progress or _by_style(scene, "stall"))
