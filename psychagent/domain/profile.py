"""The client's profile: what is true of one simulated client; the counselor never sees it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from psychagent.domain.base import Language, Modality, Record

Style = Literal["cooperative", "guarded", "talkative", "intellectualizing", "skeptical", "compliant"]
RiskKind = Literal[
    "passive_hopelessness",
    "active_thoughts",
    "past_attempt",
    "past_self_harm",
    "denied_danger",
    "violence_at_home",
    "child_in_danger",
    "drinking",
    "psychotic_signs",
    "weight_loss",
    "grief_like_a_wish",
    "anger_without_danger",
    "idioms",
]
ABOUT_DYING: frozenset[RiskKind] = frozenset(
    {"passive_hopelessness", "active_thoughts", "past_attempt", "past_self_harm", "denied_danger"}
)
"""Kinds that a question about dying or hurting oneself asks about."""
NO_DANGER: frozenset[RiskKind] = frozenset({"grief_like_a_wish", "anger_without_danger", "idioms"})
"""Kinds of words that sound like danger and are none: whoever asks gets a true no."""


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_as_text)]


class Traits(Record):
    """Who the client is; an empty string means unknown."""

    name: Text = ""
    age: Text = ""
    gender: Text = ""
    occupation: Text = ""
    educational_background: Text = ""
    marital_status: Text = ""
    family_status: Text = ""
    social_status: Text = ""
    medical_history: Text = ""
    language_features: Text = ""


class StaticTraits(Traits):
    """Who the client of a profile is; a profile gives at least the name."""

    name: Text


class BasicInfo(Record):
    """What brings the client to counseling, whatever the therapy school."""

    static_traits: StaticTraits
    main_problem: Text
    topic: Text = ""
    core_demands: Text = ""
    growth_experiences: tuple[Text, ...] = ()


class TargetBehavior(Record):
    """One behavior with what comes before and after it (bt)."""

    behavior: Text
    antecedent: tuple[Text, ...] = ()
    core_reason: Text = ""
    function: Text = ""
    consequence: Text = ""


class SpecialSituation(Record):
    """One situation with its thoughts, assumptions and strategies (cbt)."""

    event: Text
    conditional_assumptions: Text = ""
    compensatory_strategies: Text = ""
    automatic_thoughts: Text = ""
    cognitive_pattern: Text = ""


class ExistentialTopic(Record):
    """One existential theme and how it shows (het)."""

    theme: Text
    manifestations: tuple[Text, ...] = ()
    outcomes: tuple[Text, ...] = ()


class ContactMode(Record):
    """One way of interrupting contact (het)."""

    mode: Text
    definition: Text = ""
    manifestations: tuple[Text, ...] = ()


class CoreConflict(Record):
    """Wish, fear and what the defenses are for (pdt)."""

    wish: Text = ""
    fear: Text = ""
    defense_goal: tuple[Text, ...] = ()


class ObjectRelation(Record):
    """One inner pairing of self and other (pdt)."""

    self_representation: Text = ""
    object_representation: Text = ""
    linking_affect: Text = ""


class ResponsePattern(Record):
    """How the client reacts when a sore point is touched (pdt)."""

    trigger_condition: Text = ""
    interpretation: Text = ""
    defense_mechanism: Text = ""
    response_instruction: Text = ""


class ExceptionEvent(Record):
    """A time when the problem was absent or smaller (pmt)."""

    target_problem: Text = ""
    unique_outcome: Text = ""
    reason: Text = ""


class ForceField(Record):
    """What pulls towards change and what holds back (pmt)."""

    positive_force: tuple[Text, ...] = ()
    negative_force: tuple[Text, ...] = ()


class BtTheory(Record):
    """The behavior therapist's view of the client."""

    target_behavior: tuple[TargetBehavior, ...] = ()


