"""Every text that users read, in zh_CN (default) and en: gettext catalogues by key, and numbers and dates by Babel."""

from __future__ import annotations

from dashboard.i18n.catalogue import LANGUAGES, Translator, translator

__all__ = ["LANGUAGES", "Translator", "translator"]
