"""A study as a DICOM file-set (PS3.10 section 8): the names of its files and its DICOMDIR."""
