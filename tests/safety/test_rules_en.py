"""What the English rules hear; the examples are written for these tests, and measure nothing."""

from __future__ import annotations

import time

import pytest

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import CONCERN, HIGH, IMMINENT, NO_RISK, About
from psychagent.safety.rules import Heard, RiskRules, load_rules


@pytest.fixture(scope="module")
def rules() -> RiskRules:
    return load_rules(Language.EN)


def level(heard: Heard) -> int:
    """Return the level where no model answers."""
    return max(heard.hard, heard.soft)


IMMINENT_TURNS = [
    ("self_going_to_now", "I'm going to kill myself tonight."),
    ("self_plan", "I've set a date to die."),
    ("self_doing_it_soon", "Saturday morning, that's when I'm doing it."),
    ("self_farewell", "The goodbye letters are on the kitchen table."),
    ("self_affairs", "I signed my will and gave my cat to the neighbour, so I can go in peace."),
    ("self_leave_taking", "Goodbye. You did your best with me, it's just too late."),
    ("self_pills_taken", "I took the whole bottle, I feel sick"),
    ("self_swallowed", "swallowed about forty of my mother's tablets"),
    ("self_taking_them", "The pills are counted. When we hang up I'm taking them."),
    ("self_stash", "I've been saving up my sleeping pills since May"),
    ("self_means_at_hand", "I've got the gun here on my lap"),
    ("self_at_the_place", "im on the ledge and its windy"),
    ("self_signs_together", "My father's rifle is in the barn and that's where I'll be tonight. I'm sorry."),
    ("self_dead_soon", "By Sunday I'll be gone"),
    ("self_all_planned", "I've got it all planned, nobody will be home and they won't find me till Monday."),
    ("self_tried_now", "I tried to hang myself last night"),
    ("harm_bleeding", "I cut too deep, it won't stop bleeding"),
    ("others_armed", "I'm parked outside his flat with the knife and he will pay for this"),
    ("others_under_way", "I stabbed him and he's not moving"),
    ("harmed_threat_to_life", "My husband is going to kill me, he has got the axe"),
    ("harmed_now", "I'm hiding in the bathroom, he's breaking the door"),
    (
        "self_signs_now",
        "I'm parked by the reservoir, a hose in the boot. She thinks I'm at work. Sorry.",
    ),
    ("self_signs_arranged", "I left the passwords in a folder, tonight I'm ready and nobody knows."),
    ("self_gone_after", "The hamster is with Ella for good, nobody asked why. On Tuesday I'm gone."),
    ("gun_out", "My gun is on the table in front of me, I keep looking at it"),
    ("wound_now", "There are scissors in my thigh, I put the scissors in my thigh"),
    ("harm_while_talking", "I'm cutting my leg right now while we talk"),
    ("harm_signs", "My wrist is cut and the blood is soaked through two towels, what do I do"),
    ("harmed_signs", "My brother has the axe, he's hitting mum, please help"),
    ("car_as_weapon", "I'm outside his office with my foot on the gas, waiting until he walks out"),
    ("voices_say_now", "The voices say tonight is the time, I have to jump"),
]
HIGH_TURNS = [
    ("self_wants_to", "I keep thinking about killing myself"),
    ("self_words", "some mornings i just want to die"),
    ("harm_now", "I've been cutting again since the summer"),
    ("harm_words", "I burn my arms when it gets too loud in my head"),
    ("others_meant", "I want to kill my stepfather, I mean it"),
    ("others_words", "I lie awake working out how I'd murder that man"),
    ("harmed_by_partner", "My husband hits me most weekends"),
    ("harmed_words", "mum's boyfriend has been touching my sister at night"),
    ("self_thinks_of_death", "All through dinner I was thinking of hanging myself."),
    ("self_thinks_of_means", "I look at the ceiling fan and I think it would be a way out"),
    ("harm_on_purpose", "I burned my hand on the iron, on purpose."),
    ("hits_own_child", "I slapped my daughter again yesterday, too hard."),
    ("voices_orders", "The woman in the wall says I must choke him, she won't stop"),
    ("voices_command", "The voices keep telling me to hurt my brother"),
]
CONCERN_TURNS = [
    ("passive_sleep", "I go to bed hoping I won't wake up."),
    ("passive_not_exist", "I wish I could just disappear forever."),
    ("passive_dead", "They'd all be better off without me."),
    ("passive_no_point", "I see no point in living."),
    ("passive_fear_of_self", "I'm scared of my own thoughts at night."),
    ("history_attempt", "I attempted suicide in 2009."),
    ("history_harm", "I used to cut in secondary school."),
    ("urge_to_hurt", "I get horrible images of dropping the baby, and I'm afraid of it."),
    ("wish_near_death", "Sometimes being dead seems easier to me than another winter."),
    ("injury_history", "Two years clean since I cut myself, and I miss it."),
    ("watched_or_blocked", "My husband has my bank card and likes to know where I am."),
    ("rage_wish", "I hope he dies alone."),
    ("fear_at_home", "I'm scared of him when he drinks."),
    ("hurt_before", "My father used to hit us with his belt."),
    ("voices_heard", "I hear voices when the house is quiet."),
]


