"""Long work: accepted at once, done in steps, kept in the database so that nothing loses it."""
