"""Best and worst items in a report, their quotes, and the transcripts that these link to."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.scores import ItemScore
from psychagent.errors import RecordError
from psychagent.evals.evaluate import run_eval
from psychagent.records.evaluation import EvalFolder
from psychagent.records.summary import read_summary
from psychagent.reports.evaluation.write import Report, ReportPlan, write_report
from psychagent.reports.page.markdown import to_markdown
from psychagent.reports.quotes.findings import best_and_worst
from psychagent.reports.quotes.items import find_extremes
from psychagent.reports.quotes.transcripts import Pages
from psychagent.stats.bootstrap import Sampling
from tests.support.answers import BUNDLED, answered, session
from tests.support.eval_runs import eval_plan

FEW = Sampling(resamples=100)
TALK = {
    "en": (
        ("assistant", "Hello, and welcome. What made you decide to come just now?"),
        ("user", "<b>I can't sleep</b> & I feel like a failure at work. I am so ashamed of it."),
        ("assistant", "<think>keep this private</think>You lie awake, and work comes back at night."),
        ("user", "Yes. It is worst on Sundays. I noticed that talking helps a bit, thank you."),
        ("assistant", "Would you jot down one such Sunday this week? Let's leave it there for today."),
    ),
    "zh": (
        ("assistant", "您好，请坐。是什么让您决定这个时候来的？"),
        ("user", "我晚上睡不着，总觉得自己在工作上很失败，我很羞愧。"),
        ("assistant", "听起来一到夜里，工作上的事就回来了。那时候您心里在想什么？"),
        ("user", "想着会被别人看穿。说出来好像轻松了一点，谢谢您。"),
        ("assistant", "这一周您愿意记下一个这样的晚上吗？今天我们就到这里。"),
    ),
}


def make_sessions(root: Path, language: str, *cases: str, modality: str = "cbt") -> Path:
    for case in cases:
        path = root / "base" / modality / case / "session_1.json"
        path.parent.mkdir(parents=True)
        talk = [{"role": role, "content": text} for role, text in TALK[language]]
        path.write_text(json.dumps({"transcript": talk}, ensure_ascii=False), encoding="utf-8")
    return root / "base"


async def judged(
    root: Path, language: str = "en", *cases: str, methods: tuple[str, ...] = ("WAI", "PANAS")
) -> Path:
    data = make_sessions(root, language, *(cases or ("one",)))
    await run_eval(eval_plan(data, root / "out", settings=EvalSettings(degenerate=0), methods=methods))
    return root / "out"


def reported(folder: Path, data_root: Path | None = None) -> Report:
    return write_report(ReportPlan(folder, sampling=FEW, data_root=data_root))


def links(page: str) -> list[str]:
    return [unescape(href) for href in re.findall(r'<cite><a href="([^"]+)"', page)]


async def test_every_quote_links_to_the_turn_it_stands_in(tmp_path: Path) -> None:
    report = reported(await judged(tmp_path))
    page = report.html.read_text(encoding="utf-8")
    cited = re.findall(r"<q>(.*?)</q>\s*<cite><a href=\"([^\"]+)\"", page, re.DOTALL)
    assert cited
    for words, href in cited:
        name, _, anchor = unescape(href).partition("#")
        transcript = (report.html.parent / unquote(name)).read_text(encoding="utf-8")
        (turn,) = re.findall(rf'<li id="{anchor}".*?</li>', transcript, re.DOTALL)
        # the judge reads a speaker's angles as others, so that no line can close its fence
        assert words.translate({ord("‹"): "&lt;", ord("›"): "&gt;"}) in turn


async def test_best_and_worst_item_are_told_with_their_number_of_sessions(tmp_path: Path) -> None:
    text = reported(await judged(tmp_path, "en", "one", "two")).markdown.read_text(encoding="utf-8")
    section = text[text.index("Best and worst item of each scale") :]
    assert "### WAI: Working Alliance Inventory" in section
    assert re.search(
        r"\*\*One of \d+ items that are all alike: \d+\.\d\d\*\* \d+\. .+ \(evidence in [12] of 2 sessions",
        section,
    )
    assert re.search(
        r"- “.+” – \[cbt/one, session 1, turn \d; score \d on 1 to 5\]\(report_sessions/", section
    )
    assert "A script chose the quotes" in section


def written(*answers: ItemScore) -> str:
    extremes = find_extremes([session({"WAI": answers})], BUNDLED)
    return to_markdown(best_and_worst(extremes, Pages(lacking=1), is_script=False), "")


def test_best_and_worst_are_only_called_so_where_there_are_others() -> None:
    both = written(answered("1", 5), answered("2", 2), answered("3", 3))
    assert "**Best item: 10.00** 1." in both
    assert "**Worst item: 2.50** 2." in both
    assert "**One of 2 items that are all alike: 7.50**" in written(answered("1", 4), answered("2", 4))
    alone = written(answered("1", 4), answered("2", 3, "default"))
    assert "**The only item with evidence: 7.50**" in alone
    assert "Worst" not in alone


def test_what_the_judge_found_lacking_is_told_as_its_remark() -> None:
    text = written(answered("1", 5), answered("2", 1, "absent", absent="no goal was named"))
    assert "- Lacking, says the judge: no goal was named – cbt/a, session 1; score 1 on 1 to 5" in text
    assert "A script" not in text


async def test_a_transcript_needs_no_network_and_shows_no_thoughts_and_no_markup(tmp_path: Path) -> None:
    report = reported(await judged(tmp_path))
    (path,) = (report.html.parent / "report_sessions").iterdir()
    page = path.read_text(encoding="utf-8")
    assert path.name == "cbt-one-session_1.html"
    assert "keep this private" not in page
    assert "&lt;b&gt;I can&#39;t sleep&lt;/b&gt; &amp; I feel" in page
    assert not re.search(r"https?:|<script|<link|url\(|<b>", page)
    assert 'name="viewport"' in page
    assert "@media print" in page
    assert "prefers-color-scheme: dark" in page
    assert re.findall(r'id="(turn-\d)"', page) == [f"turn-{n}" for n in range(1, 6)]
    assert page.count("<strong>Counselor</strong>") == 3
    assert '<a href="../report.html">Back to the report</a>' in page


async def test_a_chinese_transcript_is_chinese_throughout(tmp_path: Path) -> None:
    report = reported(await judged(tmp_path, "zh"))
    (path,) = (report.html.parent / "report_sessions").iterdir()
    page = path.read_text(encoding="utf-8")
    assert '<html lang="zh">' in page
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert set(re.findall("[A-Za-z]+", shown)) == {"one"}
    assert "第 1 次会谈" in shown
    assert "咨询师" in shown
    text = report.markdown.read_text(encoding="utf-8")
    assert "工作同盟量表" in text


async def test_only_sessions_that_are_quoted_have_a_page(tmp_path: Path) -> None:
    cases = [f"case{n:02}" for n in range(9)]
    report = reported(await judged(tmp_path, "en", *cases, methods=("WAI",)))
    pages = {path.name for path in (report.html.parent / "report_sessions").iterdir()}
    found = links(report.html.read_text(encoding="utf-8"))
    assert pages == {unquote(href.partition("#")[0]).rpartition("/")[2] for href in found}
    assert 0 < len(pages) <= 6


async def test_the_evaluation_finds_its_sessions_after_both_were_moved(tmp_path: Path) -> None:
    folder = await judged(tmp_path / "here")
    assert read_summary(EvalFolder(folder).summary).data_root == "../base"
    shutil.move(tmp_path / "here", tmp_path / "there")
    report = reported(tmp_path / "there" / "out")
    assert links(report.html.read_text(encoding="utf-8"))


async def test_sessions_that_were_moved_alone_leave_quotes_without_links_and_the_report_says_so(
    tmp_path: Path,
) -> None:
    folder = await judged(tmp_path)
    shutil.move(tmp_path / "base", tmp_path / "elsewhere")
    report = reported(folder)
    page = report.html.read_text(encoding="utf-8")
    assert "<q>" in page
    assert links(page) == []
    assert "The files of 1 session quoted here are gone or have changed since" in page
    assert report.transcripts is None
    assert not (folder / "report_sessions").exists()
    again = reported(folder, tmp_path / "elsewhere").html.read_text(encoding="utf-8")
    assert links(again)
    assert "quoted here are gone" not in again


async def test_a_session_that_was_changed_after_it_was_judged_is_not_linked(tmp_path: Path) -> None:
    folder = await judged(tmp_path)
    path = tmp_path / "base" / "cbt" / "one" / "session_1.json"
    path.write_text(
        path.read_text(encoding="utf-8").replace("worst on Sundays", "worst at noon"), encoding="utf-8"
    )
    page = reported(folder).html.read_text(encoding="utf-8")
    assert links(page) == []
    assert "their quotes have no link" in page


async def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    folder = await judged(tmp_path)
    with pytest.raises(RecordError, match="no such folder of sessions"):
        reported(folder, tmp_path / "nowhere")


async def test_without_the_files_of_scores_the_report_says_why_nothing_is_quoted(tmp_path: Path) -> None:
    folder = await judged(tmp_path)
    shutil.rmtree(folder / "cbt")
    text = reported(folder).markdown.read_text(encoding="utf-8")
    assert "nothing can be quoted" in text


async def test_a_case_whose_id_is_chinese_is_linked_by_an_escaped_name(tmp_path: Path) -> None:
    report = reported(await judged(tmp_path, "zh", "来访者"))
    (path,) = (report.html.parent / "report_sessions").iterdir()
    assert path.name == "cbt-来访者-session_1.html"
    assert all(re.fullmatch(r"[\w./%#-]+", href, re.ASCII) for href in links(report.html.read_text("utf-8")))


async def test_an_evaluation_of_one_file_links_to_it(tmp_path: Path) -> None:
    data = make_sessions(tmp_path, "en", "one") / "cbt" / "one" / "session_1.json"
    plan = eval_plan(data, tmp_path / "out", settings=EvalSettings(degenerate=0), methods=("WAI",))
    await run_eval(plan)
    assert links(reported(tmp_path / "out").html.read_text(encoding="utf-8"))


async def test_a_folder_that_holds_none_of_the_judged_sessions_is_refused(tmp_path: Path) -> None:
    folder = await judged(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordError, match=r"empty: holds no session that was judged \(such as cbt/one/sess"):
        reported(folder, tmp_path / "empty")