@pytest.mark.parametrize(("pattern", "text"), IMMINENT_TURNS)
def test_a_plan_or_an_act_under_way_is_imminent(rules: RiskRules, pattern: str, text: str) -> None:
    heard = rules.hear(text)

    assert pattern in heard.patterns
    assert level(heard) == IMMINENT


@pytest.mark.parametrize(("pattern", "text"), HIGH_TURNS)
def test_active_thoughts_and_present_hurt_are_high(rules: RiskRules, pattern: str, text: str) -> None:
    heard = rules.hear(text)

    assert pattern in heard.patterns
    assert level(heard) == HIGH


@pytest.mark.parametrize(("pattern", "text"), CONCERN_TURNS)
def test_wishes_history_and_fear_are_a_concern(rules: RiskRules, pattern: str, text: str) -> None:
    heard = rules.hear(text)

    assert pattern in heard.patterns
    assert level(heard) == CONCERN


@pytest.mark.parametrize(
    "text",
    [
        "I'm going to kill myself tonight.",
        "I tried to hang myself last night",
        "Right now I am suicidal.",
        "My husband beats me when he is drunk",
    ],
)
def test_unmistakable_words_act_alone(rules: RiskRules, text: str) -> None:
    assert rules.hear(text).hard >= HIGH


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("I want to end my life", About.SELF),
        ("I'm going to murder my boss, I mean it", About.OTHERS),
        ("My wife punches me when we argue", About.HARMED),
    ],
)
def test_a_finding_says_whose_danger_it_is(rules: RiskRules, text: str, about: About) -> None:
    assert rules.hear(text).about is about


@pytest.mark.parametrize(
    "text",
    [
        "I don't want to die.",  # denial
        "I have never thought of killing myself",
        "My sister is convinced that I'm suicidal.",  # doubt
        "My uncle committed suicide before I was born.",  # somebody else
        "We had a training on suicide prevention.",  # subject
        "In the film she says: I want to die.",  # plot
        "I dreamt that I jumped off the roof.",
        "I'd kill for a sandwich, and my feet are killing me.",  # idiom
        "He beat me at chess, three times.",  # no blow
        "I cut my finger chopping onions.",  # accident
        "Mum is going to kill me when she sees the dent.",  # scolding
        "I'm on the platform, the train is delayed, can you hear me?",  # waits for a train
        "This will be our last session, as planned. Thank you for everything.",  # an ordinary end
        "As a vet I put two dogs to sleep this morning.",  # work
        "I want to end it with Tom, six years is enough.",
        "I take my tablets every morning with my tea.",
        "Kill myself? God, no, I have three grandchildren.",  # held up and thrown away
        "I'd sooner jump off a bridge than sing in front of them.",  # a dislike
        "My grandfather died in his sleep, and my aunt was glad for him.",  # another's death
        "The ropes are packed and we leave for the boat tomorrow, I've sold the flat.",  # for life
    ],
)
def test_words_that_only_sound_like_danger_are_not_heard(rules: RiskRules, text: str) -> None:
    assert level(rules.hear(text)) == NO_RISK


@pytest.mark.parametrize(
    "text",
    [
        "When I was nineteen I wanted to kill myself.",
        "Years ago I took the whole bottle of my mother's pills.",
        "My father beat me when I was small.",
    ],
)
def test_what_is_long_past_is_a_concern(rules: RiskRules, text: str) -> None:
    heard = rules.hear(text)

    assert level(heard) == CONCERN


def test_a_denial_covers_its_own_words_only(rules: RiskRules) -> None:
    assert level(rules.hear("I'm not suicidal, I just want to hurt myself.")) >= CONCERN
    assert level(rules.hear("I don't want to kill myself. No, scrap that, I want to kill myself.")) == HIGH


