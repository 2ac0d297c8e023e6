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
    "I'm going to kill myself tonight.",
    "I've set a date to die.",
    "Saturday morning, that's when I'm doing it.",
    "The goodbye letters are on the kitchen table.",
    "I signed my will and gave my cat to the neighbour, so I can go in peace.",
    "Goodbye. You did your best with me, it's just too late.",
    "I took the whole bottle, I feel sick",
    "swallowed about forty of my mother's tablets",
    "The pills are counted. When we hang up I'm taking them.",
    "I've been saving up my sleeping pills since May",
    "I've got the gun here on my lap",
    "im on the ledge and its windy",
    "My father's rifle is in the barn and that's where I'll be tonight. I'm sorry.",
    "By Sunday I'll be gone",
    "I've got it all planned, nobody will be home and they won't find me till Monday.",
    "I tried to hang myself last night",
    "I cut too deep, it won't stop bleeding",
    "I'm parked outside his flat with the knife and he will pay for this",
    "I stabbed him and he's not moving",
    "My husband is going to kill me, he has got the axe",
    "I'm hiding in the bathroom, he's breaking the door",
    "I'm parked by the reservoir, a hose in the boot. She thinks I'm at work. Sorry.",
    "I left the passwords in a folder, tonight I'm ready and nobody knows.",
    "The hamster is with Ella for good, nobody asked why. On Tuesday I'm gone.",
    "My gun is on the table in front of me, I keep looking at it",
    "There are scissors in my thigh, I put the scissors in my thigh",
    "I'm cutting my leg right now while we talk",
    "My wrist is cut and the blood is soaked through two towels, what do I do",
    "My brother has the axe, he's hitting mum, please help",
    "I'm outside his office with my foot on the gas, waiting until he walks out",
    "The voices say tonight is the time, I have to jump",
    # said outright, in few words
    "I've got the tablets here and I'll take them all tonight.",
    "Tomorrow I die.",
    "I just swallowed thirty of my tablets.",
    "I've drunk bleach",
    "I've slit my wrists.",
    "He's strangling me.",
    "he's got a knife to my throat",
    "Somebody is breaking in, help",
    "I'm on my way to his flat to kill him.",
    "I'm about to stab her",
    "My sister is on the roof and about to jump.",
    # what else the turn is about does not hide it
    "The kids are watching a film. I just took all my pills.",
    "I'm a nurse. I'm going to hang myself tonight.",
    "There's a party downstairs. I've got a noose ready for tonight, I'll use it on myself.",
]
HIGH_TURNS = [
    "I keep thinking about killing myself",
    "some mornings i just want to die",
    "I've been cutting again since the summer",
    "I burn my arms when it gets too loud in my head",
    "I want to kill my stepfather, I mean it",
    "I lie awake working out how I'd murder that man",
    "My husband hits me most weekends",
    "mum's boyfriend has been touching my sister at night",
    "All through dinner I was thinking of hanging myself.",
    "I look at the ceiling fan and I think it would be a way out",
    "I burned my hand on the iron, on purpose.",
    "I slapped my daughter again yesterday, too hard.",
    "The woman in the wall says I must choke him, she won't stop",
    "The voices keep telling me to hurt my brother",
    # misspelt or starred
    "been sucidal since may",
    "i wanna d1e every single day",
    "k1lling mys3lf is all I think of",
    "My novel was turned down again. I want to kill myself.",
    "Since Dad died I've wanted to kill myself.",
    # being hurt, in few words
    "My boyfriend gave me a black eye.",
    "My son hits me.",
    "dad takes the belt to us",
]
CONCERN_TURNS = [
    "I go to bed hoping I won't wake up.",
    "I wish I could just disappear forever.",
    "They'd all be better off without me.",
    "I see no point in living.",
    "I'm scared of my own thoughts at night.",
    "I attempted suicide in 2009.",
    "I used to cut in secondary school.",
    "I get horrible images of dropping the baby, and I'm afraid of it.",
    "Sometimes being dead seems easier to me than another winter.",
    "Two years clean since I cut myself, and I miss it.",
    "My husband has my bank card and likes to know where I am.",
    "I hope he dies alone.",
    "I'm scared of him when he drinks.",
    "My father used to hit us with his belt.",
    "I hear voices when the house is quiet.",
]


@pytest.mark.parametrize("text", IMMINENT_TURNS)
def test_a_plan_or_an_act_under_way_is_imminent(rules: RiskRules, text: str) -> None:
    assert level(rules.hear(text)) == IMMINENT


@pytest.mark.parametrize("text", HIGH_TURNS)
def test_active_thoughts_and_present_hurt_are_high(rules: RiskRules, text: str) -> None:
    assert level(rules.hear(text)) == HIGH


@pytest.mark.parametrize("text", CONCERN_TURNS)
def test_wishes_history_and_fear_are_a_concern(rules: RiskRules, text: str) -> None:
    assert level(rules.hear(text)) == CONCERN


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
        "I'm going to see my sister on Saturday.",  # a plan, of which nobody dies
        "Tonight I'm going to try the recipe.",
        "Thank you, that was a long day. Goodbye, see you next week.",
        "I'm on the platform, the tram is late.",
        "He shot me a look across the table.",
        "I'm ending it on Friday, the subscription.",
        "I've rehearsed this on the way here, so I'm going to go fast.",
        "I could kill him, he ate my cake.",
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
        ("Have you taken anything tonight?", "Most of the packet.", IMMINENT),
        ("Have the thoughts of suicide gone away?", "No.", HIGH),
        ("Are you thinking of ending your life?", "What gave me away?", HIGH),
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
        ("Are you thinking of ending your life?", "Definitely not."),
        ("If thoughts of suicide came back, would you call me?", "Yes, I would."),
        ("Did you take the tablets that the doctor gave you?", "Yes, all of them."),
        ("Would you be willing to try that this week?", "Yes, I'll do it."),
        ("Where are you just now, and how did it begin?", "In the kitchen. It began at work."),
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
        "This stays here, unless somebody's safety is in danger. How is it for you to hear that?",
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
