"""Which skills a session may use, and which of them a turn shows: pure decisions on rankings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from psychagent.domain.risk.danger import Alarm
from psychagent.domain.risk.finding import About
from psychagent.domain.skill import MetaSkill, Skill, StageSkills

if TYPE_CHECKING:
    # numpy comes with the first index
    from psychagent.skills.index import Hit

MOST_RISK_SKILLS = 2
"""Skills for danger that a turn shows once danger is voiced."""

TRAILING = 0.75
"""Share of the floor that the skills beside the best must reach: nearly as good is still a help."""


def choosable(skills: StageSkills) -> list[MetaSkill]:
    """List the families that the coarse filter chooses from: those that are not at hand anyway."""
    return [meta for meta in skills.meta_skills if not meta.always and not meta.risk]


def shortlist(skills: StageSkills, chosen: frozenset[str], most: int) -> tuple[str, ...]:
    """List up to `most` skills of the chosen meta-skills, taken evenly from each.

    Families that are not to be chosen count as chosen and are served first.
    """
    at_hand = {m.id for m in skills.meta_skills} - {m.id for m in choosable(skills)}
    families = sorted(
        (m for m in skills.meta_skills if m.id in chosen | at_hand), key=lambda m: m.id not in at_hand
    )
    rows = [meta.skills for meta in families]
    longest = max((len(row) for row in rows), default=0)
    in_turn = [row[n] for n in range(longest) for row in rows if n < len(row)]
    ids = {skill.id for skill in in_turn[:most]}
    return tuple(skill.id for skill in skills.of_metas(chosen | at_hand) if skill.id in ids)


def risk_families(skills: StageSkills) -> tuple[MetaSkill, ...]:
    """List the families for danger, in file order: the one with the plain question first."""
    return tuple(meta for meta in skills.meta_skills if meta.risk)


def risk_skills(skills: StageSkills) -> tuple[Skill, ...]:
    """List the skills for danger, in file order: the plain question first."""
    return tuple(skill for meta in risk_families(skills) for skill in meta.skills)


def tells_of_voices(skills: StageSkills, said: str, shown: Collection[str] = ()) -> bool:
    """Return whether voices or pursuers were told of; true where no family is marked, as with others.

    Args:
        skills: The session's families.
        said: What the client has said, and what is on record.
        shown: Ids of skills that were found to fit: what a model says of the client's words led to them.
    """
    families = [meta for meta in risk_families(skills) if meta.voices]
    fit = any(skill.id in shown for meta in families for skill in meta.skills)
    return not families or fit or any(meta.is_called_for(About.NONE, said) for meta in families)


def beside_danger(skills: StageSkills) -> frozenset[str] | None:
    """List the ids of the skills that may stand beside those for a danger while it is open.

    None where no family is marked, as in a library of somebody else: all may.
    """
    marked = [meta for meta in skills.meta_skills if meta.beside_danger]
    ids = frozenset(skill.id for meta in marked for skill in meta.skills if skill.beside_danger)
    return ids if marked else None


def families_for(
    skills: StageSkills, about: About, said: str, known: str, *, recorded: str = ""
) -> tuple[MetaSkill, ...]:
    """List the families for danger that fit the one that is open, at least one if there is any.

    Where nobody knows whose danger it is, the family with the plain question is always among them.

    Args:
        skills: The session's families.
        about: Whose danger it is; `none` is not known.
        said: The client's last words, and what a model says of them.
        known: What the client has said and what its file holds.
        recorded: What earlier sessions tell of a danger that is open. It counts where today's words call for
            no family: "he is still there" does not say that he is a voice.
    """
    families = risk_families(skills)
    called = _called(families, about, said, recorded)
    # "I hurt him" may be a partner or a child: who knows of no child asks first what else is called for, and
    # asks after a child all the same where nothing else is
    called = tuple(meta for meta in called if meta.suits(known)) or called
    if about is About.NONE:
        return (*families[:1], *(meta for meta in called if meta not in families[:1]))
    # a family that names no kind is for all of them, as in a library of somebody else
    general = tuple(meta for meta in families if not meta.about or about in meta.about)
    if about is About.CHILD:
        # that a child is hurt is known, whatever was said last: its family stands first, voices may follow
        return (*general[:1], *(meta for meta in called if meta not in general[:1])) or families[:1]
    if called and all(_is_for_drink(meta) for meta in called):
        # a drinker who wants to die is asked about that first
        called = (*general[:1], *(meta for meta in called if meta not in general[:1]))
    if about is About.HARMED and called:
        # whoever tells of a child that is hurt too is still in danger
        called = (*called, *(meta for meta in general[:1] if meta not in called))
    return called or general[:1] or families[:1]


def _called(families: Sequence[MetaSkill], about: About, said: str, recorded: str) -> tuple[MetaSkill, ...]:
    """List the families that today's words call for, and those on record where nothing but drink is heard."""
    called = tuple(meta for meta in families if meta.is_called_for(about, said))
    if not all(_is_for_drink(meta) for meta in called):
        return called
    return tuple(meta for meta in families if meta in called or meta.is_called_for(about, recorded))


def _is_for_drink(meta: MetaSkill) -> bool:
    """Return whether a family asks about drink: it stands beside the one for another danger."""
    return About.DRINK in meta.about


def choose_shown(
    hits: Sequence[Hit],
    *,
    known: str,
    risk: Sequence[MetaSkill],
    fitting: Sequence[MetaSkill],
    alarm: Alarm,
    floor: float,
    most: int,
    beside: Collection[str] | None = None,
) -> tuple[str, ...]:
    """Choose what a turn shows of a ranking of all its candidates, best first.

    Skills for danger come first when it is voiced, the best of each family that fits it; the plain question
    alone when it is due; and none otherwise. The rest are shown only if the best of them fits.

    Args:
        hits: The ranking; empty where nothing was looked for.
        known: What the client has said and what its file holds; a skill that it does not suit is not shown.
        risk: All families for danger, the one with the plain question first.
        fitting: Those of them that fit the danger that is voiced.
        alarm: Whether danger is voiced, or due to be asked about.
        floor: Fit that the best of the rest must reach.
        most: Most skills.
        beside: Ids of the skills that may stand beside those for a danger that is open; None where none is.
    """
    first: list[str] = []
    dangers = [skill.id for meta in risk for skill in meta.skills]
    match alarm:
        case Alarm.VOICED:
            first = _best_of_each(hits, fitting)[:MOST_RISK_SKILLS]
        case Alarm.DUE:
            first = dangers[:1]
        case Alarm.NONE:
            pass
    rest = [hit for hit in hits if hit.skill.id not in dangers and hit.skill.suits(known)]
    rest = [hit for hit in rest if beside is None or hit.skill.id in beside][:most]
    if max((hit.fit for hit in rest), default=0.0) < floor:
        rest = []
    ids = [hit.skill.id for hit in rest if hit.fit >= TRAILING * floor]
    return tuple((first + ids)[:most])


def _best_of_each(hits: Sequence[Hit], families: Sequence[MetaSkill]) -> list[str]:
    """List skills of some families that are for an open danger, the best of each first, then the second."""
    rows = [
        [hit.skill.id for hit in hits if hit.skill in meta.skills and hit.skill.beside_danger]
        for meta in families
    ]
    longest = max((len(row) for row in rows), default=0)
    return [row[n] for n in range(longest) for row in rows if n < len(row)]
