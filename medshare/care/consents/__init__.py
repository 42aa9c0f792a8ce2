"""Words on sharing: who may or may not see what of whom, by whose word."""
