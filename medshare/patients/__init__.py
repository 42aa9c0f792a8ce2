"""The shared patient index: what each facility registered, and which records are one person."""
