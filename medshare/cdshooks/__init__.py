"""CDS Hooks 2.0: existing results as cards in the doctor's own system."""
