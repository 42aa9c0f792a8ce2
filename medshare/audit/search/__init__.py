"""A search of the trail event by event, as FHIR asks: criteria, of each one alternative."""
