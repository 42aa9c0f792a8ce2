"""What people do to the links between records and persons: merge, unmerge, link, unlink."""
