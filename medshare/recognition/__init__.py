"""Mutual recognition: whether an existing result must, may or must not stand for a new one."""
