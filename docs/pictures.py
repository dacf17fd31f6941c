"""The pictures of the README, taken from the running application on demo data: `make pictures`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from dashboard.auth.viewer import OPERATOR  # noqa: E402
from dashboard.demo.cast import YEARS  # noqa: E402
from dashboard.demo.fill import fill  # noqa: E402
from dashboard.rules.load import load  # noqa: E402
from dashboard.services import drawing  # noqa: E402
from dashboard.services.evaluation import evaluate  # noqa: E402
from dashboard.store.connection import Store  # noqa: E402
from tests.e2e.conftest import CHROMIUM, DESK, PHONE, QUIET, WALL, serving, settle  # noqa: E402

PICTURES = {
    "overview": ("", DESK),
    "overview-phone": ("", PHONE),
    "wall": ("?wall=1", WALL),
    "progress": ("progress", DESK),
    "distribution": ("distribution", DESK),
    "simulation": ("simulation?year=2022&set=quotas.five_star.places.2022%3D20", DESK),
    "simulation-map": ("simulation?year=2022&view=map&set=quotas.five_star.places.2022%3D20", DESK),
    "branch": ("branch?branch=B050", DESK),
    "rating": ("rating?branch=B028", PHONE),
    "preview": ("preview?branch=B012", DESK),
    "reviewing": ("reviewing", DESK),
    "checks": ("checks", DESK),
    "results": ("results?view=tied", DESK),
    "vote": ("vote", DESK),
    "appraisals": ("appraisals", DESK),
    "rules": ("rules", DESK),
}


def take(browser: Browser, address: str) -> None:
    """Save every picture to docs/pictures."""
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    for name, (path, (width, height)) in PICTURES.items():
        page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
        page.goto(f"{address}/{path}")
        settle(page)
        page.wait_for_timeout(2500)
        page.screenshot(path=folder / f"{name}.png")
        page.close()


def main() -> None:
    """Fill a store with demo data, serve it, and take the pictures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with Store(folder / "demo.duckdb") as store:
            rules = load(ROOT / "rules.yaml")
            fill(store, rules, OPERATOR, votes=1000)
            latest = evaluate(store, rules, OPERATOR, rules.first_year + YEARS - 1)
            drawing.freeze(store, rules, OPERATOR, latest, "spot_check")
            drawing.say_seed(store, OPERATOR, 1, "07 12 19 23 31 33 + 05")
        with serving(folder / "demo.duckdb", folder) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            take(browser, address)
            browser.close()


if __name__ == "__main__":
    main()
