"""What has become true, in one order: the change feed, and the webhooks that it feeds."""
