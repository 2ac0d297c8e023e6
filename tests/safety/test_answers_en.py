"""What an answer means by the question before it, in English: one table for each way of answering."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Language
from psychagent.domain.risk.finding import CONCERN, HIGH, IMMINENT, NO_RISK
from psychagent.safety.rules import RiskRules, load_rules


@pytest.fixture(scope="module")
def rules() -> RiskRules:
    return load_rules(Language.EN)


def level(rules: RiskRules, before: str, text: str) -> int:
    """Return the level where no model answers."""
    heard = rules.hear(text, before)
    return max(heard.hard, heard.soft)


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Are you suicidal, Tom?", "Do I look it?"),
        ("Any thoughts of suicide?", "What happens if I say yes?"),
        ("Do you think about killing yourself?", "Let's talk about something else."),
        ("Have you cut since Thursday?", "I'm not showing you."),
        ("You're not going to hurt yourself, are you?", "I might."),
        ("Have you thought of ending your life?", "That's none of your business."),
        ("Are you thinking of ending your life?", "*looks away*"),
        ("So you're not cutting any more?", "I never said that."),
    ],
)
def test_who_evades_a_question_about_danger_has_not_denied_it(
    rules: RiskRules, before: str, text: str
) -> None:
    assert level(rules, before, text) == HIGH


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Have you been thinking about suicide?", "I was wondering when you'd get round to that."),
        ("Are you having suicidal thoughts?", "Spot on."),
        ("Are you thinking of killing yourself?", "👍"),
        ("Are you thinking of killing yourself?", "😞😞 yes"),
        ("Do you have thoughts of killing yourself?", "Most evenings, once the telly's off."),
        ("Some people think of suicide then. Do you?", "Day and night."),
        ("Are you thinking of taking your own life?", "I haven't got the nerve, that's the only thing."),
        ("Do you still hurt yourself?", "When it gets loud in here."),
        ("Do you want to hurt him?", "He'd have it coming."),
        ("On a scale of one to ten, how strong is the wish to kill yourself?", "A seven today."),
        ("Has he hit you again since?", "Twice."),
    ],
)
def test_a_yes_need_not_say_yes(rules: RiskRules, before: str, text: str) -> None:
    assert level(rules, before, text) == HIGH


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Do you have a plan for how you would end your life?", "Got it all worked out."),
        ("Do you have the gun with you?", "It's been on my knee since we started."),
        ("Is there anything near you that you could use?", "Yes, I'm looking at it."),
        ("Is it loaded?", "It's always loaded."),
        ("How many did you swallow?", "The lot."),
        ("Have you taken an overdose?", "I think so."),
        ("Have you taken anything?", "No. Not really. A few packets."),
        ("Have you told anyone goodbye?", "My sister, on the phone."),
        ("How close are you to the edge?", "My toes are over it."),
        ("Have you swallowed them?", "Every last one."),
        ("Will you let me send someone?", "No, it's too late for that."),
        ("What's in your pocket?", "His old razor."),
        ("What's the rope for?", "You know what it's for."),
        ("What have you done, Ruth?", "Took the whole box."),
        ("Is he there with you now?", "He's hammering on the bathroom door."),
        ("Where is he now?", "On the stairs with a hammer."),
    ],
)
def test_what_is_told_of_the_act_and_its_means_is_imminent(rules: RiskRules, before: str, text: str) -> None:
    assert level(rules, before, text) == IMMINENT


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("Can you keep yourself safe till tomorrow?", "I don't think so, no.", IMMINENT),
        ("Are you safe right now?", "No.", IMMINENT),
        ("Will you still be here in the morning?", "No.", IMMINENT),
        ("Can you promise that you won't hurt yourself?", "I'll try.", HIGH),
        ("Have you kept your promise not to cut?", "No.", HIGH),
        ("Haven't the thoughts stopped?", "They got louder.", HIGH),
        ("Has he stopped beating you?", "No, never.", HIGH),
        ("Did you hand in the tablets?", "No, I kept some.", HIGH),
        ("Do you feel safe at home?", "Not really.", CONCERN),
        ("Do you want to go on living?", "Not particularly.", CONCERN),
    ],
)
def test_a_no_to_a_question_of_safety_is_danger(
    rules: RiskRules, before: str, text: str, expected: int
) -> None:
    assert level(rules, before, text) == expected


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Are you having suicidal thoughts?", "No, I mean, not like in March, but the thoughts come."),
        ("Are you suicidal?", "No. I was, this morning."),
        ("Do you think of killing yourself?", "Not tonight."),
        ("Have you been hurting yourself?", "No. Well, the lighter. That's nothing."),
        ("Has he hit you?", "No. He just throws me about a bit, he grabs me."),
        ("", "I'm not suicidal, I told the nurse. I lied."),
        ("", "I'd never do it, honestly. I just keep looking up how."),
    ],
)
def test_a_denial_may_be_taken_back(rules: RiskRules, before: str, text: str) -> None:
    assert level(rules, before, text) == HIGH


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Does your boyfriend ever hurt you?", "Only when I wind him up."),
        ("Has he been violent?", "He doesn't mean it, he's sorry after."),
        ("Who gave you that bruise?", "My stepfather."),
        ("What did he do?", "Held my head under the tap."),
        ("Is your daughter safe with him?", "I don't think so."),
    ],
)
def test_who_is_hurt_excuses_the_one_who_hurts(rules: RiskRules, before: str, text: str) -> None:
    assert level(rules, before, text) == HIGH


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("What do you mean, finished?", "With breathing."),
        ("What do you think about when you can't sleep?", "Ways to go."),
        ("What do the voices tell you to do?", "Walk into the traffic."),
        ("Is it a rest you want, or do you want to die?", "The latter."),
        ("Did you trip, or did he do that?", "He did that."),
        ("It sounds like you've been thinking of ending your life.", "For a month or so, yeah."),
        ("I'm wondering if you want to die.", "I do."),
    ],
)
def test_an_open_question_and_a_remark_are_answered_too(rules: RiskRules, before: str, text: str) -> None:
    assert level(rules, before, text) == HIGH


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Have you ever attempted suicide?", "At nineteen, with my mum's tablets."),
        ("Do you ever wish that you'd never been born?", "Every birthday."),
        ("Would it be a relief not to exist?", "It would."),
        ("Are you afraid of your son?", "I keep my bedroom locked."),
        ("Where do you see yourself next summer?", "I don't see a next summer."),
    ],
)
def test_a_wish_the_past_and_fear_are_a_concern(rules: RiskRules, before: str, text: str) -> None:
    assert level(rules, before, text) == CONCERN


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Are you thinking of killing yourself?", "Yes. My friend doesn't know."),
        ("Are you thinking of killing yourself?", "Yes, I can't do this anymore."),
        ("Are you thinking about suicide?", "yes, even at work"),
        ("Do you want to kill yourself?", "Yes. I'm not safe."),
        ("Does he hit you?", "Yes, also at work."),
        ("You told me of the film. Are you thinking of killing yourself?", "Yes."),
        ("If it gets dark you can call me. Do you want to kill yourself?", "Yes."),
    ],
)
def test_no_word_beside_it_silences_a_yes(rules: RiskRules, before: str, text: str) -> None:
    assert level(rules, before, text) >= HIGH


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("Have you ever thought of killing yourself?", "Can't say I have."),
        ("Are you thinking of ending your life?", "Lord, no. What made you think that?"),
        ("Do you want to die?", "Not for another fifty years at least."),
        ("You're not thinking of suicide, are you?", "Course not, you daft thing."),
        ("Did you ever try to kill yourself?", "What, me? No chance."),
        ("Are you suicidal?", "👎"),
        ("Are you thinking of hurting her?", "I would never."),
        ("Do you have thoughts of suicide?", "Yeah no, nothing like that."),
        ("Are you thinking of suicide?", "Yes... no, wait, I misheard. No."),
        ("Has he ever hurt you?", "God no, he catches spiders in a glass."),
        ("Have you taken anything tonight?", "A herbal tea and my usual blood pressure pill."),
        ("Have you cut yourself?", "Shaving, yes."),
        ("How did you get that bruise?", "Rugby on Sunday."),
        ("Is he there with you now?", "Yes, he's making us dinner."),
        ("Can you keep yourself safe until Friday?", "Yes, I can, my sister is staying."),
    ],
)
def test_a_denial_stays_one_in_whatever_words(rules: RiskRules, before: str, text: str) -> None:
    assert level(rules, before, text) == NO_RISK


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("If you ever thought of suicide again, whom would you call?", "My brother, probably."),
        ("Do you still sleep badly since your father's suicide?", "Yes, a bit."),
        ("Did you hurt yourself when you fell?", "Yes, my knee."),
        ("If you think of suicide, you can call me. Shall we end here?", "Yes."),
        ("If you think of suicide, you can call me.", "Yes, I will."),
        ("Your children are quiet today. Where are they?", "In bed."),
        ("Do you want to kill the lights?", "Yes."),
        ("You'll call your sister. When would you do it?", "Tomorrow evening."),
        ("You planned to go swimming on Friday. Are you going to do it?", "Yes."),
        ("How often did you do it this week?", "Every day."),
        ("Are you thinking of cutting contact?", "Sometimes."),
        ("How likely are you to finish it tonight?", "Very."),
        ("Have you been able to go a day without your phone?", "No, not one."),
        ("What stops you from asking her?", "Nothing really, just pride."),
        ("It sounds as if this week was exhausting.", "You heard right."),
        ("What did you do at the weekend?", "I took the kids to the zoo."),
        ("Have you made preparations for the move?", "Boxes, tape, the lot."),
        ("What have you got with you?", "My knitting and a flask."),
        ("What are you scared of?", "Spiders, mostly."),
    ],
)
def test_a_question_that_only_names_danger_asks_of_none(rules: RiskRules, before: str, text: str) -> None:
    assert level(rules, before, text) == NO_RISK
