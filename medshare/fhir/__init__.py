"""FHIR R4 (4.0.1): the patient index as IHE PIXm and PDQm ask for it."""
