"""How names are written: folded to one spelling of what two desks write differently."""

import re
import unicodedata

# Middle dots of minority names in every encoding's fashion, what DICOM PN and Latin spelling
# put between parts. Question marks and asterisks stay: they stand for a character lost.
_SEPARATORS = re.compile(r"[\s·•‧∙⋅・^,'’\-‐]+")


def fold(text: str) -> str:
    """Return a name without what two desks write differently: width, case, spaces, dots."""
    folded = _narrow(_narrow(text).casefold())
    # A mark that stood alone joins its letter once the space between them is gone.
    return _narrow(_SEPARATORS.sub("", folded))


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
