"""From stored pixels to what a screen shows."""
