"""Legal holds: what is neither erased nor dropped while somebody says so."""