class CbtTheory(Record):
    """The cognitive-behavioral therapist's view of the client."""

    core_beliefs: tuple[Text, ...] = ()
    special_situations: tuple[SpecialSituation, ...] = ()


class HetTheory(Record):
    """The humanistic-existential therapist's view of the client."""

    existentialism_topic: tuple[ExistentialTopic, ...] = ()
    contact_model: tuple[ContactMode, ...] = ()


class PdtTheory(Record):
    """The psychodynamic therapist's view of the client."""

    core_conflict: CoreConflict = CoreConflict()
    object_relations: tuple[ObjectRelation, ...] = ()
    behavioral_response_patterns: tuple[ResponsePattern, ...] = ()


class PmtTheory(Record):
    """The postmodern therapist's view of the client."""

    exception_events: tuple[ExceptionEvent, ...] = ()
    force_field: ForceField = ForceField()


TheoryBlock = BtTheory | CbtTheory | HetTheory | PdtTheory | PmtTheory
THEORY_MODELS: dict[Modality, type[TheoryBlock]] = {
    Modality.BT: BtTheory,
    Modality.CBT: CbtTheory,
    Modality.HET: HetTheory,
    Modality.PDT: PdtTheory,
    Modality.PMT: PmtTheory,
}
"""The modality's own fields: the shape of a profile's theory block and of the client file."""


class Theory(Record):
    """One block per therapy school; no case can be made under a school without a block."""

    bt: BtTheory | None = None
    cbt: CbtTheory | None = None
    het: HetTheory | None = None
    pdt: PdtTheory | None = None
    pmt: PmtTheory | None = None

    def block(self, modality: Modality) -> TheoryBlock | None:
        """Return the block of one school, or None where the profile has none."""
        value: TheoryBlock | None = getattr(self, modality.value)
        return value


class Secret(Record):
    """Something that the client hides, and what would make it open up about it."""

    secret: Text
    opened_by: Text
    """A clause in the second person that completes "You tell it only when ..." (“只有当……你才会说”)."""
    hint: Text = ""
    """A fragment in the client's own words that may slip out once, before it tells."""


class Risk(Record):
    """A safety concern of the client, or words that sound like one; without any detail of method."""

    kind: RiskKind
    statement: Text
    """How the client says it; of words that are no danger, the words."""
    first_answer: Text = ""
    """What the client says when it is first asked about it; where there is no danger, the true no."""
    if_calm: Text = ""
    """What it adds if the counselor stays calm and asks on."""
    facts: Text = ""
    """What is true: wish, intent, plan, earlier attempts, what holds the client back; or what happens, how
    lately, who is in danger and what is safe. Never a method."""


class Disclosure(Record):
    """How and when the client opens up; optional, so that profiles without it work too."""

    style: Style = "cooperative"
    resistance: int = Field(default=2, ge=1, le=5)
    """1 is open, 5 is very resistant."""
    homework_likelihood: float = Field(default=0.5, ge=0, le=1)
    homework_excuse: Text = ""
    """A dull true reason for homework left undone, in the first person."""
    at_once: tuple[Text, ...] = ()
    """What the client says when asked in a first meeting, in its own words."""
    after_trust: tuple[Text, ...] = ()
    """What it says only after some sessions or after feeling understood."""
    hidden: tuple[Secret, ...] = ()
    risk: Risk | None = None
    weeks: tuple[Text, ...] = ()
    """What happened since the last session, one event a session from the second on, in the first person."""


class Profile(Record):
    """Everything that is true of one simulated client."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: Text
    language: Language | None = None
    region: Annotated[str, Field(pattern="^([A-Z]{2})?$")] = ""
    """Where the client lives, two letters as in ISO 3166-1 (`US`): whose helplines its screen shows."""
    basic_info: BasicInfo
    theory: Theory
    disclosure: Disclosure | None = None
    source: Text | None = None


class Case(Record):
    """One profile under one modality, in one language."""

    case_id: str
    modality: Modality
    language: Language
    profile: Profile
