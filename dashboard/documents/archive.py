"""年度评定档案: a result with everything that it was made from, so that anyone can make it again (zip)."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping

from dashboard.i18n.catalogue import Translator
from dashboard.services.runs import Kept, inputs_of

_TIME = (1980, 1, 1, 0, 0, 0)  # of every file in it: the same content is the same archive


def archive(found: Kept, data: Mapping[str, bytes], workbook: bytes, t: Translator) -> bytes:
    """The archive: `data/` as `import` takes it with its checksums, `rules.yaml`, the result as JSON and as a workbook,
    and a page that says how to check it."""
    sums = inputs_of(data).encode()
    files = {
        t("archive.readme"): _readme(found, t).encode(),
        "result.json": found.held.document.encode(),
        t("archive.workbook"): workbook,
        "rules.yaml": found.held.rulebook.encode(),
        "data/SHA256SUMS": sums,
        **{f"data/{name}": content for name, content in data.items()},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in files.items():
            box.writestr(zipfile.ZipInfo(name, _TIME), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _readme(found: Kept, t: Translator) -> str:
    row = found.run.row
    return t(
        "archive.text", year=row.year, stage=row.stage, time=t.moment(row.made_at), rules=row.rules, inputs=row.inputs,
        result=row.result, document=hashlib.sha256(found.held.document.encode()).hexdigest(),
    )  # fmt: skip
