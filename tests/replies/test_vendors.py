"""Thoughts in the forms of known reasoning models never become words."""

from __future__ import annotations

import pytest

from psychagent.domain.base import Speaker
from psychagent.errors import MalformedReplyError, RecordError
from psychagent.replies.stream import VisibleText
from psychagent.replies.strip import visible_text
from psychagent.replies.tags import parse_tagged_reply, read_speech

OF_LANGUAGES = {
    "German, on one line": "Analyse: SECRET ... Antwort: I am tired.",
    "German, emphasized": "**Analyse:** SECRET\n**Antwort:** I am tired.",
    "German, one's own": "Meine Analyse: SECRET\nMeine Antwort: I am tired.",
    "German, of an inner one": "Interne Analyse: SECRET\nAntwort an den Klienten: I am tired.",
    "German, without an answer's name": "Analyse: SECRET\n\nI am tired.",
    "Spanish, on one line": "Análisis: SECRET Respuesta: I am tired.",
    "Spanish, one's own": "Mi análisis: SECRET\nMi respuesta: I am tired.",
    "Spanish, of an inner one": "Análisis interno: SECRET\nRespuesta al cliente: I am tired.",
    "French analysis": "Analyse : SECRET\nRéponse : I am tired.",
    "French, on one line": "Analyse : SECRET Réponse : I am tired.",
    "French, one's own": "Mon analyse : SECRET\nMa réponse : I am tired.",
    "Chinese, on one line": "分析:SECRET。回复:我很累。",
    "Chinese, one's own": "我的分析：SECRET\n我的回复：我很累。",
    "Chinese, in longer names": "心理分析：SECRET\n给来访者的回复：我很累。",
    "Chinese, a process": "分析过程：SECRET\n我很累。",
    "English, to somebody": "Analysis: SECRET Response to the client: I am tired.",
    "English, one's own": "My analysis: SECRET\nMy response: I am tired.",
    "Portuguese": "Análise: SECRET\nResposta: I am tired.",
    "Italian": "Analisi: SECRET\nRisposta: I am tired.",
    "Romanian": "Analiză: SECRET\nRăspuns: I am tired.",
    "Dutch": "Gedachten: SECRET\nAntwoord: I am tired.",
    "Swedish": "Analys: SECRET\nSvar: I am tired.",
    "Polish": "Analiza: SECRET\nOdpowiedź: I am tired.",
    "Czech": "Analýza: SECRET\nOdpověď: I am tired.",
    "Russian": "Анализ: SECRET\nОтвет: I am tired.",
    "Ukrainian": "Аналіз: SECRET\nВідповідь: I am tired.",
    "Greek": "Ανάλυση: SECRET\nΑπάντηση: I am tired.",
    "Turkish": "Düşünce: SECRET\nCevap: I am tired.",
    "Vietnamese": "Phân tích: SECRET\nTrả lời: I am tired.",
    "Indonesian": "Analisis: SECRET\nJawaban: I am tired.",
    "Japanese": "分析: SECRET\n返答: I am tired.",
    "Korean": "분석: SECRET\n응답: I am tired.",
    "Arabic": "التحليل: SECRET\nالرد: I am tired.",
    "Hebrew": "ניתוח: SECRET\nתשובה: I am tired.",
    "Hindi": "विश्लेषण: SECRET\nउत्तर: I am tired.",
    "Thai": "การวิเคราะห์: SECRET\nคำตอบ: I am tired.",
    "a fence of percent signs": "%% SECRET %% I am tired.",
    "the same, in lines": "%%\nSECRET\n%%\n\nI am tired.",
    "the same, behind": "I am tired.\n%%SECRET%%",
    "the same, of three": "%%% SECRET\n%%%\nI am tired.",
    "the same, around a name": "%%think%%SECRET%%end%%I am tired.",
    "a veil": "||SECRET|| I am tired.",
}
FORMS = OF_LANGUAGES | {
    "Granite": "Here is my thought process: SECRET plan. Here is my response: I am tired.",
    "Granite, in lines": "Here is my thought process:\nSECRET plan.\n\nHere is my response:\nI am tired.",
    "Granite, shortened": "Here's my thought process: SECRET plan.\nHere's my response: I am tired.",
    "MedGemma": "<unused94>thought\nSECRET plan.<unused95>I am tired.",
    "a template's message": "<|im_start|>assistant/think\nSECRET plan.<|im_end|>\nI am tired.",
    "Apertus": "<|inner_prefix|>SECRET plan.<|inner_suffix|>I am tired.",
    "Gemma, without its tokens": "thought\nSECRET plan.\nI am tired.",
    "a name alone on the first line": "Thinking\n\nSECRET plan.\n\nI am tired.",
    "the same in Chinese": "思考过程\nSECRET。\n\n我很累。",
    "a heading that is underlined": "Reasoning\n=========\nSECRET plan.\n\nResponse\n========\nI am tired.",
    "how long it took": "Thought for 5 seconds\nSECRET plan.\n\nI am tired.",
    "how long it took, emphasized": "*Thought for 1.5s*\nSECRET plan.\n\nI am tired.",
    "how long it took, in Chinese": "已深度思考（用时 5 秒）\nSECRET。\n\n我很累。",
    "a final answer": "She is SECRET.\n\n**Final Answer:**\nI am tired.",
    "a final output": "She is SECRET.\n\nFinal output: I am tired.",
    "a final answer in Chinese": "她 SECRET。\n\n最终回答：我很累。",
    "a response under its own heading": "She is SECRET.\n\nHere is my response:\nI am tired.",
    "thinks, in brackets": "(thinks: SECRET plan) I am tired.",
    "thinks, with stars": "*thinks to herself: SECRET plan* I am tired.",
    "internally": "(Internally: SECRET plan) I am tired.",
    "a therapist's process": "Therapist's internal process: SECRET plan.\n\nI am tired.",
    "a fence around a heading": "```\nthinking: SECRET plan\n```\nI am tired.",
    "quotation marks for brackets": "«think»SECRET plan.«/think»I am tired.",
    "a tag of its own, left open": "<scratch>SECRET plan.\n\nI am tired.",
    "a plan, left open": "<plan>SECRET plan.\n\nI am tired.",
    "traditional Chinese": "評估：SECRET\n策略：SECRET\n回應：我很累。",
    "thoughts in traditional Chinese": "思考過程：SECRET\n回覆：我很累。",
    "traditional Chinese, in a tag": "<思考過程>SECRET</思考過程>我很累。",
    "a note in traditional Chinese": "我很累。\n\n（備註：SECRET）",
    "thinking, in Chinese": "思考中：SECRET\n回复：我很累。",
    "Spanish": "Evaluación: SECRET\nEstrategia: SECRET\nRespuesta: I am tired.",
    "Spanish thoughts": "Pensamiento: SECRET\nRespuesta: I am tired.",
    "German": "Bewertung: SECRET\nStrategie: SECRET\nAntwort: I am tired.",
    "German thoughts": "Denkprozess: SECRET\nI am tired.",
    "French": "Évaluation : SECRET\nStratégie : SECRET\nRéponse : I am tired.",
    "gpt-oss, without its marks": "assistantanalysis: SECRET\nassistantfinal I am tired.",
    "the same, run together": "assistantanalysisThe SECRET planassistantfinalI am tired.",
    "the same, small letters": "assistantanalysis the SECRET plan assistantfinali am tired.",
    "the same, opened in the prompt": "The SECRET plan.assistantfinalI am tired.",
    "its commentary": "assistantcommentary SECRETassistantfinalI am tired.",
    "a comment": "/* SECRET thoughts */ I am tired.",
    "a comment behind": "I am tired. /* she is\nSECRET */",
    "a comment of a template": "{# SECRET #} I am tired.",
    "Hunyuan": "<think>SECRET plan.</think>\n<answer>\nI am tired.\n</answer>",
    "Marco": "<Thought>\nSECRET plan.\n</Thought>\n<Output>\nI am tired.\n</Output>",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_they_are_cut_out_or_refused_by_whoever_reads_them(form: str) -> None:
    for read in (lambda text: read_speech(text, Speaker.CLIENT), visible_text):
        try:
            said = read(form)
        except (MalformedReplyError, RecordError) as error:
            said = str(error)
        assert "SECRET" not in said


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_they_are_refused_inside_a_response(form: str) -> None:
    with pytest.raises(MalformedReplyError) as problem:
        parse_tagged_reply(f"<response>{form}</response>", reasoning="", end_token="</end>")
    assert "SECRET" not in str(problem.value)


@pytest.mark.parametrize("form", OF_LANGUAGES.values(), ids=OF_LANGUAGES)
def test_nothing_of_them_is_shown_while_a_response_arrives(form: str) -> None:
    visible = VisibleText("</end>")
    assert "SECRET" not in "".join(map(visible.feed, f"<response>{form}</response>"))


WRAPPED = {
    "Hunyuan, AM-Thinking": "<think>\nSECRET\n</think>\n<answer>\nI am tired.\n</answer>",
    "Marco": "<Thought>\nSECRET\n</Thought>\n<Output>\nI am tired.\n</Output>",
    "thoughts opened by the template": "SECRET</think>\n\n<answer>I am tired.</answer>",
    "thoughts moved away by the server": "\n<answer>I am tired.</answer>",
    "with a token behind it": "<think>SECRET</think><final_answer>I am tired.</final_answer><|im_end|>",
    "an answer tried out in thoughts": "<think><answer>SECRET</answer></think><answer>I am tired.</answer>",
}


@pytest.mark.parametrize("form", WRAPPED.values(), ids=WRAPPED)
def test_an_answer_in_tags_behind_thoughts_is_what_is_said(form: str) -> None:
    assert read_speech(form, Speaker.CLIENT) == "I am tired."
    assert visible_text(form) == "I am tired."
    assert parse_tagged_reply(form, reasoning="", end_token="</end>").response == "I am tired."
    assert VisibleText("</end>").feed(form) in ("", "I am tired.")


def test_an_answer_in_tags_may_be_the_last_of_a_session() -> None:
    form = "<think>a</think><answer>Take care.</answer></end>"
    reply = parse_tagged_reply(form, reasoning="", end_token="</end>")
    assert (reply.response, reply.ends_session, reply.thoughts.assessment) == ("Take care.", True, "a")


@pytest.mark.parametrize(
    "form",
    [
        "<think>a</think>SECRET <answer>I am tired.</answer>",
        "<think>a</think><answer>I am tired.</answer> SECRET",
        "<think>a</think><answer>SECRET</answer><answer>I am tired.</answer>",
        "<think>a</think><answer>I am <answer>SECRET</answer>",
        "<think>a</think><answer>SECRET</output>I am tired.",
        "<think>a</think><answer>I am tired. <think>SECRET</think></answer>",
        "<think>a</think><answer>I am tired.",
        "<answer><plan>SECRET</plan>I am tired.</answer>",
    ],
)
def test_an_answer_that_does_not_stand_alone_is_refused(form: str) -> None:
    for read in (lambda text: read_speech(text, Speaker.CLIENT), visible_text):
        with pytest.raises((MalformedReplyError, RecordError)) as problem:
            read(form)
        assert "SECRET" not in str(problem.value)


@pytest.mark.parametrize(
    "said",
    [
        "Thought for a minute he would hit me.\nHe did not.",
        "*thinks for a moment* I don't know.\n*thinking*",
        "I thought about it.\nHere's my answer: I don't know.",
        "My final answer: no.",
        "He said «I think so» and left.",
        "<sighs> It is late. <looks away>",
        "Bring him and/*or* her.",
        "My assistant final exam is due.",
        "Analysis of it all: no.\nAntwort",
        "Mi respuesta: no.\nEstoy cansada.",
        "Meine Gedanken: immer dieselben.",
        "我的評估：很糟。\n我睡不著。",
        "Thinking\u2019s all I do.\nIt never stops.",
        "Reasoning with him is useless.\n---\nI give up.",
        "最终，我还是没去。\n想了很久。",
        "思考了很久。\n我还是不知道。",
        "Antwort: nein.\nMehr sage ich nicht.",
        "Meine Analyse: ich bin müde.\nDas ist alles.",
        "Mi análisis: estoy cansada.\nNada más.",
        "我的分析：很糟。\n我睡不着。",
        "我的回复：不去。\n就这样。",
        "He said: analyse it. I said: no. My answer: no.",
        "Two things help: the analysis of sleep, and rest: both.",
        "La réponse : non.\nJe suis fatiguée.",
        "I am 100%% sure, and 50%% of the time I am right.",
        "30% of it is him, 20% is me, and the rest %?",
        "Either | or || both.",
        "Ответ: нет.\nЯ устал.",
    ],
)
def test_ordinary_words_that_look_like_them_are_said(said: str) -> None:
    assert read_speech(said, Speaker.CLIENT) == said == visible_text(said)
