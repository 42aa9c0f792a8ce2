"""What the pages of registrars, quality officers and auditors show."""
