"""测评结果报告单: one round of appraisal as a form to sign and file (docx)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from dashboard.documents.paper import LEAD, SEAL, SIGNATURE, SMALL, SPACE, SUBTITLE, TITLE, Block, Grid, Line
from dashboard.i18n.catalogue import Translator
from dashboard.rules.rulebook import Rulebook
from dashboard.services.appraisals import Held, requirement


@dataclass(frozen=True, slots=True)
class Form:
    """The form in words: what it is about, the ballots and the answers, the result, and that they balance."""

    title: str
    subtitle: str
    subject: str
    tables: tuple[Grid, ...]
    result: str
    balance: str
    note: str
    fingerprint: str


def form(item: Held, rulebook: Rulebook, subject: str, t: Translator, sector: str | None = None) -> Form:
    """What the form says about a round, by the standard of a branch's sector."""
    found, kind = item.round, rulebook.appraisals.get(item.round.kind)
    name = t.text(kind.name) if kind else found.kind
    answers = {key: t.text(answer.name) for key, answer in kind.answers.items()} if kind else {}
    answers |= {key: key for key in found.answers if key not in answers}
    day = t.day(found.held_on) if found.held_on else "—"
    stage = t(f"stage.{found.stage}") if found.stage else t("appraisal.any_stage")
    values = {
        "issued": found.issued,
        "returned": found.returned,
        "valid": found.valid,
        "invalid": found.invalid,
    }
    ballots = [(t(f"appraisal.{key}"), t.number(n), _part(t, n, found.issued)) for key, n in values.items()]
    rows = [
        (word, t.number(n), _part(t, n, found.valid))
        for key, word in answers.items()
        for n in [found.answers.get(key, 0)]
    ]
    return Form(
        title=t("appraisal.form.title", kind=name),
        subtitle=t("appraisal.form.subtitle", year=found.year, subject=subject, day=day, stage=stage),
        subject=subject,
        tables=(
            _grid((t("appraisal.form.ballots"), t("appraisal.form.number"), t("appraisal.form.of_issued")), ballots),
            _grid((t("appraisal.form.answer"), t("appraisal.form.number"), t("appraisal.form.of_valid")), rows),
        ),
        result=_result(item, rulebook, t, sector),
        balance=t("appraisal.form.balance", **{key: t.number(n) for key, n in values.items()}),
        note=t("appraisal.form.note", note=found.note) if found.note else "",
        fingerprint=rulebook.fingerprint,
    )


def title(found: Form) -> str:
    """What the file is called."""
    return f"{found.title}　{found.subject}".replace("/", "／")


def report(found: Form, t: Translator, made_at: datetime) -> bytes:
    """The docx."""
    from dashboard.documents.word import write  # python-docx loads only when a document is wanted

    blocks: list[Block] = [Line(found.title, TITLE), Line(found.subtitle, SUBTITLE), Line("", SPACE)]
    for table in found.tables:
        blocks += [table, Line("", SPACE)]
    blocks += [Line(found.result, LEAD), Line(found.balance)]
    blocks += [Line(found.note)] if found.note else []
    blocks += [Line(t("appraisal.form.signed"), SIGNATURE), Line(t("appraisal.form.sealed"), SEAL)]
    source = t("appraisal.form.source", time=t.moment(made_at), fingerprint=found.fingerprint[:16])
    blocks.append(Line(source, SMALL))
    return write(blocks, title=found.title, made_at=made_at, language=t.language)


def _grid(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Grid:
    return Grid(header, tuple(rows), (66.0, 45.0, 45.0), frozenset({1, 2}))


def _part(t: Translator, count: int, of: int) -> str:
    return t.share(Fraction(count, of)) if of else "—"


def _result(item: Held, rulebook: Rulebook, t: Translator, sector: str | None) -> str:
    if item.state == "void":
        return t("appraisal.state.void", because=item.round.void)
    if item.share is None or item.state != "counts":
        return t(f"appraisal.state.{item.state}")
    text = t("appraisal.form.share", share=t.share(item.share))
    least, level = requirement(rulebook, rulebook.appraisals[item.round.kind], sector)
    if least is None:
        return text
    name = next(t.text(each.name) for each in rulebook.levels.values() if each.value == level)
    verdict = "reached" if 100 * item.share >= least else "missed"
    return text + t(f"appraisal.form.{verdict}", least=t.share(Fraction(least) / 100), level=name)