def test_not_being_able_to_stop_denies_nothing(rules: RiskRules) -> None:
    assert level(rules.hear("I can't stop thinking about killing myself.")) == HIGH
    assert level(rules.hear("I can't promise I won't kill myself.")) == HIGH


@pytest.mark.parametrize(
    "text",
    [
        "i wanna KILL MYSELF",
        "i wanna k i l l myself",
        "i wanna k*ll myself",
        "I want to *kill* myself",
        "i wanna unalive myself",
        "i wanna kms",
        "i want to k1ll myself",
        "I want to kill my self",
        "i reallyyyy wanna kill myself",
        "been sewerslidal all week",
    ],
)
def test_spelling_hides_nothing(rules: RiskRules, text: str) -> None:
    assert level(rules.hear(text)) == HIGH


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("Are you thinking about suicide?", "Yeah, sometimes.", HIGH),
        ("Do you have the pills with you now?", "Yes.", IMMINENT),
        ("When do you mean to end your life?", "Tomorrow night.", IMMINENT),
        ("And the gun, where is it?", "Under my pillow.", IMMINENT),
        ("Can you put the knife away while we talk?", "No, I can't.", IMMINENT),
        ("Is he in the house now?", "He's right outside.", IMMINENT),
        ("Last time you said you were cutting. Has that stopped?", "Not really.", HIGH),
        ("When did you last hurt yourself on purpose?", "Yesterday.", HIGH),
        ("Does your husband hit you?", "He does.", HIGH),
        ("When did he last get violent with you?", "On Friday.", HIGH),
        ("Do you want to kill him?", "I do.", HIGH),
        ("Do the voices tell you to hurt yourself?", "Yes.", HIGH),
        ("Do you ever wish you were dead?", "I guess so.", CONCERN),
        ("Have you ever tried to take your own life?", "Once, at college.", CONCERN),
        ("What keeps you going, what are your reasons to live?", "Nothing, honestly.", CONCERN),
        ("Do you think about dying?", "I'd rather not answer.", CONCERN),
        ("Have you already swallowed any of the pills?", "a few", IMMINENT),
        ("Have you thought of killing yourself?", "Who wouldn't, in my place.", HIGH),
        ("Is anybody hurting you?", "...my uncle", HIGH),
    ],
)
def test_an_answer_means_what_was_asked(rules: RiskRules, before: str, text: str, expected: int) -> None:
    assert level(rules.hear(text, before)) == expected


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Are you thinking about suicide?", "No, never."),
        ("Has he ever hit you?", "Not once."),
        ("How was your week?", "Yes, good."),
        ("Do you have a plan for the week?", "Yes, two walks."),
        (
            "You thought of suicide in May. That passed. How is work? Do you sleep?",
            "Yes, well.",
        ),
    ],
)
def test_no_and_yes_to_something_else_mean_no_danger(rules: RiskRules, before: str, text: str) -> None:
    assert level(rules.hear(text, before)) == NO_RISK


@pytest.mark.parametrize(
    "text",
    [
        "Are you thinking about killing yourself?",
        "Do you have a plan for how you would do it?",
        "Are there any pills at home that you could take?",
        "Can you stay safe tonight?",
        "Have you ever tried to end your life before?",
        "Who is with you tonight?",
        "Have you had thoughts of hurting somebody?",
        "Has anyone at home hit you?",
        "Is your daughter safe right now?",
        "Do you hear voices?",
    ],
)
def test_a_question_about_danger_is_known_as_one(rules: RiskRules, text: str) -> None:
    assert rules.asks_about(text)


@pytest.mark.parametrize(
    "text",
    [
        "How are you?",
        "What is your plan for the week?",
        "Who was with you at the party?",
        "Have you tried the breathing before?",
        "Does it hurt you when he forgets?",
    ],
)
def test_an_everyday_question_is_not_about_danger(rules: RiskRules, text: str) -> None:
    assert not rules.asks_about(text)


def test_a_longer_turn_takes_longer_in_proportion(rules: RiskRules) -> None:
    said = "I went to my mother's and we talked about him, and then she said that it was all fine, "

    def least(times: int) -> float:
        seconds = []
        for round_number in range(3):
            begin = time.perf_counter()
            rules.hear(f"{round_number} {said * times}")
            seconds.append(time.perf_counter() - begin)
        return min(seconds)

    # a pattern that backtracks takes the square of the length, or worse
    assert least(40) < 12 * least(10)
