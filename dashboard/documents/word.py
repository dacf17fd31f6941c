"""Blocks of a page → docx."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from dashboard.documents.figures import clean
from dashboard.documents.paper import (
    CELL_SPACE,
    FANGSONG,
    HEAD,
    LOOKS,
    MARGINS,
    PADDING,
    SONG,
    TITLE_SONG,
    Block,
    Grid,
    Line,
    Look,
)

LATIN = "Times New Roman"
_INSTEAD = {FANGSONG: "仿宋", TITLE_SONG: SONG}  # what newer computers have in place of these
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "both": WD_ALIGN_PARAGRAPH.JUSTIFY,
}


def write(blocks: Sequence[Block], *, title: str, made_at: datetime, language: str) -> bytes:
    """The docx. `title` and `made_at` go into its properties; `language` sets how text is broken and checked."""
    document = Document()
    _page(document)
    _styles(document, chinese=language.startswith("zh"))
    _font_table(document)
    for block in blocks:
        if isinstance(block, Line):
            _line(document, block)
        else:
            _grid(document, block)
    properties = document.core_properties
    properties.title, properties.language = clean(title)[:255], "zh-CN" if language.startswith("zh") else "en"
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = made_at.replace(tzinfo=None, microsecond=0)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(Mm, MARGINS)
    section.header_distance, section.footer_distance = Mm(15), Mm(22)
    document.settings.odd_and_even_pages_header_footer = True
    for footer, align in ((section.footer, "right"), (section.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if align == "right" else WD_ALIGN_PARAGRAPH.LEFT
        paragraph.add_run("— ")
        paragraph._p.append(_page_number())
        paragraph.add_run(" —")


def _page_number() -> Any:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    return field


def _styles(document: Any, *, chinese: bool) -> None:
    styles = document.styles
    defaults = styles.element.find(qn("w:docDefaults"))
    language = defaults.find(f".//{qn('w:lang')}")
    language.set(qn("w:val"), "zh-CN" if chinese else "en-GB")
    language.set(qn("w:eastAsia"), "zh-CN")
    document.settings.element.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")
    punctuation = document.settings.element.find(qn("w:characterSpacingControl"))
    punctuation.set(qn("w:val"), "compressPunctuation")
    known = {style.name for style in styles}
    for look in LOOKS:
        if look.name not in known:
            styles.add_style(look.name, WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
        _dress(styles[look.name], look, chinese=chinese)


def _dress(style: Any, look: Look, *, chinese: bool) -> None:
    borders = style.element.find(f".//{qn('w:pBdr')}")
    if borders is not None:
        borders.getparent().remove(borders)
    font, form = style.font, style.paragraph_format
    font.size, font.bold, font.italic, font.color.rgb = Pt(look.size), False, False, RGBColor(0, 0, 0)
    _name_fonts(style.element.get_or_add_rPr(), look.font, hint=chinese)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(look.leading)
    form.space_before, form.space_after = Pt(look.before), Pt(look.after)
    form.alignment, form.first_line_indent = _ALIGN[look.align], Pt(look.indent * look.size)
    form.keep_with_next, form.widow_control = look.keep, False
    spacing = style.element.rPr.find(qn("w:spacing"))
    if spacing is not None:
        style.element.rPr.remove(spacing)


def _name_fonts(properties: Any, font: str, *, hint: bool) -> None:
    fonts = properties.get_or_add_rFonts()
    fonts.attrib.clear()
    for kind, name in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", font)):
        fonts.set(qn(f"w:{kind}"), name)
    if hint:
        fonts.set(qn("w:hint"), "eastAsia")  # quotation marks and dashes in the Chinese font


def _font_table(document: Any) -> None:
    """Name what to use where a computer lacks a font."""
    part = next(rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/fontTable"))
    root = parse_xml(part.blob)
    for name, other in _INSTEAD.items():
        root.append(parse_xml(f'<w:font {nsdecls("w")} w:name="{name}"><w:altName w:val="{other}"/></w:font>'))
    part._blob = serialize_part_xml(root)


def _line(document: Any, line: Line) -> None:
    paragraph = document.add_paragraph(style=line.look.name)
    if line.lead:
        paragraph.add_run(clean(line.lead)).bold = True
    paragraph.add_run(clean(line.text))


def _grid(document: Any, grid: Grid) -> None:
    table = document.add_table(rows=0, cols=len(grid.widths), style="Table Grid")
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    _cell_margins(table)
    for column, width in zip(table.columns, grid.widths, strict=True):
        column.width = Mm(width)
    _row(table, grid, grid.header, head=True)
    for cells in grid.rows:
        _row(table, grid, cells)


def _cell_margins(table: Any) -> None:
    sides = (("top", CELL_SPACE), ("left", PADDING), ("bottom", CELL_SPACE), ("right", PADDING))
    inner = "".join(f'<w:{side} w:w="{round(space * 20)}" w:type="dxa"/>' for side, space in sides)
    margins = parse_xml(f"<w:tblCellMar {nsdecls('w')}>{inner}</w:tblCellMar>")
    table._tbl.tblPr.find(qn("w:tblLook")).addprevious(margins)  # the schema has an order


def _row(table: Any, grid: Grid, texts: Sequence[str], *, head: bool = False) -> None:
    row = table.add_row()
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    for n, (cell, text, width) in enumerate(zip(row.cells, texts, grid.widths, strict=True)):
        cell.width = Mm(width)
        if head:
            shade = f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="F2F2F2"/>'
            cell._tc.get_or_add_tcPr().append(parse_xml(shade))
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.style = (HEAD if head else grid.look(n)).name
        paragraph.paragraph_format.keep_with_next = True if head else None
        paragraph.add_run(clean(text))
