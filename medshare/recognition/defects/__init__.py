"""Cases against the mapping or the quality control that offered an unfit result."""
