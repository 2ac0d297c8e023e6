"""What a clinician winced at in the demo: each of it is a failure here."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.rollout import FinishedSession
from psychagent.domain.safety import Danger, SafetyNote
from psychagent.domain.skill import Skill
from psychagent.offline.client import play_client
from psychagent.offline.client_words import is_stock, leaves, theme_of
from psychagent.offline.counselor import play_counselor
from psychagent.offline.judging.features import count_features, read_turns
from psychagent.offline.moves import fit
from psychagent.offline.quotes import quote_of
from psychagent.offline.reflector import play_file
from psychagent.replies.tags import parse_tagged_reply
from psychagent.skills.library import SkillLibrary
from tests.support.every import LANGUAGES
from tests.support.offline_courses import (
    AT_RISK,
    bundled_profile,
    offline,
    offline_course,
    risk_of,
    said_by,
)
from tests.support.offline_scenes import LINES, scene_of

COURSES = [
    (f"{language.value}{number:02d}", list(Modality)[number % 5])
    for language in Language
    for number in range(1, 11)
]
_QUOTED = re.compile(r"“([^“”]+)”")


def lines_for(name: str) -> Any:
    return LINES[Language(name[:2])]


def spoken(language: Language, said: str, *, before: Sequence[str] = (), **values: Any) -> tuple[str, str]:
    """Return what the counselor says to some words, and the skills that it names."""
    own = ["…", *("…" for _ in before), "Hm."]
    scene = scene_of(language, ["[opener]", *before, said], own[: len(before) + 2], **values)
    reply = parse_tagged_reply(play_counselor(scene), reasoning="", end_token="</end>")
    return reply.response, "; ".join(reply.thoughts.skill) if reply.thoughts else ""


def skill(**texts: str) -> dict[str, str]:
    return {"name": "A move", "description": "Do it.", "trigger": "The client speaks.", **texts}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_scripted_client_is_known_as_stock(language: Language) -> None:
    client = LINES[language]["client"]
    said = [line for line in leaves(client) if line.strip() and "{problem}" not in line]
    assert len(said) > 80
    assert [line for line in said if not is_stock(LINES[language], line.format(person="Ada"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_kind_of_stock_line_cannot_be_forgotten(language: Language) -> None:
    more = LINES[language] | {"client": LINES[language]["client"] | {"new": {"kind": ["Brand new words."]}}}
    assert is_stock(more, "Brand new words.")
    assert not is_stock(LINES[language], "Brand new words.")


@pytest.mark.parametrize("name", ["en01", "en02", "zh01", "zh14"])
def test_what_a_profile_tells_is_not_stock_even_behind_a_hedge(name: str) -> None:
    told, lines = bundled_profile(name).disclosure, lines_for(name)
    assert told
    hedges = [h for h in leaves(lines["client"]["hedge"]) if h]
    assert not [line for line in told.at_once for hedge in hedges if is_stock(lines, hedge + line)]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "modality"), COURSES)
def test_no_stock_answer_is_quoted_as_a_theme(name: str, modality: Modality) -> None:
    lines = lines_for(name)
    for session in offline_course(name, modality, 1):
        closing = said_by(session, Speaker.COUNSELOR)[-2]
        records = [closing, session.summary.model_copy(update={"safety": SafetyNote()}).model_dump_json()]
        records.append(session.file_after.model_dump_json())
        stock = [text for text in said_by(session, Speaker.CLIENT) if is_stock(lines, text)]
        clauses = [part for text in stock for part in (text, quote_of(text)) if len(part) > 5]
        assert [part for part in clauses for record in records if part in record] == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "modality"), COURSES)
def test_a_recap_holds_one_quote_and_none_is_used_in_three_sessions(name: str, modality: Modality) -> None:
    sessions = offline_course(name, modality, 1)
    used = []
    for session in sessions:
        recap = said_by(session, Speaker.COUNSELOR)[-2].split(lines_for(name)["joiner"] or "？")
        homework = " ".join(session.summary.homework)
        quotes = {q for part in recap for q in _QUOTED.findall(part) if q not in homework}
        assert len(quotes) <= 1
        words = " ".join(said_by(session, Speaker.COUNSELOR) + list(session.plan.focus))
        used.append({q for q in _QUOTED.findall(words) if q not in homework and len(q) > 5})
    for one, two, three in zip(used, used[1:], used[2:], strict=False):
        assert one & two & three == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_quote_is_made_of_whole_clauses(language: Language) -> None:
    for number in range(1, 37):
        told = bundled_profile(f"{language.value}{number:02d}").disclosure
        assert told
        for text in (*told.at_once, *told.after_trust):
            # what somebody else said stands in single marks within a quote
            line = text.translate(str.maketrans("“”", "‘’"))
            quote = quote_of(text).rstrip("… ")
            assert quote in line, "quotation marks apart, it is the client's own text"
            behind = line[line.index(quote) + len(quote) :].strip()
            ends = quote[-1] in ".!?。！？’'”\"" or behind == "" or behind[0] in ",;:，；：.…"
            assert ends, f"{quote!r} is cut within a clause of {line!r}"


DOUBTS = {
    Language.EN: [
        "I don't think that's it, to be honest.",
        "How long have you been doing this, may I ask?",
        "Who reads what you write down?",
        "What do you say? Just tell me.",
    ],
    Language.ZH: [
        "您说理解我，您这话我不同意，您下过岗吗？",
        "老实讲，我觉得不是这么回事。",
        "我先说清楚，是我媳妇让我来的，你们光说话能把脾气说没了？",
        "我不知道，您说呢？",
    ],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_doubt_and_questions_to_the_counselor_are_answered_and_never_a_theme(language: Language) -> None:
    lines = LINES[language]["counselor"]
    answers = [*lines["disagree"], *lines["asked"], *leaves([kind["say"] for kind in lines["answers"]])]
    offered = [skill(name="Any", example="Let us do an exercise.")]
    for words in DOUBTS[language]:
        reply, named = spoken(language, words, skills=offered)
        assert any(reply.startswith(answer) for answer in answers), words
        assert not named
        assert theme_of(scene_of(language, [words]), words) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_asked_about_its_own_life_the_counselor_says_what_it_is(language: Language) -> None:
    words = {Language.EN: "Have you ever lost a job?", Language.ZH: "您下过岗吗？"}[language]
    program = {Language.EN: "computer program", Language.ZH: "计算机程序"}[language]
    assert program in spoken(language, words)[0]


def all_skills(language: Language) -> list[tuple[str, bool, Skill]]:
    """List every skill with its family's id and whether the family is one for danger.

    Families for hard moments, which a session always may use, are none.
    """
    stages = SkillLibrary(language).all_stages()
    return [(meta.id, meta.risk, s) for part in stages for meta in part.meta_skills for s in meta.skills]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_skill_on_danger_is_never_used_as_a_mere_move(language: Language) -> None:
    dangers = [(meta, s) for meta, risk, s in all_skills(language) if risk]
    assert len(dangers) > 20
    profiles = [bundled_profile(f"{language.value}{number:02d}").disclosure for number in (1, 7)]
    said = [line for told in profiles if told for line in told.at_once]
    scenes = [scene_of(language, ["[opener]", words]) for words in said]
    used = {s.id for _, s in dangers for scene in scenes if fit(scene, s.model_dump())}
    assert used == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_good_news_and_an_outburst_get_no_skill_that_misses_them(language: Language) -> None:
    said, wrong = {
        Language.EN: (
            ["Yesterday was just an ordinary day. I mean that as good news.", "I snapped and told him off."],
            [
                skill(
                    example="There seems to be nothing good left. What turned it so dark?", trigger="despair"
                ),
                skill(name="Asking for it", trigger="The client never says no or asks for anything."),
            ],
        ),
        Language.ZH: (
            ["昨天就是平平常常的一天，我是当好事说的。", "我冲他吼了一顿。"],
            [
                skill(name="不止全好或全坏", example="此刻这个人身上好像一点好都不剩了。"),
                skill(name="直接提出请求", trigger="来访者从没把请求说出口。"),
            ],
        ),
    }[language]
    for words in said:
        assert [s for s in wrong if fit(scene_of(language, ["[opener]", words]), s)] == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "modality"), COURSES)
def test_a_skill_is_named_where_its_words_are_spoken_and_nowhere_else(name: str, modality: Modality) -> None:
    language = Language(name[:2])
    examples = {s.name: s.example for _, _, s in all_skills(language)}
    spoken_examples = {s.example for _, _, s in all_skills(language) if s.example}
    for session in offline_course(name, modality, 1):
        for turn in session.turns:
            if turn.speaker is Speaker.CLIENT:
                continue
            named = turn.thoughts.skill if turn.thoughts else ()
            assert all((examples[n] or "") in turn.text or n in _twice(language) for n in named)
            assert bool(named) == any(example in turn.text for example in spoken_examples)


def _twice(language: Language) -> set[str]:
    """Names that more than one skill bears, each with an example of its own."""
    names = [s.name for _, _, s in all_skills(language)]
    return {name for name in names if names.count(name) > 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_expression_for_a_skill_finds_one_in_the_library(language: Language) -> None:
    lines, known = LINES[language], [s for _, risk, s in all_skills(language) if not risk]
    answers, pairs = lines["counselor"]["answers"], [*lines["evasions"]]
    by_name = [*leaves(lines["moments"]), *leaves([kind.get("skill", []) for kind in [*answers, *pairs]])]
    by_text = leaves([topic["skill"] for topic in lines["topics"]])
    dead = [e for e in by_name if not any(re.search(e, s.name, re.IGNORECASE) for s in known)]
    dead += [
        e for e in by_text if not any(re.search(e, f"{s.name} {s.example}", re.IGNORECASE) for s in known)
    ]
    assert dead == []


HARD_MOMENTS = [
    (Language.EN, "I don't think that's it, to be honest.", "Standing corrected"),
    (Language.EN, "I'd rather leave that, if it's all the same to you.", "Honoring a closed door"),
    (Language.EN, "It's fine. It's not a big deal.", "Pick up what was laughed off"),
    (Language.EN, "Hm. Give me a moment. No, I can't find the word for it.", "Waiting for the felt sense"),
    (Language.EN, "My wife made the appointment.", "Sent by somebody else"),
    (Language.EN, "Who reads what you write down?", "Answer who will see this"),
    (Language.EN, "You ask that as if talking changed anything.", "Welcoming anger at me"),
    (Language.ZH, "老实讲，我觉得不是这么回事。", "划掉重写"),
    (Language.ZH, "这个我想先不谈，行吗？", "到此为止"),
    (Language.ZH, "还好，没多大事。", "“没什么”三个字"),
    (Language.ZH, "嗯，让我想想。不行，找不着合适的词。", "等那个说不清的感觉"),
    (Language.ZH, "没啥大事，就是老伴非让我来。", "被人叫来的"),
    (Language.ZH, "这些话谁能看到？", "担心被谁知道"),
    (Language.ZH, "说得好像聊几句就能改变什么一样。", "两种心思都欢迎"),
]


@pytest.mark.parametrize(("language", "words", "name"), HARD_MOMENTS)
def test_a_hard_moment_is_met_by_the_skill_for_it_if_that_is_shown(
    language: Language, words: str, name: str
) -> None:
    other = skill(name="A move", example="Let us do an exercise.")
    fitting = skill(name=name, example="These are its words.")
    said, named = spoken(language, words, skills=[other, fitting])
    assert (said, named) == ("These are its words.", name)
    said, named = spoken(language, words, skills=[other])
    assert not named
    assert other["example"] not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_miracle_is_asked_of_the_bereaved_and_no_technique_follows_words_of_a_frail_body(
    language: Language,
) -> None:
    miracle, grief, plain, frail = {
        Language.EN: (
            "The miracle question",
            "My husband died in May.",
            "It rained.",
            "I'm not eating much.",
        ),
        Language.ZH: ("奇迹提问", "我先生去年去世的。", "那天下雨。", "我没胃口，裤子都松了。"),
    }[language]
    offered = [skill(name=miracle, example="Imagine that tonight.")]
    assert spoken(language, plain, skills=offered)[1] == miracle
    assert not spoken(language, plain, before=[grief, plain], skills=offered)[1]
    assert not spoken(language, frail, skills=offered)[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_against_oneself_are_no_theme(language: Language) -> None:
    words = {Language.EN: "I looked at it and felt so stupid.", Language.ZH: "我看完觉得自己挺可笑的。"}[
        language
    ]
    assert theme_of(scene_of(language, [words]), words) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_thing_only_to_be_noticed_is_not_asked_about_like_a_task(language: Language) -> None:
    lines, forgot = LINES[language], LINES[language]["client"]["homework"]["notice"]["not done"][0]
    heard = lines["counselor"]["homework_heard"]
    said, _ = spoken(language, forgot, modality="het")
    assert said.startswith(tuple(heard["task"]["not done"])), "no approach is named"
    scene = replace(scene_of(language, ["[opener]", forgot], ["…", "…"]), approach="het")
    noticed = parse_tagged_reply(play_counselor(scene), reasoning="", end_token="</end>").response
    assert noticed.startswith(tuple(heard["notice"]["not done"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_skill_presumes_must_have_been_said(language: Language) -> None:
    plain, avoided, example = {
        Language.EN: (
            "The bus was late on Friday.",
            "I walked past the shop.",
            "What has staying away cost you?",
        ),
        Language.ZH: ("礼拜五车晚点了。", "我绕着那条街走。", "先躲一躲，心里会松快些。"),
    }[language]
    offered = skill(name="A move", example=example)
    assert fit(scene_of(language, ["[opener]", plain]), offered) == 0
    assert fit(scene_of(language, ["[opener]", avoided]), offered) > 0


@pytest.mark.slow
def test_skills_are_used_in_a_tenth_of_the_turns() -> None:
    turns = [
        turn
        for name, modality in COURSES
        for session in offline_course(name, modality, 1)
        for turn in session.turns
        if turn.speaker is Speaker.COUNSELOR
    ]
    share = sum(bool(turn.thoughts and turn.thoughts.skill) for turn in turns) / len(turns)
    assert 0.08 < share < 0.3


@pytest.mark.slow
def test_skills_are_still_used_in_most_courses() -> None:
    used = [
        sum(bool(t.thoughts and t.thoughts.skill) for s in offline_course(name, modality, 1) for t in s.turns)
        for name, modality in COURSES
    ]
    assert sum(count > 0 for count in used) > 0.7 * len(used)


@pytest.mark.parametrize("language", LANGUAGES)
def test_heavy_words_are_stayed_with_for_two_turns_before_any_technique(language: Language) -> None:
    heavy = {Language.EN: "I've never told anyone. It was my fault.", Language.ZH: "这事谁也不知道，都怪我。"}
    next_words = {Language.EN: "It was on a Sunday, in the rain.", Language.ZH: "那天是礼拜天，下着雨。"}
    name = LINES[language]["moments"]["trouble"][0].replace("\\", "")
    assert fit(scene_of(language, [next_words[language]]), skill(name=name, example="Let us."))
    offered = [skill(name=name, example="Let us do an exercise.")]
    stays = LINES[language]["counselor"]["stay"]
    first, named = spoken(language, heavy[language], skills=offered)
    second, named_after = spoken(language, next_words[language], before=[heavy[language]], skills=offered)
    assert (named, named_after) == ("", "")
    assert any(stay in first for stay in stays)
    assert any(stay in second for stay in stays)
    later, _ = spoken(
        language, next_words[language], before=[heavy[language], next_words[language]], skills=offered
    )
    assert not any(stay in later for stay in stays)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_client_answers_a_question_about_danger_in_whatever_words(language: Language) -> None:
    asked = {
        Language.EN: "Are you having thoughts of suicide?",
        Language.ZH: "您有没有想过自杀？",
    }[language]
    client = LINES[language]["client"]
    safe = play_client(scene_of(language, [asked], ["a", "b"], session_index=1))
    assert safe in client["safety_no"]
    known = play_client(
        scene_of(language, [asked], ["a", "b"], session_index=3, risk="I'd rather not wake up.")
    )
    assert known in client["risk_answer"]["now"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_client_answers_a_goodbye_with_a_goodbye_in_its_own_voice(language: Language) -> None:
    lines = LINES[language]
    last = [
        *lines["counselor"]["goodbye"],
        lines["counselor"]["farewell"],
        lines["counselor"]["risk_goodbye"],
    ]
    last.append({Language.EN: "Take care, and goodbye.", Language.ZH: "那我们下次见。"}[language])
    for words in last:
        for style, goodbyes in lines["client"]["goodbye"].items():
            assert play_client(scene_of(language, [words], ["a"], style=style)) in goodbyes


@pytest.mark.slow
@pytest.mark.parametrize(("name", "modality"), COURSES)
def test_the_question_about_safety_has_a_fitting_place_and_is_heard(name: str, modality: Modality) -> None:
    lines, first = lines_for(name)["counselor"], offline_course(name, modality, 1)[0]
    (place,) = [n for n, turn in enumerate(first.turns) if lines["safety_check"] in turn.text]
    told = theme_of(scene_of(Language(name[:2]), [], session_index=1), first.turns[place - 1].text)
    spoken_after = sum(turn.speaker is Speaker.COUNSELOR for turn in first.turns[place + 1 :])
    assert told or spoken_after == 2, "behind something told, or at the last chance"
    assert first.turns[place + 2].text.startswith(lines["safety_heard"])


@pytest.mark.slow
@pytest.mark.parametrize("name", AT_RISK)
def test_a_safety_note_holds_words_answers_and_what_was_agreed(name: str) -> None:
    lines, sessions = lines_for(name), offline_course(name, Modality.PMT, 5, 4)
    notes = [s.summary.safety for s in sessions if s.summary.safety.words]
    first, *later = notes
    assert later
    assert first.danger is Danger.VOICED
    clauses = [c for c in re.split(r"[.。！!？?]", risk_of(name).statement) if len(c) > 8]
    assert clauses[0].strip() in first.words
    answers, kind = lines["client"], "past" if risk_of(name).kind == "past_self_harm" else "now"
    # a profile may bring an answer of its own, which goes before the script's
    for answer in (
        risk_of(name).if_calm or answers["risk_answer"][kind][0],
        answers["risk_no_intent"][kind][0],
    ):
        assert re.split(r"[.。，?？]", answer)[0] in first.asked
    assert re.search("Naomi|Clare|granddaddy|先生|爱人|阿琛|姐姐|老何|朋友", first.agreed), (
        "somebody is named"
    )
    assert all(note.next == lines["reflector"]["safety"]["next"] for note in notes)
    assert all(note.agreed for note in notes if note.danger is Danger.VOICED), "the plan stays in the newest"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["en09", "zh20"])
def test_harm_that_is_past_is_not_answered_as_if_it_were_now(name: str) -> None:
    client, own = lines_for(name)["client"], risk_of(name).if_calm
    answered = said_by(offline_course(name, Modality.CBT, 5, 4), Speaker.CLIENT)
    assert set(answered) & {own, *client["risk_no_intent"]["past"]} >= {own}
    assert set(answered) & set(client["risk_no_intent"]["past"])
    for question in ("risk_answer", "risk_no_intent"):
        assert not set(answered) & set(client[question]["now"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_an_answer_in_its_profile_past_harm_is_answered_as_past(language: Language) -> None:
    lines = LINES[language]
    harm = {
        Language.EN: "When I was sixteen I used to hurt myself.",
        Language.ZH: "高二那阵子，我弄伤过自己。",
    }
    scene = scene_of(language, [lines["counselor"]["risk_ask"]], ["a", "b"], risk=harm[language])
    assert play_client(scene) in lines["client"]["risk_answer"]["past"]


@pytest.mark.slow
def test_a_child_left_alone_is_asked_about() -> None:
    lines = LINES[Language.ZH]
    turns = [t.text for s in offline_course("zh07", Modality.CBT, 1) for t in s.turns]
    (place,) = [n for n, text in enumerate(turns) if lines["counselor"]["child_ask"] in text]
    assert turns[place + 1] in lines["client"]["child_safe"]
    assert turns[place + 2].startswith(lines["counselor"]["child_heard"])


@pytest.mark.slow
@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("language", LANGUAGES)
def test_homework_belongs_to_the_approach(language: Language, modality: Modality) -> None:
    homework = LINES[language]["homework"]
    notice, own = list(leaves(homework["notice"])), list(leaves(homework["only"].get(modality.value, {})))
    allowed = notice if modality in (Modality.HET, Modality.PDT) else [*leaves(homework["task"]), *own]
    sessions = offline_course(f"{language.value}03", modality, 1)
    assert any(session.summary.homework for session in sessions)
    assert [h for session in sessions for h in session.summary.homework if h not in allowed] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["en01", "en08", "zh01", "zh08"])
def test_the_last_plan_begins_from_the_problem_that_the_client_came_with(name: str) -> None:
    last = offline_course(name, Modality.CBT, 1)[-1]
    assert last.file_after.main_problem
    assert last.file_after.main_problem in last.plan.focus[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["en01", "en07", "zh03", "zh14"])
def test_the_file_learns_at_most_one_trait_a_session_besides_the_name(name: str) -> None:
    def known(session: FinishedSession) -> set[str]:
        return {k for k, value in session.file_after.static_traits if value and k != "name"}

    counts = [len(known(session)) for session in offline_course(name, Modality.CBT, 1)]
    assert counts[-1] > 0
    assert all(later - earlier <= 1 for earlier, later in zip([0, *counts], counts, strict=False))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_clients_do_not_fall_silent_as_a_course_goes_on(language: Language) -> None:
    judge = offline(language).prompts(language).data("judge/offline")

    def told(session: FinishedSession) -> float:
        turns = [{turn.speaker.value: turn.text} for turn in session.turns]
        return count_features(read_turns(turns, judge["to_judge"]), judge)["disclosure"].value

    courses = [offline_course(name, m, 1) for name, m in COURSES if name.startswith(language.value)]
    first = sum(told(course[0]) for course in courses)
    last = sum(told(course[-1]) for course in courses)
    assert last >= 0.9 * first


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_profile_answers_about_danger_is_said_where_it_belongs(language: Language) -> None:
    counselor = LINES[language]["counselor"]
    known = {"risk": "I'd rather not wake up.", "first_answer": "No, no.", "if_calm": "At night, perhaps."}
    first = play_client(scene_of(language, [counselor["safety_check"]], ["a"], session_index=1, **known))
    later = play_client(scene_of(language, [counselor["risk_ask"]], ["a"], session_index=2, **known))
    assert (first, later) == ("No, no.", "At night, perhaps.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_takes_a_change_for_a_force_towards_it_and_only_acts_for_behavior(
    language: Language,
) -> None:
    change, act, told = {
        Language.EN: (
            "I mended books all of Thursday and I laughed out loud.",
            "I stopped going to choir because of a cold and then I never went back.",
            "The mornings are the worst part of it and nobody at home can tell.",
        ),
        Language.ZH: (
            "那天给孙女修小车，我笑出声来，自己都没想到。",
            "我现在打开抽屉看一眼就关上，东西一样也没动过。",
            "早上那一阵最难受，家里没人看得出来。",
        ),
    }[language]

    def entered(words: str, modality: str) -> Any:
        said = {"counselor": ["Hello.", "Yes?"], "client": ["…", words]}
        scene = scene_of(language, [], (), said=said, modality=modality)
        return json.loads(play_file(scene))["theory"]

    assert list(entered(change, "pmt")["force_field"]) == ["positive_force"]
    assert list(entered(told, "pmt")["force_field"]) == ["negative_force"]
    assert entered(act, "bt")["target_behavior"]
    assert not entered(told, "bt")["target_behavior"]


def test_another_persons_work_is_not_entered_as_the_clients() -> None:
    def occupation(words: str) -> str:
        said = {"counselor": ["…"], "client": [words]}
        scene = scene_of(Language.ZH, [], (), said=said)
        return str(json.loads(play_file(scene))["static_traits"].get("occupation", ""))

    assert occupation("先生跑业务，一个月回来六七天。") == ""
    assert occupation("我跑业务的，一个月回来六七天。") == "跑业务"
