"""Who may do what: clients, accounts, tokens, sessions, and the one decision."""
