"""The exam as the hospital knows it: accession number, item, report versions, results."""
