"""The trail as AuditEvents: IHE ITI-81, search and read."""
