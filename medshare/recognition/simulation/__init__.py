"""What another policy would have said: a draft tried on the orders that were recorded."""
