"""The checklist of DICOM PS3.18 as a suite: a module for each section, a test for each rule.

The rules are listed for integrators in ``docs/dicomweb-checklist.md``, which is held equal.
"""
