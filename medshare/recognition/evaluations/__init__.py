"""Evaluations: what existing results mean for an order, asked, answered, stored and replayed."""
