"""A whole year, played by different people in different windows; the result is what `evaluate` says of its data."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.auth.viewer import OPERATOR
from dashboard.rules.rulebook import Rulebook
from dashboard.services import runs
from dashboard.settings import ROOT
from dashboard.store import proceedings
from dashboard.store.connection import Store
from tests.e2e.conftest import DESK, PHONE, Server, settle
from tests.helpers import load_tables
from tests.services.year import YEAR, set_day
from tests.subdistrict import marks_meeting

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WAIT = 30_000  # milliseconds
COMMUNITIES = {"S1": "红枫社区党委", "S2": "锦园社区党委"}
BRANCHES = {  # name, superior, and the level that its self-assessment meets before anybody types
    "B1": ("第一党支部", "S1", 0),
    "B2": ("第二党支部", "S1", 5),
    "B3": ("第三党支部", "S2", 5),
    "B5": ("第五党支部", "S1", 5),
    "B6": ("第六党支部", "S1", 3),
}


@pytest.fixture
def server(tmp_path: Path, rulebook: Rulebook) -> Iterator[Server]:
    with Store(tmp_path / "year.duckdb") as store:
        load_tables(
            store,
            rulebook,
            {
                "superiors": [{"superior_id": k, "name": n, "kind": "community"} for k, n in COMMUNITIES.items()],
                "branches": [
                    {"branch_id": k, "name": name, "superior_id": superior, "sector": "two_new"}
                    for k, (name, superior, _) in BRANCHES.items()
                ],
                "marks": [
                    {"branch_id": k, "year": YEAR, "stage": "self", "criterion": criterion, "value": value}
                    for k, (_, _, level) in BRANCHES.items()
                    for criterion, value in marks_meeting(rulebook, level).items()
                ],
            },
        )
        set_day(store, f"{YEAR}-04-20")
    found = Server(tmp_path / "year.duckdb", tmp_path)
    found.start()
    yield found
    if found.process.poll() is None:
        found.stop()


class Person:
    """Somebody with a window of his own."""

    def __init__(self, browser: Browser, server: Server, size: tuple[int, int] = DESK) -> None:
        self.server = server
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
        self.page: Page = self.context.new_page()

    def go(self, path: str) -> None:
        self.page.goto(f"{self.server.address}/{path}{'&' if '?' in path else '?'}year={YEAR}")
        settle(self.page)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click(timeout=WAIT)

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=WAIT)

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).first.fill(text)

    def fill_sheet(self, marks: dict[str, str]) -> None:
        """Answer every criterion of a sheet."""
        expect(self.page.locator(".editor .state")).to_contain_text("已保存", timeout=WAIT)
        for section in self.page.locator(".editor details.section > summary").all()[1:]:
            section.click()
        for criterion, value in marks.items():
            card = self.page.locator(".editor article").nth(int(criterion.removeprefix("c")) - 1)
            if card.get_by_role("radio").count():
                card.get_by_role("radio", name="达标", exact=True).check()
            else:
                card.locator("input").first.fill(value)
        expect(self.page.locator(".editor .state")).to_have_attribute("data-state", "saved_at", timeout=WAIT)

    def apply_for(self, branch: str, level: str, superior: str) -> None:
        self.go(f"rating?branch={branch}")
        self.press("核对并申报")
        self.page.get_by_role("dialog").get_by_text(level, exact=True).first.click(timeout=WAIT)
        self.press(f"提交{level}申报")
        self.sees(f"已提交{level}申报，等待{superior}审核")

    def inspect(self, kind: str, branch: str, score: str, level: str) -> None:
        """Enter a result without a list of items."""
        self.go(f"inspecting?task={kind}.{branch}")
        self.press("不逐项填写，直接下结论")
        if level:
            self.page.locator('[data-testid="stSelectbox"]', has_text="认定达到的星级").locator("input").click()
            self.page.get_by_role("option", name=level).click()
            self.write("得分（0–100，必填）", score)
        self.conclude()

    def conclude(self) -> None:
        self.page.get_by_text("合格", exact=True).first.click()
        self.press("提交结果")
        self.sees("检查结果已提交")


def night(server: Server, day: str) -> None:
    """Another day begins: the server stops for the night."""
    server.stop()
    with Store(server.store) as store:
        set_day(store, day)
    server.start()


def test_a_year_is_played(browser: Browser, server: Server, rulebook: Rulebook, tmp_path: Path) -> None:
    top = {k: str(v) for k, v in marks_meeting(rulebook, 5).items()}
    branch, community = Person(browser, server, PHONE), Person(browser, server)
    office, inspector, group = Person(browser, server), Person(browser, server, PHONE), Person(browser, server)

    # April: branches rate themselves and apply
    branch.go("rating?branch=B1")
    branch.fill_sheet(top)
    for name in ("B1", "B2", "B5"):
        branch.apply_for(name, "五星", COMMUNITIES["S1"])
    branch.apply_for("B3", "五星", COMMUNITIES["S2"])
    branch.apply_for("B6", "三星", COMMUNITIES["S1"])

    # their communities approve in order under the caps, and return one
    for superior, names in (("S1", ("B2", "B1", "B6")), ("S2", ("B3",))):
        for name in names:
            community.go(f"reviewing?desk={superior}&task={name}")
            community.press("审核通过")
            community.sees("已通过")
    community.go("reviewing?desk=S1&task=B5")
    community.press("退回支部")
    community.sees("请写明理由")
    community.write("审核意见（退回时必填）", "五星限额已满，请改报四星或明年再报")
    community.press("退回支部")
    community.sees("已退回")
    community.go("reviewing?desk=S1")
    community.sees("限额 2 个")
    community.page.get_by_role("button", name="上移").nth(1).click()
    expect(community.page.get_by_role("button", name="1　第一党支部")).to_be_visible(timeout=WAIT)

    # October: a draw, and inspectors on their phones
    night(server, f"{YEAR}-10-20")
    office.go("checks?view=spot_check")
    office.press("冻结名单")
    office.write("公开的种子", "07 12 19 23 31 33 + 05")
    office.press("抽签")
    office.sees("抽中 1 个支部（共 1 个）")
    inspector.inspect("spot_check", "B6", "", "")
    inspector.inspect("acceptance", "B2", "90", "五星")
    inspector.inspect("acceptance", "B3", "90", "五星")
    inspector.go("inspecting?task=acceptance.B1")
    inspector.fill_sheet(top)
    inspector.press("填好了，去下结论")
    inspector.sees("申报五星，建议结论")
    inspector.write("得分（0–100，必填）", "95")
    inspector.conclude()

    # November: two branches are equal at the last of two places; the leading group decides
    night(server, f"{YEAR}-11-10")
    group.go("results?view=tied")
    group.sees("五星：2 个支部并列，选哪 1 个？")
    group.page.locator('[data-testid="stMultiSelect"] input').first.click()
    group.page.get_by_role("option", name="第三党支部").click()
    group.page.keyboard.press("Escape")
    group.write("决定理由", "领导小组会议研究，近三年进步明显")
    group.press("记录决定")
    group.sees("已记录决定")

    # the office keeps and announces the result
    office.go("results")
    office.press("存档本次评定")
    office.sees("已存档，可以公示")
    office.write("公示范围", "街道及各社区公开栏")
    office.write("联系方式", "街道党工委组织办")
    office.press("开始公示")
    office.sees("期满后才能定稿")

    # after the notice the year is final, and frozen
    night(server, f"{YEAR}-11-20")
    group.go("results")
    group.press("定稿")
    group.sees("已写入历年星级")
    branch.go("rating?branch=B5")
    branch.sees("评定结果已经定稿")
    for person in (branch, community, office, inspector, group):
        person.context.close()
    server.stop()
    _agrees(server.store, tmp_path)


def _agrees(path: Path, folder: Path) -> None:
    """The final result is what the command line makes of the exported data."""
    with Store(path) as store:
        [run] = runs.of_year(store, OPERATOR, YEAR)
        kept = runs.read(store, OPERATOR, run.row.run_id).document["branches"]
        said = [line["action"] for line in proceedings.of_branch(store, "B1", YEAR)]
    levels = {row["branch_id"]: (row["awarded_level"], row["basis"]) for row in kept}
    assert levels == {
        "B1": (5, "selected"),
        "B2": (3, "cascaded"),
        "B3": (5, "selected"),
        "B5": (0, "not_accepted"),
        "B6": (3, "recognised"),
    }
    assert said == ["applied", "approved", "reordered", "inspected", "rated"]
    assert run.state == "final"

    def dashboard(*words: object) -> str:
        command = [sys.executable, "-m", "dashboard", *map(str, words)]
        done = subprocess.run(
            command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    dashboard("export", folder / "data", "--store", path)
    dashboard("import", folder / "data", "--store", folder / "again.duckdb")
    again = dashboard("evaluate", "--year", YEAR, "--format", "json", "--store", folder / "again.duckdb")
    assert json.loads(again) == kept
